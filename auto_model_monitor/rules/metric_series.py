"""The course of one metric from batch to batch, in the order of the training."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable

from ..core.comparison import Comparison
from ..core.readings import Reading, ReadingBatch


class FollowsSeries(ABC):
    """A rule about one metric, which begins afresh when that gets another name.

    Attributes:
        metric: the metric; None for the score of each name.
    """

    metric: str | None

    def use_metric(self, metric: str) -> None:
        """Follow the metric under the name that the source gives it; called before the first batch."""
        if metric != self.metric:
            self.metric = metric
            self._begin_run()

    @abstractmethod
    def _begin_run(self) -> None:
        """Forget the run so far."""


class MetricSeries:
    """Hands out the readings of one metric in order.

    Args:
        metric: its name; None stands for the metric of the first score, for others cannot be compared
            with it.
    """

    def __init__(self, metric: str | None) -> None:
        """Start before the first reading."""
        self.metric = metric
        self._told: Reading | None = None

    def resume(self, told: Reading | None, *, skip: bool = False) -> None:
        """Go on after a restart.

        Args:
            told: what the last alert was about.
            skip: leave out, of the next batch, everything up to ``told``.
        """
        if told is not None:
            self.metric = self.metric or told.metric
            self._told = told if skip else None

    def stick_to(self, batch: ReadingBatch) -> str | None:
        """Take the metric of the batch's first score for the metric, unless there is one; return it."""
        if self.metric is None and len(batch):
            self.metric = batch.score or None
        return self.metric

    def new_in(self, batch: ReadingBatch) -> list[Reading]:
        """Return the batch's readings of the metric, in the order of their epochs and steps."""
        metric = self.stick_to(batch)
        series = [] if metric is None else batch.series(metric)
        if self._told is not None and series:
            told, self._told = self._told, None
            return after(told, series)
        return series


def after(told: Reading, series: list[Reading]) -> list[Reading]:
    """Return what follows ``told`` in a series, whether or not its checkpoint is still there.

    All lines of a log share its name: among several of one name it is the last one that says the same.
    """
    named = [index for index, reading in enumerate(series) if reading.name == told.name]
    if len(named) > 1:
        named = [index for index in named if _says_the_same(series[index], told)]
    if named:
        return series[named[-1] + 1 :]
    if told.epoch is None and told.step is None:
        return series
    return [reading for reading in series if reading.count > told.count]


def _says_the_same(one: Reading, other: Reading) -> bool:
    equal = one.value == other.value or (math.isnan(one.value) and math.isnan(other.value))
    return one.count == other.count and equal


def improves(comparison: Comparison, value: float, than: float | None, min_delta: float) -> bool:
    """Tell whether ``value`` is better than ``than`` (None: than nothing) by at least ``min_delta``."""
    if not comparison.is_better(value, than):
        return False
    if than is None or min_delta == 0:
        return True
    gain = comparison.gain(value, than)
    # In binary 0.0034 - 0.0029 is a little less than 0.0005; people mean the decimals.
    return gain > min_delta or math.isclose(gain, min_delta)


def median(values: Iterable[float]) -> float:
    """Return the middle of some values, at least one; the standard library's takes long to import."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
