"""The times that a condition has held since the last message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..core.alerts import Detail
from ..core.readings import Reading

OTHER_INCIDENTS = "other_incidents"
_MOST_NAMED = 10


class Incidents:
    """Names those that no message is about, so that one message after a pause, or a catch-up, loses none.

    Args:
        is_open: whether the condition holds, as the last message reported.
    """

    def __init__(self, *, is_open: bool = False) -> None:
        self._is_open = is_open
        self._found: list[tuple[str, datetime | None]] = []  # the first window of each, and its end

    def judge(self, reading: Reading, since: str | None, *, holds: bool) -> None:
        """Take note of whether the condition holds at a reading, which a streak leads to."""
        if holds and not self._is_open:
            self._found.append((since or reading.name, None))
        elif self._is_open and not holds and self._found:
            self._found[-1] = self._found[-1][0], reading.time
        self._is_open = holds

    def details(self, since: datetime | None, *, resolved: bool) -> Mapping[str, Detail]:
        """Return the first windows of the other incidents, for an alert or an all-clear about the last one.

        Args:
            since: when the run began: what was over before is not named.
            resolved: whether it is an all-clear, about an incident that a message has reported.
        """
        others = self._found if resolved else self._found[:-1]
        names = [name for name, end in others if end is None or since is None or end > since]
        self._found = []
        if not names:
            return {}
        more = f", … ({len(names)})" if len(names) > _MOST_NAMED else ""
        return {OTHER_INCIDENTS: ", ".join(names[:_MOST_NAMED]) + more}
