"""The due times of a schedule, each served once, by a later process too."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from threading import Event

from ...core.clocks import Clock
from ...core.errors import MonitorError
from ...delivery.outbox import KeepsDueTime, Outbox
from .schedule import Every, Schedule

logger = logging.getLogger(__name__)

# Seconds after which the wall clock is read again: a machine sleeps, and its clock is put right.
_LONGEST_WAIT = 60.0
_FIRST_RETRY, _LONGEST_RETRY = 60.0, 3600.0  # seconds until a source that failed is asked again


class DueTimes:
    """Looks at the due times of a schedule; the outbox keeps the last one that was served.

    Several due times that have passed meanwhile are one look. A first process waits for the first due time,
    unless the schedule is :class:`.Every`. A due time at which the source cannot be read stays due: it is
    asked again after a minute, then after two, and so on up to an hour.

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
        self._seen: datetime | None = None
        self._failure = ""
        self._failed = 0
        self._retry: datetime | None = None

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

    def looked(self, *, failed: bool = False) -> None:
        """Record the due time as served: a look that the process does not survive is repeated."""
        if failed:
            self._ask_again()
            return
        self._failed, self._retry = 0, None
        assert self._served is not None  # a look follows a wait
        self._plan(self._schedule.next_after(self._served))
        self._record(self._served, self._open_outbox())

    def _ask_again(self) -> None:
        seconds = min(_FIRST_RETRY * 2**self._failed, _LONGEST_RETRY)
        self._failed = min(self._failed + 1, 10)
        self._retry = self._clock.now().astimezone(timezone.utc) + timedelta(seconds=seconds)
        logger.warning("the source could not be read; it is asked again in %g s", seconds)

    def _seconds_left(self) -> float:
        now = self._clock.now().astimezone(timezone.utc)
        if self._retry is not None and 0 < (left := (self._retry - now).total_seconds()) <= _LONGEST_RETRY:
            return left
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
            self._plan(self._first(now, outbox))
        assert self._due is not None
        if (self._seen is None or now < self._seen) and self._is_far(now):
            logger.warning("the clock was put back: the next look was due at %s", self._due)
            self._plan(self._schedule.next_after(now))
        self._seen = now
        return self._due

    def _first(self, now: datetime, outbox: Outbox) -> datetime:
        last = outbox.last_due() if isinstance(outbox, KeepsDueTime) else None
        if last is not None:
            return self._schedule.next_after(datetime.fromtimestamp(last, timezone.utc))
        if isinstance(self._schedule, Every):
            return now
        self._record(now, outbox)  # a process that starts later must not miss what is due before
        return self._schedule.next_after(now)

    def _record(self, served: datetime, outbox: Outbox) -> None:
        if isinstance(outbox, KeepsDueTime):
            outbox.record_due(served.timestamp())

    def _is_far(self, now: datetime) -> bool:
        """Return whether several due times lie before the planned one."""
        assert self._due is not None
        following = self._schedule.next_after(now)
        return self._due > following and self._due > self._schedule.next_after(following)

    def _plan(self, due: datetime) -> None:
        self._due = due
        level = logging.DEBUG if isinstance(self._schedule, Every) else logging.INFO
        logger.log(level, "the next look is due at %s", due.isoformat(" ", "seconds"))

    def _warn(self, failure: str) -> None:
        if failure != self._failure:
            self._failure = failure
            logger.warning("the next look waits: %s", failure)
