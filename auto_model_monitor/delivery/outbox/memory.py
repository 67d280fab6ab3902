"""An outbox that lives as long as the process."""

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
        keep: how many settled deliveries are remembered, so that memory stays bounded.
        step: -1 numbers deliveries downwards from -1, to tell them from those of an outbox on disk.
    """

    outlives_the_process = False

    def __init__(self, keep: int = 1000, step: int = 1) -> None:
        """Start empty."""
        self._keep = keep
        self._ids = count(step, step)
        self._deliveries: dict[int, Delivery] = {}
        self._alerts: dict[str, Alert] = {}
        self._identity: str | None = None
        self._lock = Lock()

    def add(self, alert: Alert, message: Message, channels: Sequence[str], now: float) -> None:
        """Owe the message to every channel."""
        with self._lock:
            self._alerts[alert.rule] = alert
            for channel in channels:
                number = next(self._ids)
                self._deliveries[number] = Delivery(
                    id=number, channel=channel, message=message, added=now, due=now
                )
            self._forget_oldest()

    def first_owed(self, channel: str, after: int = 0) -> Delivery | None:
        """Return the oldest that is owed to the channel."""
        with self._lock:
            mine = (d for d in self._deliveries.values() if d.channel == channel and abs(d.id) > abs(after))
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

    def last_alert(self, rule: str) -> Alert | None:
        """Return the rule's last alert in this run."""
        return self._alerts.get(rule)

    def identity(self) -> str | None:
        """Return what the watched place was when this run began."""
        return self._identity

    def start_run(self, identity: str) -> None:
        """Forget the alerts, and keep what is owed."""
        with self._lock:
            self._alerts.clear()
            self._identity = identity

    def _settle(self, delivery: Delivery) -> None:
        with self._lock:
            self._deliveries[delivery.id] = delivery

    def _forget_oldest(self) -> None:
        settled = [d.id for d in self._deliveries.values() if d.state is not DeliveryState.OWED]
        for number in settled[: max(0, len(settled) - self._keep)]:
            del self._deliveries[number]
