"""Whether the metrics of the rules are metrics of the source."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from ..core.alerts import Alert
from ..core.near_names import is_misspelt, may_follow, nearest
from ..core.readings import ReadingBatch, is_of_every_group
from ..rules import FollowsMetric, MetricRule, Rule
from ..sources import NamesMetrics, Source

logger = logging.getLogger(__name__)

_ENOUGH_EPOCHS = 2  # after more, a metric that a log has not named will not come
_ENOUGH_CHECKPOINTS = 2  # after more, a metric that no name holds will not come
_MANY_CHECKPOINTS = 10  # likewise, where the first validation may end later
_SOON = 30.0  # seconds after the first name, or the first number of a validation, with the same effect
_SAMPLE = 100  # readings of one poll
_VALIDATION = ("val", "test", "eval")


class MetricCheck:
    """Warns once, early, of rules whose metric the source does not produce.

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
        self._is_log = True
        self._since: float | None = None

    def __call__(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Learn the metrics of a poll, and warn once enough is known."""
        if not self._missing:
            return
        if len(readings):
            self._learn(readings)
        if self._missing and self._is_certain(readings.seconds):
            self.warn()

    def warn(self) -> None:
        """Warn of what is missing so far, once."""
        missing, self._missing = self._missing, {}
        if not missing:
            return
        known = ", ".join(self._found) or "nothing"
        rules, metrics = ", ".join(missing), list(dict.fromkeys(missing.values()))
        near = list(dict.fromkeys(filter(None, (nearest(metric, self._found) for metric in metrics))))
        meant = "a pattern can add a format" if self._is_log else "does the training evaluate?"
        meant = f"is {', '.join(near)} meant?" if near else meant
        text = "rule %s: expected %s in %s, got %s so far (%s)"
        logger.warning(text, rules, ", ".join(metrics), self._source.name, known, meant)

    def warn_at_the_end(self) -> None:
        """Warn where other metrics have come."""
        if self._found:
            self.warn()

    def _learn(self, readings: ReadingBatch) -> None:
        self._is_log = readings.is_log
        for reading in readings.sample(_SAMPLE):
            self._found[reading.metric] = None
            if reading.epoch is not None:
                self._epochs.add(reading.epoch)
        self._missing = {
            rule: metric for rule, metric in self._missing.items() if not _is_among(metric, self._found)
        }
        self._checkpoints += readings.checkpoints
        if self._since is None and (not self._is_log or any(m.startswith(_VALIDATION) for m in self._found)):
            self._since = readings.seconds

    def _is_certain(self, now: float) -> bool:
        """Return whether what is missing will not come."""
        if not self._is_log and all(may_follow(metric, self._found) for metric in self._missing.values()):
            return self._checkpoints >= _MANY_CHECKPOINTS or len(self._epochs) > _ENOUGH_EPOCHS
        if self._is_log:
            if len(self._epochs) > _ENOUGH_EPOCHS:
                return True
        elif self._checkpoints > _ENOUGH_CHECKPOINTS:
            return True
        if any(is_misspelt(metric, self._found) for metric in self._missing.values()):
            return True
        return self._since is not None and now - self._since >= _SOON


def _is_among(metric: str, found: Collection[str]) -> bool:
    if not is_of_every_group(metric):
        return metric in found
    return any(name.startswith(metric[:-1]) for name in found)
