"""NaN and infinite scores: most often the end of a training that goes on burning its night."""

from __future__ import annotations

import math

from ..core.alerts import Alert, AlertKind, Level
from ..core.readings import Reading, ReadingBatch
from .metric_series import FollowsSeries, MetricSeries


class NotFiniteRule(FollowsSeries):
    """Speaks once when a score turns NaN (critical) or infinite (a warning).

    A run of such scores is one alert; after a finite one the next run is told again.

    Args:
        metric: the metric to look at; by default the score of each name, and every metric of a log, which may
            say of the training loss what it will say of the score an hour later.
        name: what the rule is called; needed only where two would have one name.
    """

    _told: Reading | None

    def __init__(self, metric: str | None = None, *, name: str | None = None) -> None:
        """Take what is looked at."""
        self.name = name or (f"nan {metric}" if metric else "nan")
        self.metric = metric
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Go on within the run of NaNs that the last alert was about."""
        if alert is not None:
            self._told = alert.reading
            self._runs.was_finite = False
            self._runs.course.resume(alert.reading, skip=True)

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert about the reading with which a run of NaNs began."""
        if readings.new_run:
            self._begin_run()
        begun = self._begun_in_log(readings) if readings.is_log and not self.metric else self._begun(readings)
        if begun is None:
            return None
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.NOT_FINITE,
            level=Level.CRITICAL if math.isnan(begun.value) else Level.WARNING,
            reading=begun,
        )

    def _begun(self, readings: ReadingBatch) -> Reading | None:
        if self._runs.was_finite and readings.are_finite():
            self._runs.course.stick_to(readings)  # a million names cost no object each
            return None
        return self._runs.begun_in(readings)

    def _begun_in_log(self, readings: ReadingBatch) -> Reading | None:
        """Return the first reading with which a run of NaNs begins in any metric: what breaks the rest."""
        told, self._told = self._told, None
        found = []
        for metric in dict.fromkeys(reading.metric for reading in readings):
            runs = self._of_metric.get(metric)
            if runs is None:
                runs = self._of_metric[metric] = _Runs(metric)
                if told is not None:
                    # What other metrics said up to then was told with it.
                    runs.course.resume(told, skip=True)
                    runs.was_finite = False
            begun = runs.begun_in(readings)
            if begun is not None:
                found.append(begun)
        return next((r for r in readings if any(r is begun for begun in found)), None) if found else None

    def _begin_run(self) -> None:
        self._runs = _Runs(self.metric)
        self._of_metric: dict[str, _Runs] = {}
        self._told = None


class _Runs:
    """The runs of scores that are not finite, of one metric."""

    def __init__(self, metric: str | None) -> None:
        self.course = MetricSeries(metric)
        self.was_finite = True

    def begun_in(self, readings: ReadingBatch) -> Reading | None:
        """Return the last reading with which such a run begins, None where none does."""
        begun: Reading | None = None
        for reading in self.course.new_in(readings):
            finite = math.isfinite(reading.value)
            if self.was_finite and not finite:
                begun = reading
            self.was_finite = finite
        return begun
