"""What a watch has seen so far, for the lines of its run log."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..core.alerts import Alert
from ..core.clocks import Clock
from ..core.comparison import Comparison
from ..core.readings import Reading, ReadingBatch
from ..text.cleaning import for_log_line

logger = logging.getLogger(__name__)

HOUR = 3600.0


class WatchSummary:
    """Counts and the best reading of one watch.

    Attributes:
        name: what is watched.
        best: the best finite reading so far.
        seen: how many checkpoints there were.
        alerts: how many alerts were found.
    """

    def __init__(self, name: str, comparison: Comparison, clock: Clock) -> None:
        """Start the watch's time now."""
        self.best: Reading | None = None
        self.seen = 0
        self.alerts = 0
        self.name = name
        self._comparison = comparison
        self._clock = clock
        self._started = clock.monotonic()
        self._next_line = self._started + HOUR

    def saw(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Count a batch that held something new, and say so in one line."""
        if readings.new_run:
            self.best = None
            logger.info("%s was made anew: a new run, what was best before no longer counts", self.name)
        best = readings.best(self._comparison)
        if best and self._comparison.is_better(best.value, None if not self.best else self.best.value):
            self.best = best
        self.seen += readings.checkpoints
        self.alerts += len(alerts)
        if len(readings):
            logger.info("%d new in %s, best: %s", readings.checkpoints, self.name, _shown(best))
        for alert in alerts:
            about = alert.kind.value if alert.reading is None else _shown(alert.reading)
            said = "is over" if alert.resolved else "alert"
            logger.info("%s %s in %s: %s", alert.rule, said, self.name, about)

    def say_hourly(self) -> None:
        """Write one line an hour that says the watch lives."""
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
    return for_log_line(f"{reading.metric} {reading.value!r} ({reading.name})")
