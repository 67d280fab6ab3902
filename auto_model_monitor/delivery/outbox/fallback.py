"""An outbox that goes on in memory where the disk is full or gone."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import RLock

from ...core.alerts import Alert
from ...core.errors import OutboxError
from ...core.messages import Message
from . import Closable, Delivery, DeliveryState, Outbox
from .memory import MemoryOutbox

logger = logging.getLogger(__name__)


class FallbackOutbox:
    """Uses an outbox on disk as long as that works, and memory for what cannot be written.

    What was accepted but could not be noted on the disk is noted later; until then it is not owed here, so
    that a full disk makes no mail go out twice. Numbers below zero belong to the part in memory.

    Args:
        disk: the outbox to prefer.
    """

    def __init__(self, disk: Outbox) -> None:
        """Take the outbox on disk."""
        self._disk = disk
        self._memory = MemoryOutbox(step=-1)
        self._settled: dict[int, Callable[[Outbox], None]] = {}
        self._postponed: dict[int, Delivery] = {}
        self._failing = False
        self._lock = RLock()

    @property
    def outlives_the_process(self) -> bool:
        """Whether a later process finds what is owed: all of it is on the disk."""
        return all(delivery.state is not DeliveryState.OWED for delivery in self._memory.deliveries())

    def add(self, alert: Alert, message: Message, channels: Sequence[str], now: float) -> None:
        """Commit the alert, to memory where the disk fails."""
        try:
            self._disk.add(alert, message, channels, now)
        except Exception as error:  # also of details that no file can hold
            self._failed(error)
            self._memory.add(alert, message, channels, now)
        else:
            self._works()

    def first_owed(self, channel: str, after: int = 0) -> Delivery | None:
        """Return the older of what disk and memory owe first."""
        if after < 0:  # what memory holds comes last for whoever asks for one after the other
            return self._memory.first_owed(channel, after)
        in_memory = self._memory.first_owed(channel)
        on_disk = self._first_on_disk(channel, after)
        if after > 0:
            return on_disk or in_memory
        if on_disk is None or in_memory is None:
            return on_disk or in_memory
        return min(on_disk, in_memory, key=lambda delivery: delivery.added)

    def delivered(self, delivery: Delivery) -> None:
        """Note that it was accepted, at once or later."""
        self._settle(delivery, lambda box: box.delivered(delivery))

    def postponed(self, delivery: Delivery, error: str, due: float) -> None:
        """Note why it failed and when it is tried again."""
        if delivery.id < 0:
            self._memory.postponed(delivery, error, due)
            return
        with self._lock:
            self._postponed.pop(delivery.id, None)
            try:
                self._disk.postponed(delivery, error, due)
            except OutboxError as problem:
                self._failed(problem)
                later = replace(delivery, attempts=delivery.attempts + 1, error=error, due=due)
                self._postponed[delivery.id] = later

    def refused(self, delivery: Delivery, error: str) -> None:
        """Note that it will never be accepted, at once or later."""
        self._settle(delivery, lambda box: box.refused(delivery, error))

    def deliveries(self) -> Sequence[Delivery]:
        """Return what the disk holds, if it can be read, and what memory holds."""
        try:
            on_disk = [self._postponed.get(d.id, d) for d in self._disk.deliveries()]
        except OutboxError as error:
            self._failed(error)
            on_disk = []
        return [*(d for d in on_disk if d.id not in self._settled), *self._memory.deliveries()]

    def last_alert(self, rule: str) -> Alert | None:
        """Return the rule's last alert, from disk or memory."""
        found = [a for a in (self._memory.last_alert(rule), self._disk.last_alert(rule)) if a is not None]
        return max(found, key=lambda alert: alert.time, default=None)

    def identity(self) -> str | None:
        """Return what the watched place was when this run began."""
        return self._memory.identity() or self._disk.identity()

    def start_run(self, identity: str) -> None:
        """Begin a new run."""
        self._memory.start_run(identity)
        try:
            self._disk.start_run(identity)
        except OutboxError as error:
            self._failed(error)

    def close(self) -> bool:
        """Close what is on disk, unless memory holds what is not there yet; return whether it is closed."""
        with self._lock:
            self._write_what_waits()
            if self._settled or not self.outlives_the_process:
                return False
            if isinstance(self._disk, Closable):
                self._disk.close()
            return True

    def _first_on_disk(self, channel: str, after: int) -> Delivery | None:
        with self._lock:
            self._write_what_waits()
            try:
                delivery = self._disk.first_owed(channel, after)
                while delivery is not None and delivery.id in self._settled:
                    delivery = self._disk.first_owed(channel, delivery.id)
            except OutboxError as error:
                self._failed(error)
                return None
            return delivery and self._postponed.get(delivery.id, delivery)

    def _settle(self, delivery: Delivery, settle: Callable[[Outbox], None]) -> None:
        if delivery.id < 0:
            settle(self._memory)
            return
        with self._lock:
            self._postponed.pop(delivery.id, None)
            self._settled[delivery.id] = settle
            self._write_what_waits()

    def _write_what_waits(self) -> None:
        try:
            while self._settled:
                number, settle = next(iter(self._settled.items()))
                settle(self._disk)
                del self._settled[number]
                self._works()
        except OutboxError as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        if not self._failing:
            self._failing = True
            logger.warning("%s; what is found now is kept in memory, until this process ends", error)

    def _works(self) -> None:
        if self._failing:
            self._failing = False
            logger.info("the outbox can be written again")
