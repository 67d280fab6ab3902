"""What the windows of a metric are compared with: their reference, or the windows before them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta

from ..core.durations import to_seconds
from ..core.errors import ConfigError, RuleError
from ..core.readings import Reading

REFERENCE = "reference"
_ENOUGH = 3  # windows that must be known before their mean is compared with


class Baseline:
    """Gives each window the value that it is compared with.

    Attributes:
        against: ``"reference"`` for the reference that the readings carry, or a time such as ``"7d"`` for the
            mean of the windows that end in that time before the end of the window, weighted by their rows
            where all are known.

    Args:
        against: one of these.

    Raises:
        ConfigError: it is neither.
    """

    def __init__(self, against: str) -> None:
        seconds = to_seconds(against) if isinstance(against, str) else None
        if against != REFERENCE and not (seconds is not None and 0 < seconds < timedelta.max.total_seconds()):
            raise ConfigError(f"against: expected 'reference', or a time such as '7d', got {against!r}")
        self.against = against
        self._length = None if seconds is None else timedelta(seconds=seconds)

    def values(self, series: Sequence[Reading]) -> Sequence[float | None]:
        """Return the value for each window of a series in order of time; None where too little is known.

        Raises:
            RuleError: a reading of the series is about no window, so that none is before it.
        """
        if self._length is None:
            return [reading.reference for reading in series]
        return _means_before(series, _times(series, self.against), self._length)


def _times(series: Sequence[Reading], against: str) -> list[datetime]:
    times = [reading.time for reading in series if reading.time is not None]
    if len(times) < len(series):
        raise RuleError(f"expected readings with a time, to compare them with the {against} before, got none")
    return times


def _means_before(
    series: Sequence[Reading], ends: Sequence[datetime], length: timedelta
) -> list[float | None]:
    finite = [(end, r.value, r.rows) for end, r in zip(ends, series, strict=True) if math.isfinite(r.value)]
    by_rows = all(rows for _, _, rows in finite)
    times, sums, weights = [end for end, _, _ in finite], [0.0], [0.0]
    for _, value, rows in finite:
        weight = float(rows) if by_rows and rows else 1.0
        sums.append(sums[-1] + weight * value)
        weights.append(weights[-1] + weight)
    found: list[float | None] = []
    for end in ends:
        first, last = bisect_left(times, end - length), bisect_left(times, end)
        enough = last - first >= _ENOUGH
        found.append((sums[last] - sums[first]) / (weights[last] - weights[first]) if enough else None)
    return found
