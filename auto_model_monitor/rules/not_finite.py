"""NaN and infinite scores: most often the end of a training that goes on burning its night."""

from __future__ import annotations

import math

from ..alerts import Alert, AlertKind, Level
from ..readings import Reading, ReadingBatch
from .course import Course


class NotFiniteRule:
    """Speaks once when a score turns NaN (critical) or infinite (a warning).

    A run of such scores is one alert; after a finite one the next run is told again.

    Args:
        metric: the metric to look at; by default the score of each name.
        name: what the rule is called; needed only where two would have one name.
    """

    def __init__(self, metric: str | None = None, *, name: str | None = None) -> None:
        """Take what is looked at."""
        self.name = name or (f"nan {metric}" if metric else "nan")
        self.metric = metric
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Go on within the run of NaNs that the last alert was about."""
        if alert is not None:
            self._course.resume(alert.reading, skip=True)
            self._was_finite = False

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert about the reading with which a run of NaNs began."""
        if readings.new_run:
            self._begin_run()
        if self._was_finite and readings.are_finite():
            self._course.stick_to(readings)  # a million names cost no object each
            return None
        begun: Reading | None = None
        for reading in self._course.new_in(readings):
            finite = math.isfinite(reading.value)
            if self._was_finite and not finite:
                begun = reading
            self._was_finite = finite
        if begun is None:
            return None
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.NOT_FINITE,
            level=Level.CRITICAL if math.isnan(begun.value) else Level.WARNING,
            reading=begun,
        )

    def _begin_run(self) -> None:
        self._course = Course(self.metric)
        self._was_finite = True
