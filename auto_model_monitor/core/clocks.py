"""Time as an argument, so that tests never wait."""

from __future__ import annotations

import time
from abc import abstractmethod
from datetime import datetime, timedelta
from threading import Event, get_ident
from typing import Protocol


class Clock(Protocol):
    """The time that a part needs: a wall clock, a monotonic clock and a wait."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the wall clock's time with its zone; for texts only."""
        ...

    @abstractmethod
    def monotonic(self) -> float:
        """Return seconds that never decrease; for waits and ages."""
        ...

    @abstractmethod
    def wait(self, event: Event, seconds: float) -> bool:
        """Wait for ``event`` for at most ``seconds``; return whether it is set."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the local time, with its zone."""
        return datetime.now().astimezone()

    def monotonic(self) -> float:
        """Return the monotonic clock in seconds."""
        return time.monotonic()

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait for the event, on the monotonic clock."""
        return event.wait(seconds)


class SimulatedClock:
    """A clock that only its own thread moves, by waiting or by :meth:`advance`: a month takes seconds.

    Other threads, such as those that deliver messages, wait in real time and briefly, for their event.

    Args:
        start: the first time, with its zone.
    """

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._start = start
        self._owner = get_ident()

    def now(self) -> datetime:
        """Return the simulated time."""
        return self._now

    def monotonic(self) -> float:
        """Return the simulated seconds since the start."""
        return (self._now - self._start).total_seconds()

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=max(0.0, seconds))

    def wait(self, event: Event, seconds: float) -> bool:
        """Let time pass, in the thread that made the clock; in others wait for the event, briefly."""
        if get_ident() != self._owner:
            return event.wait(min(seconds, 0.05))
        self.advance(seconds)
        return event.is_set()
