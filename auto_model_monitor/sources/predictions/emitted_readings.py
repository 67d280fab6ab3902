"""What a source of windows has returned, so that it returns only what has changed since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ...core.readings import Reading


class EmittedReadings:
    """Remembers the readings of the windows that may be counted again.

    Args:
        late: how long after its end a window is counted again.
    """

    def __init__(self, late: timedelta) -> None:
        self._kept = late + timedelta(days=8)  # none older is counted again
        self._known: dict[tuple[str | None, str, datetime | None], Reading] = {}

    def changed(self, readings: Sequence[Reading], now: datetime) -> list[Reading]:
        """Return the readings that are new or different, and remember them."""
        changed = []
        for reading in readings:
            key = reading.model, reading.metric, reading.time
            if self._known.get(key) != reading:
                changed.append(reading)
                self._known[key] = reading
        oldest = now - self._kept
        self._known = {
            key: reading for key, reading in self._known.items() if key[2] is None or key[2] > oldest
        }
        return changed
