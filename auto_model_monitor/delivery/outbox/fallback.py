"""An outbox that continues in memory while the disk is full or gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import RLock

from ...core.alerts import Alert
from ...core.errors import OutboxError
from ...core.messages import Message
from . import Closable, Delivery, DeliveryState, KeepsDueTime, Outbox
from .memory import MemoryOutbox

logger = logging.getLogger(__name__)


class FallbackOutbox:
    """Stores on disk while that works, and in memory what cannot be written.

    A message that was sent but could not be marked as delivered on disk is marked later; until then it does
    not count as pending, so a full disk causes no duplicate. Deliveries in memory have negative numbers.

    Args:
        disk: the outbox to prefer.
    """

    def __init__(self, disk: Outbox) -> None:
        self._disk = disk
        self._memory = MemoryOutbox(step=-1)
        # Changes that the disk does not have yet, by the delivery's number.
        self._unwritten: dict[int, Callable[[Outbox], None]] = {}
        self._postponed: dict[int, Delivery] = {}
        self._failing = False
        self._lock = RLock()

    @property
    def outlives_the_process(self) -> bool:
        """Whether a later process finds every pending delivery: all of them are on disk."""
        return all(delivery.state is not DeliveryState.OWED for delivery in self._memory.deliveries())

    def add(self, alert: Alert, message: Message, channels: Sequence[str], now: float) -> None:
        """Commit the alert to disk, or to memory where the disk fails."""
        self._commit(lambda outbox: outbox.add(alert, message, channels, now))

    def add_look(
        self, alerts: Sequence[Alert], messages: Sequence[tuple[Message, Sequence[str]]], now: float
    ) -> None:
        """Commit the alerts to disk, or all of them to memory where the disk fails."""
        self._commit(lambda outbox: outbox.add_look(alerts, messages, now))

    def _commit(self, add: Callable[[Outbox], None]) -> None:
        try:
            add(self._disk)
        except Exception as error:  # not only OutboxError: details of a user's rule may not be serialisable
            self._note_failure(error)
            add(self._memory)
        else:
            self._note_success()

    def first_owed(self, channel: str, after: int = 0) -> Delivery | None:
        """Return the oldest pending delivery of the channel; iterating, those in memory come last."""
        if after < 0:
            return self._memory.first_owed(channel, after)
        in_memory = self._memory.first_owed(channel)
        on_disk = self._first_on_disk(channel, after)
        if after > 0 or on_disk is None or in_memory is None:
            return on_disk or in_memory
        return min(on_disk, in_memory, key=lambda delivery: delivery.added)

    def delivered(self, delivery: Delivery) -> None:
        """Mark it as accepted, on disk as soon as possible."""
        self._settle(delivery, lambda outbox: outbox.delivered(delivery))

    def postponed(self, delivery: Delivery, error: str, due: float) -> None:
        """Record why an attempt failed and when the next is due."""
        if delivery.id < 0:
            self._memory.postponed(delivery, error, due)
            return
        with self._lock:
            self._postponed.pop(delivery.id, None)
            try:
                self._disk.postponed(delivery, error, due)
            except OutboxError as problem:
                self._note_failure(problem)
                later = replace(delivery, attempts=delivery.attempts + 1, error=error, due=due)
                self._postponed[delivery.id] = later

    def refused(self, delivery: Delivery, error: str) -> None:
        """Mark it as permanently refused, on disk as soon as possible."""
        self._settle(delivery, lambda outbox: outbox.refused(delivery, error))

    def deliveries(self) -> Sequence[Delivery]:
        """Return what the disk holds, if it is readable, and what memory holds."""
        try:
            on_disk = [self._postponed.get(d.id, d) for d in self._disk.deliveries()]
        except OutboxError as error:
            self._note_failure(error)
            on_disk = []
        return [*(d for d in on_disk if d.id not in self._unwritten), *self._memory.deliveries()]

    def last_alert(self, rule: str) -> Alert | None:
        """Return the rule's last alert of this run, from disk or memory."""
        found = [a for a in (self._memory.last_alert(rule), self._disk.last_alert(rule)) if a is not None]
        return max(found, key=lambda alert: alert.time, default=None)

    def identity(self) -> str | None:
        """Return the identity of the watched place when this run began."""
        return self._memory.identity() or self._disk.identity()

    def start_run(self, identity: str) -> None:
        """Start a new run, in memory and on disk."""
        self._memory.start_run(identity)
        try:
            self._disk.start_run(identity)
        except OutboxError as error:
            self._note_failure(error)

    def last_due(self) -> float | None:
        """Return the last due time that was served, from disk or memory."""
        on_disk = self._disk.last_due() if isinstance(self._disk, KeepsDueTime) else None
        found = [due for due in (self._memory.last_due(), on_disk) if due is not None]
        return max(found, default=None)

    def record_due(self, due: float) -> None:
        """Record that the due time was served, in memory and on disk."""
        self._memory.record_due(due)
        try:
            if isinstance(self._disk, KeepsDueTime):
                self._disk.record_due(due)
        except OutboxError as error:
            self._note_failure(error)

    def close(self) -> bool:
        """Close the outbox on disk unless memory holds what it lacks; return whether it is closed."""
        with self._lock:
            self._write_settled()
            if self._unwritten or not self.outlives_the_process:
                return False
            if isinstance(self._disk, Closable):
                self._disk.close()
            return True

    def _first_on_disk(self, channel: str, after: int) -> Delivery | None:
        with self._lock:
            self._write_settled()
            try:
                delivery = self._disk.first_owed(channel, after)
                while delivery is not None and delivery.id in self._unwritten:
                    delivery = self._disk.first_owed(channel, delivery.id)
            except OutboxError as error:
                self._note_failure(error)
                return None
            return delivery and self._postponed.get(delivery.id, delivery)

    def _settle(self, delivery: Delivery, settle: Callable[[Outbox], None]) -> None:
        if delivery.id < 0:
            settle(self._memory)
            return
        with self._lock:
            self._postponed.pop(delivery.id, None)
            self._unwritten[delivery.id] = settle
            self._write_settled()

    def _write_settled(self) -> None:
        try:
            while self._unwritten:
                number, settle = next(iter(self._unwritten.items()))
                settle(self._disk)
                del self._unwritten[number]
                self._note_success()
        except OutboxError as error:
            self._note_failure(error)

    def _note_failure(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            logger.warning("%s; new alerts stay in memory and are lost if this process ends first", error)

    def _note_success(self) -> None:
        if self._failing:
            self._failing = False
            logger.info("the outbox is writable again")
