"""A score that no longer improves: the rest of the night may be spent better."""

from __future__ import annotations

from ..core.alerts import Alert, AlertKind, Level
from ..core.comparison import Comparison, usual_direction
from ..core.errors import ConfigError
from ..core.readings import Reading, ReadingBatch
from .metric_series import FollowsSeries, MetricSeries, improves


class PlateauRule(FollowsSeries):
    """Speaks once when the best score has not improved for ``patience`` checkpoints.

    After an improvement the next plateau is told again. NaN and infinite scores improve nothing.

    Args:
        patience: how many checkpoints without improvement are too many.
        min_delta: how much better than the best a score must be to count as an improvement.
        metric: the metric to look at; by default the score of each name.
        comparison: the direction in which it improves; by default the usual one of the metric's name,
            and where that says nothing, ``lower``.
        name: what the rule is called; needed only where two would have one name.

    Raises:
        ConfigError: ``patience`` is no positive whole number.
    """

    _best: float | None
    _told: float | None

    def __init__(
        self,
        patience: int,
        min_delta: float = 0.0,
        *,
        metric: str | None = None,
        comparison: Comparison | str | None = None,
        name: str | None = None,
    ) -> None:
        """Take how long is too long."""
        if not isinstance(patience, int) or patience < 1:
            raise ConfigError(f"patience: expected a number of checkpoints, 1 or more, got {patience!r}")
        self.name = name or (f"plateau {metric}" if metric else "plateau")
        self.patience = patience
        self.min_delta = min_delta
        self.metric = metric
        self.comparison = None if comparison is None else Comparison(comparison)
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Go on from the last plateau: it is not told again, but the next one is."""
        if alert is not None:
            self._series.resume(alert.reading)
            self._best = self._told = alert.previous_best

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert when the latest checkpoint makes the plateau as long as ``patience``."""
        if readings.new_run:
            self._begin_run()
        series = self._series.new_in(readings)
        if not series:
            return None
        comparison = self.comparison or usual_direction(series[0].metric) or Comparison.LOWER
        for reading in series:
            self._count(reading, comparison)
        if self._since < self.patience or self._best is None or self._best == self._told:
            return None
        self._told = self._best
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.PLATEAU,
            level=Level.WARNING,
            reading=series[-1],
            comparison=comparison,
            previous_best=self._best,
            details={"patience": self.patience, "checkpoints_since_best": self._since},
        )

    def _count(self, reading: Reading, comparison: Comparison) -> None:
        if improves(comparison, reading.value, self._best, self.min_delta):
            self._best, self._since = reading.value, 0
        else:
            self._since += 1

    def _begin_run(self) -> None:
        self._series = MetricSeries(self.metric)
        self._best = None
        self._told = None
        self._since = 0
