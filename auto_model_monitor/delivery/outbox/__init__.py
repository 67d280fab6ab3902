"""The outbox: alerts, and what is owed of each to every channel."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol, runtime_checkable

from ...core.alerts import Alert
from ...core.messages import Message


class DeliveryState(Enum):
    """How far a delivery has come."""

    OWED = "owed"
    DELIVERED = "delivered"
    REFUSED = "refused"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message owed to one channel.

    Attributes:
        id: unique within the outbox, rising in the order in which deliveries were added.
        channel: the notifier's name.
        message: what is to be handed over.
        attempts: how often that failed.
        added: when it was added, in seconds since 1970 UTC.
        due: when it is tried next, in the same.
        state: owed, delivered, refused for good, or dropped by hand.
        error: why the last attempt failed, or the empty string.
        settled: when it was accepted, refused or dropped, in seconds since 1970 UTC; None before that.
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
    """What the monitor asks of an outbox. Every time is a number of seconds since 1970 UTC.

    An outbox belongs to one watch. What it says of the past is what lets a watch go on after a restart.
    """

    @property
    @abstractmethod
    def outlives_the_process(self) -> bool:
        """Whether a later process finds what is owed."""
        ...

    @abstractmethod
    def add(self, alert: Alert, message: Message, channels: Sequence[str], now: float) -> None:
        """Commit the alert and one delivery a channel, all or nothing."""
        ...

    @abstractmethod
    def first_owed(self, channel: str, after: int = 0) -> Delivery | None:
        """Return the oldest delivery after number ``after`` that is still owed to ``channel``, due or not."""
        ...

    @abstractmethod
    def delivered(self, delivery: Delivery) -> None:
        """Note that it was accepted, when ``delivery.settled`` says."""
        ...

    @abstractmethod
    def postponed(self, delivery: Delivery, error: str, due: float) -> None:
        """Note that an attempt failed, why, and when the next one is due."""
        ...

    @abstractmethod
    def refused(self, delivery: Delivery, error: str) -> None:
        """Note that it will never be accepted, and why; likewise."""
        ...

    @abstractmethod
    def deliveries(self) -> Sequence[Delivery]:
        """Return what was owed lately, in the order in which it was added."""
        ...

    @abstractmethod
    def last_alert(self, rule: str) -> Alert | None:
        """Return the last alert of that rule in this run, for the rule to go on from."""
        ...

    @abstractmethod
    def identity(self) -> str | None:
        """Return what the watched place was when this run began, None when there was no run yet."""
        ...

    @abstractmethod
    def start_run(self, identity: str) -> None:
        """Begin a new run: what was alerted before no longer counts; what is owed stays owed."""
        ...


@runtime_checkable
class Closable(Protocol):
    """An outbox that holds a file or a connection."""

    @abstractmethod
    def close(self) -> None:
        """Close it."""
        ...
