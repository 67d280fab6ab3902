"""Time as an argument, so that tests never wait."""

from __future__ import annotations

import time
from abc import abstractmethod
from datetime import datetime
from threading import Event
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
