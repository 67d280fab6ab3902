"""MAE, RMSE and R² from sums."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .intervals import mean_interval
from .metric_value import MetricValue, measured


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorSums:
    """What the metrics of a regression need to know of their rows.

    Attributes:
        rows: the number of rows.
        absolute: the sum of |prediction - label|.
        squared: the sum of (prediction - label)².
        spread: the sum of (label - c)² about any number c.
        shift: the sum of label - c. Take c near the mean of the labels: about 0 the difference of two large
            sums loses its digits.
    """

    rows: int
    absolute: float
    squared: float
    spread: float
    shift: float


def regression_metrics(sums: ErrorSums) -> list[MetricValue]:
    """Return ``mae`` and ``rmse``, and ``r2`` unless all labels are equal."""
    rows = sums.rows
    if not rows:
        return []
    mean = sums.absolute / rows
    found = measured("mae", mean, rows, mean_interval(mean, sums.squared, rows))
    found += measured("rmse", math.sqrt(sums.squared / rows), rows)
    variation = sums.spread - sums.shift * sums.shift / rows
    if rows >= 2 and variation > 0:
        found += measured("r2", 1 - sums.squared / variation, rows)
    return found
