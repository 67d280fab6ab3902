"""Time as an argument, so that a test never waits."""

from __future__ import annotations

import time
from abc import abstractmethod
from datetime import datetime
from threading import Event
from typing import Protocol


class Clock(Protocol):
    """What the package wants to know of time."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the wall clock's time, with its zone; for texts only."""
        ...

    @abstractmethod
    def monotonic(self) -> float:
        """Return seconds that never go back; for every wait and every age."""
        ...

    @abstractmethod
    def wait(self, event: Event, seconds: float) -> bool:
        """Wait until ``event`` is set or ``seconds`` have passed; return whether it is set."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the local time, with its zone."""
        return datetime.now().astimezone()

    def monotonic(self) -> float:
        """Return the monotonic clock in seconds."""
        return time.monotonic()

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait for the event, on the monotonic clock."""
        return event.wait(seconds)
