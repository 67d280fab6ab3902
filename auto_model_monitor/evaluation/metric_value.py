"""The value of a metric, with what it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricValue:
    """One metric of a set of rows.

    A metric that its rows do not define, such as the precision of a model that predicted no positive, has no
    value at all: a function returns nothing for it, never 0.

    Attributes:
        metric: its name, such as ``recall`` or ``latency_p95``.
        value: a finite number.
        rows: the rows that it rests on.
        low: the lower end of the 95 % interval; None where no standard formula gives one.
        high: the upper end of it.
    """

    metric: str
    value: float
    rows: int
    low: float | None = None
    high: float | None = None


def measured(
    metric: str, value: float | None, rows: int, interval: Interval | None = None
) -> list[MetricValue]:
    """Return the value in a list; an empty list where there is none."""
    if value is None or rows <= 0 or not math.isfinite(value):
        return []
    low, high = interval or (None, None)
    return [MetricValue(metric=metric, value=value, rows=rows, low=low, high=high)]
