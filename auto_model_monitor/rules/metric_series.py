"""The readings of one metric from batch to batch, in the order of the training."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable

from ..core.comparison import Comparison
from ..core.errors import ConfigError
from ..core.numbers import to_float
from ..core.readings import Reading, ReadingBatch, is_same_fact, order_of


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
    """Returns the readings of one metric in order.

    Args:
        metric: its name; None means the metric of the first score, because others are not comparable.
    """

    def __init__(self, metric: str | None) -> None:
        self.metric = metric
        self._last_reported: Reading | None = None

    def resume(self, last: Reading | None, *, skip: bool = False) -> None:
        """Continue after a restart.

        Args:
            last: the reading of the last alert.
            skip: omit everything up to ``last`` from the next batch.
        """
        if last is not None:
            self.metric = self.metric or last.metric
            self._last_reported = last if skip else None

    def stick_to(self, batch: ReadingBatch) -> str | None:
        """Set the metric to that of the first score, unless it is set; return it."""
        if self.metric is None and len(batch):
            self.metric = batch.score or None
        return self.metric

    def new_in(self, batch: ReadingBatch) -> list[Reading]:
        """Return the batch's readings of the metric, in the order of their epochs and steps."""
        metric = self.stick_to(batch)
        series = [] if metric is None else batch.series(metric)
        if self._last_reported is not None and series:
            last, self._last_reported = self._last_reported, None
            return after(last, series)
        return series


def after(last: Reading, series: list[Reading]) -> list[Reading]:
    """Return what follows ``last`` in a series, even if its checkpoint no longer exists.

    All lines of a log share its name: among several of one name the last equal one counts. Windows follow
    by their time, whatever was read of them again.
    """
    if last.time is not None:
        return [reading for reading in series if reading.time is None or reading.time > last.time]
    named = [index for index, reading in enumerate(series) if reading.name == last.name]
    if len(named) > 1:
        named = [index for index in named if is_same_fact(series[index], last)]
    if not named:  # another file may hold it now
        named = [index for index, reading in enumerate(series) if is_same_fact(reading, last)]
    if named:
        return series[named[-1] + 1 :]
    if last.epoch is None and last.step is None:
        return series
    return [reading for reading in series if _is_after(reading, last)]


def _is_after(reading: Reading, last: Reading) -> bool:
    order = order_of(reading, last)
    return reading.count > last.count if order is None else order > 0


def improves(comparison: Comparison, value: float, than: float | None, min_delta: float) -> bool:
    """Return whether ``value`` is better than ``than``, if not None, by at least ``min_delta``."""
    if not comparison.is_better(value, than):
        return False
    if than is None or min_delta == 0:
        return True
    gain = comparison.gain(value, than)
    # In binary 0.0034 - 0.0029 is slightly less than 0.0005; users mean the decimals.
    return gain > min_delta or math.isclose(gain, min_delta)


def least_gain(name: str, given: float | str) -> Callable[[float], float]:
    """Return what computes the least gain over a score: a number, or with ``"5%"`` a share of the score.

    Raises:
        ConfigError: it is neither, or not at least 0.
    """
    share = isinstance(given, str) and given.strip().endswith("%")
    number = to_float(given.strip().rstrip("%")) if isinstance(given, str) else given
    if number is None or isinstance(number, bool) or not 0 <= number < math.inf:
        raise ConfigError(f"{name}: expected a number of at least 0, or a share such as '5%', got {given!r}")
    least = float(number)
    return (lambda score: abs(score) * least / 100) if share else (lambda score: least)


def median(values: Iterable[float]) -> float:
    """Return the median of at least one value; that of the standard library is slow to import."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
