"""A training that runs away from the best it had."""

from __future__ import annotations

import math
from collections import deque

from ..core.alerts import Alert, AlertKind, Level
from ..core.comparison import Comparison, usual_direction
from ..core.errors import ConfigError
from ..core.readings import Reading, ReadingBatch
from .metric_series import FollowsSeries, MetricSeries, median

_STEPS = 50  # of the latest changes from one score to the next, whose median is the usual one


class DivergedRule(FollowsSeries):
    """Speaks once when the latest scores are worse than the best by a factor, and once when that is over.

    What counts is the median of the last ``window`` finite scores, so that one bad checkpoint says
    nothing. With a factor of 3 it has diverged beyond three times the best where worse means away from
    zero (a loss of 0.2 that is above 0.6), beyond a third of it where worse means towards zero (an
    accuracy of 0.9 that is below 0.3). Near zero a factor means little: so the distance must also be
    twice the factor times the usual change from one score to the next. It is over when the distance is
    half of what was needed.

    Args:
        factor: how many times worse, more than 1.
        window: of how many scores the median is taken.
        metric: the metric to look at; by default the score of each name.
        comparison: the direction in which it improves; by default the usual one of the metric's name,
            and where that says nothing, ``lower``.
        name: what the rule is called; needed only where two would have one name.

    Raises:
        ConfigError: ``factor`` or ``window`` is too small.
    """

    _best: float | None

    def __init__(
        self,
        factor: float = 3.0,
        window: int = 5,
        *,
        metric: str | None = None,
        comparison: Comparison | str | None = None,
        name: str | None = None,
    ) -> None:
        """Take what is too far from the best."""
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
        """Go on from the last alert, which says whether it has diverged and what was best."""
        if alert is not None:
            self._series.resume(alert.reading)
            self._best = alert.previous_best
            self._diverged = not alert.resolved

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert when the latest scores are too far from the best, or near it again."""
        if readings.new_run:
            self._begin_run()
        series = self._series.new_in(readings)
        if not series:
            return None
        comparison = self.comparison or usual_direction(series[0].metric) or Comparison.LOWER
        for reading in series:
            self._take(reading.value, comparison)
        if len(self._latest) < self.window or self._best is None:
            return None
        recent = median(self._latest)
        distance, limit = comparison.gain(self._best, recent), self._limit(self._best, comparison)
        if self._diverged == (distance > (limit / 2 if self._diverged else limit) > 0):
            return None
        self._diverged = not self._diverged
        return self._alert(readings, series[-1], comparison, recent)

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

    def _alert(self, readings: ReadingBatch, latest: Reading, comparison: Comparison, recent: float) -> Alert:
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.DIVERGED,
            level=Level.CRITICAL,
            resolved=not self._diverged,
            reading=latest,
            comparison=comparison,
            previous_best=self._best,
            details={"recent_median": recent, "factor": self.factor, "window": self.window},
        )

    def _begin_run(self) -> None:
        self._series = MetricSeries(self.metric)
        self._latest: deque[float] = deque(maxlen=self.window)
        self._steps: deque[float] = deque(maxlen=_STEPS)
        self._best = None
        self._diverged = False
