"""Alerts when a score becomes NaN or infinite."""

from __future__ import annotations

import math

from ..core.alerts import Alert, AlertKind, Level
from ..core.numbers import compiled
from ..core.readings import Reading, ReadingBatch
from .metric_series import FollowsSeries, MetricSeries

_BEST_SO_FAR = (
    r"(?i:(?:^|[\W_])(?:best|min|max|minimum|maximum|lowest|highest)(?:$|[\W_])|最[佳优好高低小大])"
)


class NotFiniteRule(FollowsSeries):
    """Alerts once when a score becomes NaN (critical) or infinite (a warning).

    A run of such scores is one alert; after a finite score the next run alerts again.

    Args:
        metric: the metric to evaluate; by default every one, because the training loss may become NaN an hour
            before the score.
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

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert about the first reading of a run of NaNs."""
        if readings.new_run:
            self._begin_run()
        start = self._first_start(readings)
        if start is None:
            return None
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.NOT_FINITE,
            level=Level.CRITICAL if math.isnan(start.value) else Level.WARNING,
            reading=start,
        )

    def _first_start(self, readings: ReadingBatch) -> Reading | None:
        """Return the earliest reading that starts a run of NaNs, in the metric or in any."""
        was_finite = self._last_reported is None and all(runs.was_finite for runs in self._of_metric.values())
        if was_finite and readings.are_finite():  # builds no object for each of a million names
            return None
        last, self._last_reported = self._last_reported, None
        metrics = (
            dict.fromkeys(reading.metric for reading in readings) if self.metric is None else [self.metric]
        )
        found = []
        for metric in metrics:
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
        # Not by equality: a NaN equals nothing, and each pass may build its readings again.
        starts = set(map(_place, found))
        return next((reading for reading in readings if _place(reading) in starts), None) if found else None

    def _begin_run(self) -> None:
        self._of_metric: dict[str, _Runs] = {}
        self._last_reported = None


def _place(reading: Reading) -> tuple[object, ...]:
    return reading.metric, reading.name, reading.epoch, reading.step, reading.path


class _Runs:
    """The runs of non-finite scores of one metric."""

    def __init__(self, metric: str) -> None:
        self.series = MetricSeries(metric)
        self.was_finite = True
        # A best so far starts at infinity, or at NaN: that is no fault before it was finite.
        self._has_begun = compiled(_BEST_SO_FAR).search(metric) is None

    def last_start_in(self, readings: ReadingBatch) -> Reading | None:
        """Return the last reading that starts such a run; None when none does."""
        start: Reading | None = None
        for reading in self.series.new_in(readings):
            finite = math.isfinite(reading.value)
            self._has_begun = self._has_begun or finite
            if self._has_begun:
                if self.was_finite and not finite:
                    start = reading
                self.was_finite = finite
        return start
