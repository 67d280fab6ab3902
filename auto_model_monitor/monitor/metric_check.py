"""Whether the metrics of the rules are metrics of the source."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from ..core.alerts import Alert
from ..core.readings import ReadingBatch
from ..rules import FollowsMetric, MetricRule, Rule
from ..sources import NamesMetrics, Source

logger = logging.getLogger(__name__)

_ENOUGH_EPOCHS = 2  # after more, a metric that a log has not named will not come
_ENOUGH_CHECKPOINTS = 2  # after more, a metric that no name holds will not come
_SAMPLE = 100  # readings of one poll


class MetricCheck:
    """Warns once, early, of a rule whose metric the source does not produce.

    At construction a rule gets the name that the source gives to its metric: ``eval_loss`` of a log is
    ``val_loss``.

    Args:
        source: the source.
        rules: the rules that are evaluated on its readings.
    """

    def __init__(self, source: Source, rules: Sequence[Rule]) -> None:
        self._source = source
        self._missing: dict[str, str] = {}
        for rule in rules:
            if isinstance(rule, MetricRule) and rule.metric:
                if isinstance(source, NamesMetrics) and isinstance(rule, FollowsMetric):
                    rule.use_metric(source.metric_name(rule.metric))
                self._missing[rule.name] = rule.metric
        self._found: dict[str, None] = {}
        self._epochs: set[int] = set()
        self._checkpoints = 0

    def __call__(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Learn the metrics of a poll, and warn once enough is known."""
        if not self._missing or not len(readings):
            return
        for reading in readings.sample(_SAMPLE):
            self._found[reading.metric] = None
            if reading.epoch is not None:
                self._epochs.add(reading.epoch)
        self._missing = {rule: metric for rule, metric in self._missing.items() if metric not in self._found}
        if readings.is_log:
            is_enough = len(self._epochs) > _ENOUGH_EPOCHS
        else:
            self._checkpoints += readings.checkpoints
            is_enough = self._checkpoints > _ENOUGH_CHECKPOINTS
        if is_enough:
            self.warn()

    def warn(self) -> None:
        """Warn of what is missing so far, once."""
        missing, self._missing = self._missing, {}
        known = ", ".join(self._found) or "nothing"
        for rule, metric in missing.items():
            text = "rule %s: expected %s in %s, got %s so far (a pattern can add a format)"
            logger.warning(text, rule, metric, self._source.name, known)
