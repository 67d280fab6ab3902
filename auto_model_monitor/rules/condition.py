"""A condition that begins and ends: judged reading by reading, reported at most once a poll."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class Condition(Generic[T]):
    """Remembers when a condition last began and ended, and which of the two is to be reported.

    A batch may hold both. Then the beginning is reported first, and the end at the next poll; of several
    the last one. A condition that was reported, ended and holds again is nothing new.

    Attributes:
        holds: whether it holds now.
        reported: whether the last report was that it holds.
    """

    def __init__(self) -> None:
        self.holds = False
        self.reported = False
        self._began: T | None = None
        self._ended: T | None = None

    def resume(self, *, reported: bool) -> None:
        """Continue from what was last reported."""
        self.holds = self.reported = reported

    def judge(self, event: T, *, holds: bool) -> None:
        """Take note of whether the condition holds at an event; call it for each in order."""
        if holds == self.holds:
            return
        self.holds = holds
        if holds:
            self._began = event
        else:
            self._ended = event

    @property
    def due(self) -> T | None:
        """The event to report: where ``reported`` is True, that the condition has ended."""
        if self.reported:
            return None if self.holds else self._ended
        return self._began

    @property
    def ended(self) -> T | None:
        """The event at which it ended last; None while it holds."""
        return None if self.holds else self._ended

    def report(self) -> None:
        """Take note that what was due is reported."""
        self.reported = not self.reported
        self._began = None
