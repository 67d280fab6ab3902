"""Hits that raise no alert, because an earlier run alerted on a better one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from ..core.alerts import Alert
from ..core.readings import Reading, ReadingBatch
from ..i18n import number_text
from ..rules import ThresholdRule
from ..text.cleaning import for_log_line
from .resume import ResumeState

logger = logging.getLogger(__name__)


class RepeatedHitCheck:
    """Logs the first hit after a restart that is no better than the last alert, with what starts over.

    It is a warning where the checkpoint of that alert is gone, so that another training may be meant.

    Args:
        state: knows from which alerts the rules resumed.
    """

    def __init__(self, state: ResumeState) -> None:
        self._state = state
        self._is_there: set[str] = set()  # rules of which the alert's own reading was read again

    def __call__(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Look for such a hit among the readings of a poll."""
        if not self._state.resumed or not len(readings):
            return
        alerted = {alert.rule for alert in alerts}
        self._state.resumed[:] = [
            (rule, alert)
            for rule, alert in self._state.resumed
            if isinstance(rule, ThresholdRule)
            and rule.name not in alerted
            and self._waits(rule, alert, readings)
        ]

    def _waits(self, rule: ThresholdRule, alert: Alert, readings: ReadingBatch) -> bool:
        """Return whether such a hit of the rule may still come."""
        if rule.every != "improvement" or alert.reading is None:
            return False
        best = readings.best(rule.comparison, rule.metric or alert.reading.metric)
        if best is not None and (best.name, best.value) == (alert.reading.name, alert.reading.value):
            self._is_there.add(rule.name)
        elif best is not None and _is_beyond(rule, best):
            self._log(rule, best, alert.reading, alert.time)
            return False
        return True

    def _log(self, rule: ThresholdRule, hit: Reading, last: Reading, time: datetime) -> None:
        text = (
            f"rule {rule.name}: {hit.metric} {number_text(hit.value)} ({hit.name}) is beyond "
            f"{number_text(rule.threshold)}, but no better than the {number_text(last.value)} "
            f"({last.name}) that was alerted at {time:%Y-%m-%d %H:%M:%S}: no alert "
            "(--fresh or resume=False starts a new run)"
        )
        level = logging.INFO if rule.name in self._is_there else logging.WARNING
        logger.log(level, "%s", for_log_line(text))


def _is_beyond(rule: ThresholdRule, reading: Reading) -> bool:
    better = rule.comparison.is_better(reading.value, than=rule.threshold)
    return better or (rule.inclusive and reading.value == rule.threshold)
