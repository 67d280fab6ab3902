"""The largest gap of a metric between groups."""

from __future__ import annotations

from collections.abc import Mapping

from .intervals import PROPORTIONS, newcombe
from .metric_value import MetricValue, measured


def group_gap(metric: str, column: str, of_groups: Mapping[str, MetricValue]) -> list[MetricValue]:
    """Return ``accuracy_gap@sex``: the highest value of a metric less the lowest, over the groups.

    Args:
        metric: the metric, such as ``accuracy``.
        column: the column of the groups, such as ``sex``.
        of_groups: its value in each group that has enough rows; of fewer than two there is no gap.
    """
    if len(of_groups) < 2:
        return []
    values = sorted(of_groups.values(), key=lambda found: found.value)
    low, high = values[0], values[-1]
    interval = None
    if metric in PROPORTIONS and None not in (low.low, low.high, high.low, high.high):
        ends_of_high, ends_of_low = (high.low or 0.0, high.high or 0.0), (low.low or 0.0, low.high or 0.0)
        interval = newcombe(high.value, ends_of_high, low.value, ends_of_low)
    rows = sum(found.rows for found in of_groups.values())
    return measured(f"{metric}_gap@{column}", high.value - low.value, rows, interval)
