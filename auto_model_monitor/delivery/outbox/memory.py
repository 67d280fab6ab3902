"""The outbox in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from threading import Lock

from ...core.alerts import Alert
from ...core.messages import Message
from . import Delivery, DeliveryState


class MemoryOutbox:
    """An outbox that lives as long as the process.

    Args:
        keep: how many settled deliveries are kept, so that memory stays bounded.
        step: -1 numbers deliveries -1, -2, …, which distinguishes them from those of an outbox on disk.
    """

    outlives_the_process = False

    def __init__(self, keep: int = 1000, step: int = 1) -> None:
        self._keep = keep
        self._ids = count(step, step)
        self._deliveries: dict[int, Delivery] = {}
        self._alerts: dict[str, Alert] = {}
        self._identity: str | None = None
        self._due: float | None = None
        self._lock = Lock()

    def add(self, alert: Alert, message: Message, channels: Sequence[str], now: float) -> None:
        """Store the alert and a pending delivery per channel."""
        self.add_look([alert], [(message, channels)], now)

    def add_look(
        self, alerts: Sequence[Alert], messages: Sequence[tuple[Message, Sequence[str]]], now: float
    ) -> None:
        """Store the alerts and a pending delivery per message and channel."""
        with self._lock:
            self._alerts.update((alert.key, alert) for alert in alerts)
            for message, channel in ((message, one) for message, channels in messages for one in channels):
                number = next(self._ids)
                self._deliveries[number] = Delivery(
                    id=number, channel=channel, message=message, added=now, due=now
                )
            self._forget_oldest()

    def first_owed(self, channel: str, after: int = 0) -> Delivery | None:
        """Return the oldest pending delivery of the channel."""
        with self._lock:
            mine = (d for d in self._deliveries.values() if d.channel == channel and abs(d.id) > abs(after))
            return next((d for d in mine if d.state is DeliveryState.OWED), None)

    def delivered(self, delivery: Delivery) -> None:
        """Mark it as accepted."""
        self._replace(replace(delivery, state=DeliveryState.DELIVERED, error=""))

    def postponed(self, delivery: Delivery, error: str, due: float) -> None:
        """Keep it pending until ``due``."""
        self._replace(replace(delivery, attempts=delivery.attempts + 1, error=error, due=due))

    def refused(self, delivery: Delivery, error: str) -> None:
        """Mark it as permanently refused."""
        self._replace(replace(delivery, state=DeliveryState.REFUSED, error=error))

    def deliveries(self) -> Sequence[Delivery]:
        """Return all that is kept, oldest first."""
        with self._lock:
            return list(self._deliveries.values())

    def last_alert(self, rule: str) -> Alert | None:
        """Return the rule's last alert of this run."""
        return self._alerts.get(rule)

    def identity(self) -> str | None:
        """Return the identity of the watched place when this run began."""
        return self._identity

    def start_run(self, identity: str) -> None:
        """Forget the alerts and keep the pending deliveries."""
        with self._lock:
            self._alerts.clear()
            self._identity = identity

    def last_due(self) -> float | None:
        """Return the last due time of the schedule that was served."""
        return self._due

    def record_due(self, due: float) -> None:
        """Record that the due time was served."""
        self._due = due

    def _replace(self, delivery: Delivery) -> None:
        with self._lock:
            self._deliveries[delivery.id] = delivery

    def _forget_oldest(self) -> None:
        settled = [d.id for d in self._deliveries.values() if d.state is not DeliveryState.OWED]
        for number in settled[: max(0, len(settled) - self._keep)]:
            del self._deliveries[number]
