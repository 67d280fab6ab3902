"""Alerts when the latest scores are far worse than the best."""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from ..core.alerts import Alert, AlertKind, Level
from ..core.comparison import Comparison, usual_direction
from ..core.errors import ConfigError
from ..core.readings import Reading, ReadingBatch
from .condition import Condition
from .metric_series import FollowsSeries, MetricSeries, after, median

_STEPS = 50  # latest changes from one score to the next, whose median is the usual change


class _Turn(NamedTuple):
    """Where scores diverged or recovered, and what they were measured by there."""

    reading: Reading
    comparison: Comparison
    best: float
    recent: float


class DivergedRule(FollowsSeries):
    """Alerts once when the latest scores are worse than the best by a factor, and resolves once.

    The median of the last ``window`` finite scores counts, so that one bad checkpoint does not alert. With a
    factor of 3 the limit is three times the best where worse means away from zero (a loss of 0.2 that
    exceeds 0.6), and a third of it where worse means towards zero (an accuracy of 0.9 that falls below
    0.3). Near zero a factor means little, so the distance from the best must also be twice the factor
    times the usual change from one score to the next. The alert resolves at half of that distance.

    Args:
        factor: how many times worse than the best; more than 1.
        window: the number of scores in the median.
        metric: the metric to evaluate; by default the score of each name.
        comparison: the direction in which it improves; by default the usual one of the metric's name,
            else ``lower``.
        name: the name of the rule; needed only when two rules would share one.

    Raises:
        ConfigError: ``factor`` or ``window`` is too small.
    """

    _best: float | None
    _until: Reading | None

    def __init__(
        self,
        factor: float = 3.0,
        window: int = 5,
        *,
        metric: str | None = None,
        comparison: Comparison | str | None = None,
        name: str | None = None,
    ) -> None:
        if not (math.isfinite(factor) and factor > 1):
            raise ConfigError(f"factor: expected a number above 1, such as 3, got {factor!r}")
        if not isinstance(window, int) or window < 1:
            raise ConfigError(f"window: expected a number of checkpoints, 1 or more, got {window!r}")
        self.name = name or (f"diverged {metric}" if metric else "diverged")
        self.factor = factor
        self.window = window
        self.metric = metric
        self.comparison = None if comparison is None else Comparison(comparison)
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Continue from the last alert: whether the training diverged, and its best score."""
        if alert is not None:
            self._series.resume(alert.reading)
            self._best = alert.previous_best
            self._condition.resume(reported=not alert.resolved)
            self._until = alert.reading

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert when the recent scores became too far from the best, or no longer are."""
        if readings.new_run:
            self._begin_run()
        series = self._series.new_in(readings)
        if series:
            self._judge(series)
        due = self._condition.due
        if due is None:
            return None
        self._condition.report()
        return self._alert(readings, due)

    def _judge(self, series: list[Reading]) -> None:
        comparison = self.comparison or usual_direction(series[0].metric) or Comparison.LOWER
        # The first batch after a restart begins with what was judged before.
        known = 0 if self._until is None else len(series) - len(after(self._until, series))
        self._until = None
        for index, reading in enumerate(series):
            self._take(reading.value, comparison)
            if index < known or len(self._latest) < self.window or self._best is None:
                continue
            recent = median(self._latest)
            distance, limit = comparison.gain(self._best, recent), self._limit(self._best, comparison)
            holds = distance > (limit / 2 if self._condition.holds else limit) > 0
            self._condition.judge(_Turn(reading, comparison, self._best, recent), holds=holds)

    def _take(self, value: float, comparison: Comparison) -> None:
        if not math.isfinite(value):
            return
        if self._latest:
            self._steps.append(abs(value - self._latest[-1]))
        self._latest.append(value)
        if comparison.is_better(value, self._best):
            self._best = value

    def _limit(self, best: float, comparison: Comparison) -> float:
        towards_zero = comparison.gain(best, 0.0) > 0
        distance = abs(best) * (1 - 1 / self.factor if towards_zero else self.factor - 1)
        return max(distance, 2 * self.factor * median(self._steps)) if self._steps else distance

    def _alert(self, readings: ReadingBatch, turn: _Turn) -> Alert:
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.DIVERGED,
            level=Level.CRITICAL,
            resolved=not self._condition.reported,
            reading=turn.reading,
            comparison=turn.comparison,
            previous_best=turn.best,
            details={"recent_median": turn.recent, "factor": self.factor, "window": self.window},
        )

    def _begin_run(self) -> None:
        self._series = MetricSeries(self.metric)
        self._latest: deque[float] = deque(maxlen=self.window)
        self._steps: deque[float] = deque(maxlen=_STEPS)
        self._best = None
        self._until = None
        self._condition: Condition[_Turn] = Condition()
