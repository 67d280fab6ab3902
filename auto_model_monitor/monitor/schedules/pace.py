"""The pace of a monitor: when it looks, and by default its interval."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from threading import TIMEOUT_MAX, Event
from typing import TYPE_CHECKING, Protocol

from ...core.clocks import Clock

if TYPE_CHECKING:
    from ...delivery.outbox import Outbox
    from .schedule import Schedule


class Pace(Protocol):
    """Decides when a monitor looks."""

    looks_at_the_end: bool

    @abstractmethod
    def wait(self, stop: Event) -> bool:
        """Wait for the next look; return whether it is due, False when ``stop`` is set."""
        ...

    @abstractmethod
    def looked(self, *, failed: bool = False) -> None:
        """Note that the look has taken place, or that the source could not be read."""
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

    def looked(self, *, failed: bool = False) -> None:
        """Note nothing."""


def pace_of(
    schedule: Schedule | None, seconds: float, clock: Clock, open_outbox: Callable[[], Outbox]
) -> Pace:
    """Return the pace of a schedule; without one, that of an interval of seconds."""
    if schedule is None:
        return Interval(seconds, clock)
    from .due_times import DueTimes  # few monitors have a schedule

    return DueTimes(schedule, clock, open_outbox)
