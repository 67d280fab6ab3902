"""Latency, throughput and errors of a model in operation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from .intervals import wilson
from .metric_value import MetricValue, measured

#: The percentiles that are computed of a latency.
PERCENTILES = (50, 95, 99)


def latency_metrics(quantiles: Sequence[float | None], rows: int) -> list[MetricValue]:
    """Return ``latency_p50``, ``latency_p95`` and ``latency_p99``, in the unit of the column.

    Args:
        quantiles: the percentiles :data:`PERCENTILES`, interpolated linearly as NumPy does.
        rows: the rows with a latency.
    """
    found = []
    for percent, value in zip(PERCENTILES, quantiles, strict=True):
        found += measured(f"latency_p{percent}", value, rows)
    return found


def percentiles(counts: Sequence[tuple[float, int]], percents: Sequence[int]) -> list[float | None]:
    """Return percentiles of counts by ascending value, interpolated linearly as NumPy does."""
    rows = sum(count for _, count in counts)
    return [_percentile(counts, rows, percent) for percent in percents]


def throughput(rows: int, seconds: float) -> list[MetricValue]:
    """Return ``throughput``: the predictions per second of a window."""
    return measured("throughput", rows / seconds, rows) if seconds > 0 else []


def error_metrics(types: Mapping[str, int], rows: int) -> list[MetricValue]:
    """Return ``error_rate``, and the share of each type as ``error_rate@error:TYPE``.

    Args:
        types: the number of errors of each type.
        rows: the number of predictions, those that failed among them.
    """
    failed = sum(types.values())
    found = measured("error_rate", failed / rows, rows, wilson(failed, rows)) if rows else []
    for name, count in sorted(types.items()):
        found += measured(f"error_rate@error:{name}", count / rows, rows, wilson(count, rows))
    return found


def _percentile(counts: Sequence[tuple[float, int]], rows: int, percent: int) -> float | None:
    if not rows:
        return None
    place = (rows - 1) * percent / 100
    lower, share = math.floor(place), place - math.floor(place)
    one, other = _at(counts, lower), _at(counts, min(lower + 1, rows - 1))
    return one + (other - one) * share


def _at(counts: Sequence[tuple[float, int]], index: int) -> float:
    for value, count in counts:
        index -= count
        if index < 0:
            return value
    raise IndexError(index)
