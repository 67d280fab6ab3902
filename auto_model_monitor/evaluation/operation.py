"""Latency, throughput and errors of a model in operation."""

from __future__ import annotations

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
