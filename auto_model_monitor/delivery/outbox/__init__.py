"""The outbox: alerts, and for each the deliveries to every notifier with their state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from ...core.alerts import Alert
from ...core.messages import Message


class DeliveryState(Enum):
    """The state of a delivery.

    Attributes:
        OWED: pending: not sent yet, or to be sent again.
        DELIVERED: accepted by the notifier.
        REFUSED: permanently refused, or given up after too many attempts.
        DROPPED: given up by a person with ``auto-model-monitor outbox drop``.
        DAMAGED: unreadable, or written by a newer release; never stored, but found when it is read.
    """

    OWED = "owed"
    DELIVERED = "delivered"
    REFUSED = "refused"
    DROPPED = "dropped"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The delivery of one message through one notifier.

    Attributes:
        id: unique within the outbox, in ascending order of addition.
        channel: the notifier's name.
        message: what the notifier sends.
        added: when it was added, in seconds since 1970 UTC.
        due: when the next attempt is due, in seconds since 1970 UTC.
        attempts: how many attempts have failed.
        state: see :class:`DeliveryState`.
        error: why the last attempt failed, or the empty string.
        settled: when it was delivered, refused or dropped, in seconds since 1970 UTC; None while pending.
    """

    id: int
    channel: str
    message: Message
    added: float
    due: float
    attempts: int = 0
    state: DeliveryState = DeliveryState.OWED
    error: str = ""
    settled: float | None = None


class Outbox(Protocol):
    """Stores the alerts and deliveries of one watch. All times are seconds since 1970 UTC.

    After a restart the watch resumes from the alerts that it finds here.
    """

    @property
    @abstractmethod
    def outlives_the_process(self) -> bool:
        """Whether a later process finds the pending deliveries."""
        ...

    @abstractmethod
    def add(self, alert: Alert, message: Message, channels: Sequence[str], now: float) -> None:
        """Commit the alert and a delivery per channel in one transaction."""
        ...

    @abstractmethod
    def add_look(
        self, alerts: Sequence[Alert], messages: Sequence[tuple[Message, Sequence[str]]], now: float
    ) -> None:
        """Commit several alerts, and a delivery per message and channel, in one transaction.

        Args:
            alerts: in the order in which they were found.
            messages: each with its channels; never more than alerts.
            now: when.
        """
        ...

    @abstractmethod
    def first_owed(self, channel: str, after: int = 0) -> Delivery | None:
        """Return the oldest pending delivery of ``channel`` with an id over ``after``, due or not."""
        ...

    @abstractmethod
    def delivered(self, delivery: Delivery) -> None:
        """Mark it as accepted at ``delivery.settled``."""
        ...

    @abstractmethod
    def postponed(self, delivery: Delivery, error: str, due: float) -> None:
        """Record why an attempt failed and when the next one is due."""
        ...

    @abstractmethod
    def refused(self, delivery: Delivery, error: str) -> None:
        """Mark it as permanently refused at ``delivery.settled``, with the reason."""
        ...

    @abstractmethod
    def deliveries(self) -> Sequence[Delivery]:
        """Return the recent deliveries and all that are pending, oldest first."""
        ...

    @abstractmethod
    def last_alert(self, rule: str) -> Alert | None:
        """Return the last alert of that rule in this run, from which the rule resumes."""
        ...

    @abstractmethod
    def identity(self) -> str | None:
        """Return the identity of the watched place when this run began, None before the first run."""
        ...

    @abstractmethod
    def start_run(self, identity: str) -> None:
        """Begin a new run: earlier alerts no longer count, pending deliveries stay pending."""
        ...


@runtime_checkable
class KeepsDueTime(Protocol):
    """An outbox in which a later process finds the last due time of the watch's schedule."""

    @abstractmethod
    def last_due(self) -> float | None:
        """Return the last due time that was served, in seconds since 1970 UTC; None before the first."""
        ...

    @abstractmethod
    def record_due(self, due: float) -> None:
        """Record that the due time was served."""
        ...


@runtime_checkable
class Closable(Protocol):
    """An outbox that holds a file or a connection."""

    @abstractmethod
    def close(self) -> None:
        """Close it."""
        ...
