"""What a watch has seen so far, for the lines of its run log."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence

from ..core.alerts import Alert
from ..core.clocks import Clock
from ..core.comparison import Comparison, direction_for
from ..core.readings import Reading, ReadingBatch
from ..text.cleaning import for_log_line

logger = logging.getLogger(__name__)

HOUR = 3600.0
_LATEST = 20  # alerts that are shown


class WatchSummary:
    """Counts, and the best reading of one watch.

    Attributes:
        name: what is watched.
        best: the best finite reading so far.
        seen: the number of checkpoints so far.
        alerts: the number of alerts so far.
        latest: the latest of them.

    Args:
        name: what is watched.
        comparison: the direction in which the score improves; None for the usual one of its metric.
        clock: the time.
    """

    def __init__(self, name: str, comparison: Comparison | None, clock: Clock) -> None:
        self.best: Reading | None = None
        self.seen = 0
        self.alerts = 0
        self.latest: deque[Alert] = deque(maxlen=_LATEST)
        self.name = name
        self._comparison = comparison
        self._clock = clock
        self._started = clock.monotonic()
        self._next_line = self._started + HOUR

    def add(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Count what a poll found, and log it in one line if it is anything."""
        if readings.new_run:
            self.best = None
            logger.info("%s was replaced: a new run, the best so far no longer counts", self.name)
        if len(readings):
            self._count(readings)
        self.alerts += len(alerts)
        self.latest.extend(alerts)
        for alert in alerts:
            about = alert.kind.value if alert.reading is None else _shown(alert.reading)
            state = "resolved" if alert.resolved else "alert"
            logger.info("%s %s in %s: %s", alert.rule, state, self.name, about)

    def _count(self, readings: ReadingBatch) -> None:
        if readings.is_by_model:  # the best of different models means nothing
            self.seen += len(readings)
            models = len({reading.model for reading in readings} - {None})
            of = f" of {models} model{'s' * (models != 1)}" if models else ""
            logger.info("%d new%s in %s", len(readings), of, self.name)
            return
        comparison = direction_for(readings.score, self._comparison)
        best = readings.best(comparison)
        if best and comparison.is_better(best.value, None if not self.best else self.best.value):
            self.best = best
        self.seen += readings.checkpoints
        logger.info("%d new in %s, best: %s", readings.checkpoints, self.name, _shown(best))

    def log_hourly(self) -> None:
        """Log one line an hour as a sign of life."""
        now = self._clock.monotonic()
        if now < self._next_line:
            return
        self._next_line = now + HOUR
        logger.info("Still watching %s: %s", self.name, self.summary())

    def summary(self) -> str:
        """Return what was seen, in one line."""
        minutes = int(self._clock.monotonic() - self._started) // 60
        watched = f"{minutes // 60} h {minutes % 60} min"
        return f"watched for {watched}, read {self.seen}, best: {_shown(self.best)}, alerts: {self.alerts}"


def _shown(reading: Reading | None) -> str:
    if reading is None:
        return "none"
    model = "" if reading.model is None else f"{reading.model} "
    return for_log_line(f"{model}{reading.metric} {reading.value!r} ({reading.name})")
