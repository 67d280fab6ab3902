"""The waits of a monitor: for its interval, or for the due times of a schedule, each once after restarts too."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from threading import TIMEOUT_MAX, Event
from typing import Protocol

from ..core.clocks import Clock
from ..core.errors import MonitorError
from ..delivery.outbox import KeepsDueTime, Outbox
from .schedules import Every, Schedule

logger = logging.getLogger(__name__)

# Seconds after which the wall clock is read again: a machine sleeps, and its clock is put right.
_LONGEST_WAIT = 60.0


class Pace(Protocol):
    """Decides when a monitor looks."""

    looks_at_the_end: bool

    @abstractmethod
    def wait(self, stop: Event) -> bool:
        """Wait for the next look; return whether it is due, False when ``stop`` is set."""
        ...

    @abstractmethod
    def looked(self) -> None:
        """Note that the look has taken place."""
        ...


class Interval:
    """Looks at the start, after each interval, and at the end.

    The last look finds the checkpoint that a training writes just before it ends.

    Args:
        seconds: from one look to the next.
        clock: the time.
    """

    looks_at_the_end = True

    def __init__(self, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._due: float | None = None

    def __str__(self) -> str:
        """Return it as a log line names it."""
        return f"every {self._seconds:g} s"

    def wait(self, stop: Event) -> bool:
        """Wait for the rest of the interval."""
        now = self._clock.monotonic()
        if self._due is None:
            self._due = now
        else:
            self._due = max(self._due + self._seconds, now)
            self._clock.wait(stop, min(self._due - now, TIMEOUT_MAX))
        return not stop.is_set()

    def looked(self) -> None:
        """Note nothing."""


class DueTimes:
    """Looks at the due times of a schedule; the outbox keeps the last one that was served.

    Several due times that have passed meanwhile are one look. A first process waits for the first due time,
    unless the schedule is :class:`.Every`.

    Args:
        schedule: the due times.
        clock: the time.
        open_outbox: returns the outbox; raises where another process watches the same.
    """

    looks_at_the_end = False

    def __init__(self, schedule: Schedule, clock: Clock, open_outbox: Callable[[], Outbox]) -> None:
        self._schedule = schedule
        self._clock = clock
        self._open_outbox = open_outbox
        self._due: datetime | None = None
        self._served: datetime | None = None
        self._failure = ""

    def __str__(self) -> str:
        """Return it as a log line names it."""
        return str(self._schedule)

    def wait(self, stop: Event) -> bool:
        """Wait for the next due time."""
        while not stop.is_set():
            seconds = self._seconds_left()
            if seconds <= 0:
                return True
            self._clock.wait(stop, min(seconds, _LONGEST_WAIT))
        return False

    def looked(self) -> None:
        """Record the due time as served: a look that the process does not survive is repeated."""
        assert self._served is not None  # a look follows a wait
        self._plan(self._schedule.next_after(self._served))
        outbox = self._open_outbox()
        if isinstance(outbox, KeepsDueTime):
            outbox.record_due(self._served.timestamp())

    def _seconds_left(self) -> float:
        now = self._clock.now().astimezone(timezone.utc)
        try:
            due = self._next(now, self._open_outbox())
        except MonitorError as error:
            self._warn(str(error))
            return _LONGEST_WAIT
        self._failure = ""
        if due <= now:
            self._served = due if self._schedule.next_after(due) > now else now
        return (due - now).total_seconds()

    def _next(self, now: datetime, outbox: Outbox) -> datetime:
        if self._due is None:
            last = outbox.last_due() if isinstance(outbox, KeepsDueTime) else None
            if last is not None:
                self._plan(self._schedule.next_after(datetime.fromtimestamp(last, timezone.utc)))
            else:
                self._plan(now if isinstance(self._schedule, Every) else self._schedule.next_after(now))
        assert self._due is not None
        following = self._schedule.next_after(now)
        if self._due > following and self._due > self._schedule.next_after(following):
            logger.warning("the clock was put back: the next look was due at %s", self._due)
            self._plan(following)
        return self._due

    def _plan(self, due: datetime) -> None:
        self._due = due
        logger.info("the next look is due at %s", due.isoformat(" ", "seconds"))

    def _warn(self, failure: str) -> None:
        if failure != self._failure:
            self._failure = failure
            logger.warning("the next look waits: %s", failure)
