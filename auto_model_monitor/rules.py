"""Rules: they look at a batch of readings and say whether somebody should hear of it."""

from __future__ import annotations

from typing import Protocol

from .alerts import Alert
from .comparison import Comparison
from .readings import Reading, ReadingBatch


class Rule(Protocol):
    """Anything that can find an alert in what is new."""

    @property
    def name(self) -> str:
        """What the rule is called in logs and alerts."""
        ...

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return the one alert that these readings call for, if any.

        Raises:
            RuleError: it cannot decide on what it was given.
        """
        ...

    # A rule may also have ``resume(alert)``: it is called once, before the first batch, with the last
    # alert that a rule of this name gave in this run, or None.


class ThresholdRule:
    """Speaks when a score is strictly beyond the threshold and strictly better than what it last reported.

    NaN and infinite scores are never hits. A whole batch makes one alert, about its best reading. All that
    the rule remembers is its last alert.

    Args:
        threshold: a finite number.
        comparison: the direction in which the score improves, as an enum or as ``"lower"``/``"higher"``.
        metric: the metric to look at; by default the score of each name. Where names carry different
            metrics, the rule stays with the one of its first hit, for the others cannot be compared with it.
    """

    name = "threshold"

    def __init__(self, threshold: float, comparison: Comparison | str, *, metric: str | None = None) -> None:
        """Take what a score is compared with, and how."""
        self.threshold = threshold
        self.comparison = Comparison(comparison)
        self.metric = metric
        self._last: Alert | None = None

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert about the best new reading, if it is a hit."""
        if readings.new_run:
            self._last = None
        best = self._best(readings)
        if best is None or not self.comparison.is_better(best.value, than=self.threshold):
            return None
        told = self._told()
        previous = None if told is None else told.value
        if not self.comparison.is_better(best.value, than=previous):
            return None
        self._last = Alert(
            rule=self.name,
            time=readings.time,
            reading=best,
            comparison=self.comparison,
            threshold=self.threshold,
            previous_best=previous,
        )
        return self._last

    def _best(self, readings: ReadingBatch) -> Reading | None:
        best, told = readings.best(self.comparison, self.metric), self._told()
        if best is None or told is None or best.metric == told.metric:
            return best
        return readings.best(self.comparison, told.metric)

    def _told(self) -> Reading | None:
        return None if self._last is None else self._last.reading
