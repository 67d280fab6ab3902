"""How many readings in a row are beyond a threshold, and for how long."""

from __future__ import annotations

from ..core.readings import Reading


class Streak:
    """Readings in a row that are beyond.

    Attributes:
        since: the name of the first of them; None where the last reading is not beyond.

    Args:
        least: how many make a streak long enough.
        seconds: how long it must last, from the time of the first reading to that of the last one.
    """

    def __init__(self, least: int, seconds: float) -> None:
        self.since: str | None = None
        self._least = least
        self._seconds = seconds
        self._began = 0.0
        self._length = 0

    def take(self, reading: Reading, now: float, *, beyond: bool) -> bool:
        """Add a reading, which without a time is one of ``now``; return whether the streak is long enough."""
        if not beyond:
            self.since, self._length = None, 0
            return False
        at = now if reading.time is None else reading.time.timestamp()
        if self._length == 0:
            self.since, self._began = reading.name, at
        self._length += 1
        return self._length >= self._least and at - self._began >= self._seconds
