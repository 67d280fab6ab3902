"""Whether the format of the names rounds the score away."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from ...core.alerts import Alert
from ...core.comparison import Comparison, usual_direction
from ...core.numbers import compiled
from ...core.readings import Reading, ReadingBatch

logger = logging.getLogger(__name__)

_ROUNDED = r"(?<![0-9.])0?(\.0+)(?![0-9.eE])(?!\.[0-9])|(?<![0-9.])0?(\.0+)(?=\.[A-Za-z])"
_SAMPLE = 100  # readings of one poll


class RoundingCheck:
    """Warns once of a loss that a name writes as ``0.000``: its format has too few digits."""

    def __init__(self) -> None:
        self._warned = False

    def __call__(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Look for a score of zero among those of a poll."""
        if self._warned or not len(readings) or readings.is_log:
            return
        hint = rounding_hint(readings.sample(_SAMPLE))
        if hint:
            self._warned = True
            logger.warning("%s", hint)


def rounding_hint(readings: Iterable[Reading]) -> str:
    """Return what is rounded away in the first name of which that is so, and what to write instead."""
    for reading in readings:
        if reading.value != 0 or usual_direction(reading.metric) is not Comparison.LOWER:
            continue
        written = compiled(_ROUNDED).search(reading.name.rpartition("/")[2])
        if written is not None:
            return (
                f"{reading.metric} is {written[0]} in {reading.name!r}: the name's format has too few digits "
                f"for it; write more, such as {{{reading.metric}:.6f}}"
            )
    return ""
