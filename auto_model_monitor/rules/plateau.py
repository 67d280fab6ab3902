"""Alerts when a score no longer improves."""

from __future__ import annotations

from ..core.alerts import Alert, AlertKind, Level
from ..core.comparison import Comparison, usual_direction
from ..core.errors import ConfigError
from ..core.readings import Reading, ReadingBatch
from .metric_series import FollowsSeries, MetricSeries, improves, least_gain


class PlateauRule(FollowsSeries):
    """Alerts once when the best score has not improved for ``patience`` checkpoints.

    After an improvement the next plateau alerts again. NaN and infinite scores are no improvement.

    Args:
        patience: the number of checkpoints without improvement that alerts.
        min_delta: the least gain over the best that counts as an improvement: a number, or a share of the
            best such as ``"1%"``.
        metric: the metric to evaluate; by default the score of each name.
        comparison: the direction in which it improves; by default the usual one of the metric's name,
            else ``lower``.
        name: the name of the rule; needed only when two rules would share one.

    Raises:
        ConfigError: ``patience`` is not a positive whole number, or ``min_delta`` no gain.
    """

    _best: float | None
    _reported_best: float | None

    def __init__(
        self,
        patience: int,
        min_delta: float | str = 0.0,
        *,
        metric: str | None = None,
        comparison: Comparison | str | None = None,
        name: str | None = None,
    ) -> None:
        if not isinstance(patience, int) or patience < 1:
            raise ConfigError(f"patience: expected a number of checkpoints, 1 or more, got {patience!r}")
        self.name = name or (f"plateau {metric}" if metric else "plateau")
        self.patience = patience
        self.min_delta = min_delta
        self._least_gain = least_gain("min_delta", min_delta)
        self.metric = metric
        self.comparison = None if comparison is None else Comparison(comparison)
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Continue from the last plateau: it does not alert again, the next one does."""
        if alert is not None:
            self._series.resume(alert.reading)
            self._best = self._reported_best = alert.previous_best

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert about the last checkpoint that made a plateau as long as ``patience``."""
        if readings.new_run:
            self._begin_run()
        series = self._series.new_in(readings)
        if not series:
            return None
        comparison = self.comparison or usual_direction(series[0].metric) or Comparison.LOWER
        alert = None
        for reading in series:
            self._count(reading, comparison)
            if self._since >= self.patience and self._best is not None and self._best != self._reported_best:
                self._reported_best = self._best
                alert = self._alert(readings, reading, comparison)
        return alert

    def _count(self, reading: Reading, comparison: Comparison) -> None:
        least = self._least_gain(self._best or 0.0)
        if improves(comparison, reading.value, self._best, least):
            self._best, self._since = reading.value, 0
        else:
            self._since += 1

    def _alert(self, readings: ReadingBatch, latest: Reading, comparison: Comparison) -> Alert:
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.PLATEAU,
            level=Level.WARNING,
            reading=latest,
            comparison=comparison,
            previous_best=self._best,
            details={"patience": self.patience, "checkpoints_since_best": self._since},
        )

    def _begin_run(self) -> None:
        self._series = MetricSeries(self.metric)
        self._best = None
        self._reported_best = None
        self._since = 0
