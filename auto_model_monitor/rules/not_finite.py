"""Alerts when a score becomes NaN or infinite."""

from __future__ import annotations

import math

from ..core.alerts import Alert, AlertKind, Level
from ..core.readings import Reading, ReadingBatch
from .metric_series import FollowsSeries, MetricSeries


class NotFiniteRule(FollowsSeries):
    """Alerts once when a score becomes NaN (critical) or infinite (a warning).

    A run of such scores is one alert; after a finite score the next run alerts again.

    Args:
        metric: the metric to evaluate; by default the score of each name, and every metric of a log, because
            the training loss may become NaN an hour before the score.
        name: the name of the rule; needed only when two rules would share one.
    """

    _last_reported: Reading | None

    def __init__(self, metric: str | None = None, *, name: str | None = None) -> None:
        self.name = name or (f"nan {metric}" if metric else "nan")
        self.metric = metric
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Continue within the run of NaNs of the last alert."""
        if alert is not None:
            self._last_reported = alert.reading
            self._runs.was_finite = False
            self._runs.series.resume(alert.reading, skip=True)

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert about the first reading of a run of NaNs."""
        if readings.new_run:
            self._begin_run()
        start = self._first_in_log(readings) if readings.is_log and not self.metric else self._start(readings)
        if start is None:
            return None
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.NOT_FINITE,
            level=Level.CRITICAL if math.isnan(start.value) else Level.WARNING,
            reading=start,
        )

    def _start(self, readings: ReadingBatch) -> Reading | None:
        if self._runs.was_finite and readings.are_finite():
            self._runs.series.stick_to(readings)  # builds no object for each of a million names
            return None
        return self._runs.last_start_in(readings)

    def _first_in_log(self, readings: ReadingBatch) -> Reading | None:
        """Return the earliest reading that starts a run of NaNs in any metric."""
        last, self._last_reported = self._last_reported, None
        found = []
        for metric in dict.fromkeys(reading.metric for reading in readings):
            runs = self._of_metric.get(metric)
            if runs is None:
                runs = self._of_metric[metric] = _Runs(metric)
                if last is not None:
                    # The last alert covers the other metrics up to its reading.
                    runs.series.resume(last, skip=True)
                    runs.was_finite = False
            start = runs.last_start_in(readings)
            if start is not None:
                found.append(start)
        return next((r for r in readings if any(r is start for start in found)), None) if found else None

    def _begin_run(self) -> None:
        self._runs = _Runs(self.metric)
        self._of_metric: dict[str, _Runs] = {}
        self._last_reported = None


class _Runs:
    """The runs of non-finite scores of one metric."""

    def __init__(self, metric: str | None) -> None:
        self.series = MetricSeries(metric)
        self.was_finite = True

    def last_start_in(self, readings: ReadingBatch) -> Reading | None:
        """Return the last reading that starts such a run; None when none does."""
        start: Reading | None = None
        for reading in self.series.new_in(readings):
            finite = math.isfinite(reading.value)
            if self.was_finite and not finite:
                start = reading
            self.was_finite = finite
        return start
