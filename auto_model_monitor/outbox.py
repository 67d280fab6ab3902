"""The outbox: alerts, and what is owed of each to every channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import count
from threading import Lock
from typing import Protocol

from .alerts import Alert
from .messages import Message


class DeliveryState(Enum):
    """How far a delivery has come."""

    OWED = "owed"
    DELIVERED = "delivered"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message owed to one channel.

    Attributes:
        id: unique within the outbox, rising in the order in which deliveries were added.
        channel: the notifier's name.
        message: what is to be handed over.
        attempts: how often that failed.
        added: when it was added, in the caller's seconds.
        due: when it is tried next, in the caller's seconds.
        state: owed, delivered, or refused for good.
        error: why the last attempt failed, or the empty string.
    """

    id: int
    channel: str
    message: Message
    added: float
    due: float
    attempts: int = 0
    state: DeliveryState = DeliveryState.OWED
    error: str = ""


class Outbox(Protocol):
    """What the monitor asks of an outbox. Every time is a number of seconds on one clock."""

    def add(self, alert: Alert, message: Message, channels: Sequence[str], now: float) -> None:
        """Commit the alert and one delivery a channel, all or nothing."""
        ...

    def first_owed(self, channel: str) -> Delivery | None:
        """Return the oldest delivery that is still owed to ``channel``, due or not."""
        ...

    def delivered(self, delivery: Delivery) -> None:
        """Note that it was accepted."""
        ...

    def postponed(self, delivery: Delivery, error: str, due: float) -> None:
        """Note that an attempt failed, why, and when the next one is due."""
        ...

    def refused(self, delivery: Delivery, error: str) -> None:
        """Note that it will never be accepted, and why."""
        ...

    def deliveries(self) -> Sequence[Delivery]:
        """Return what was owed lately, in the order in which it was added."""
        ...


class MemoryOutbox:
    """An outbox that lives as long as the process.

    Args:
        keep: how many settled deliveries are remembered, so that memory stays bounded.
    """

    def __init__(self, keep: int = 1000) -> None:
        """Start empty."""
        self._keep = keep
        self._ids = count(1)
        self._deliveries: dict[int, Delivery] = {}
        self._lock = Lock()

    def add(self, alert: Alert, message: Message, channels: Sequence[str], now: float) -> None:
        """Owe the message to every channel."""
        with self._lock:
            for channel in channels:
                number = next(self._ids)
                self._deliveries[number] = Delivery(
                    id=number, channel=channel, message=message, added=now, due=now
                )
            self._forget_oldest()

    def first_owed(self, channel: str) -> Delivery | None:
        """Return the oldest that is owed to the channel."""
        with self._lock:
            mine = (d for d in self._deliveries.values() if d.channel == channel)
            return next((d for d in mine if d.state is DeliveryState.OWED), None)

    def delivered(self, delivery: Delivery) -> None:
        """Settle it as accepted."""
        self._settle(replace(delivery, state=DeliveryState.DELIVERED, error=""))

    def postponed(self, delivery: Delivery, error: str, due: float) -> None:
        """Keep it owed, for later."""
        self._settle(replace(delivery, attempts=delivery.attempts + 1, error=error, due=due))

    def refused(self, delivery: Delivery, error: str) -> None:
        """Settle it as refused."""
        self._settle(replace(delivery, state=DeliveryState.REFUSED, error=error))

    def deliveries(self) -> Sequence[Delivery]:
        """Return all that is remembered."""
        with self._lock:
            return list(self._deliveries.values())

    def _settle(self, delivery: Delivery) -> None:
        with self._lock:
            self._deliveries[delivery.id] = delivery

    def _forget_oldest(self) -> None:
        settled = [d.id for d in self._deliveries.values() if d.state is not DeliveryState.OWED]
        for number in settled[: max(0, len(settled) - self._keep)]:
            del self._deliveries[number]
