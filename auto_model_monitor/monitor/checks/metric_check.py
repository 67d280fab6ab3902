"""Whether the metrics of the rules are metrics of the source."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence

from ...core.alerts import Alert
from ...core.errors import MonitorError
from ...core.near_names import is_misspelt, may_follow, nearest
from ...core.readings import ReadingBatch, is_of_every_group
from ...rules import FollowsMetric, MetricRule, Rule
from ...sources import NamesMetrics, OffersMetrics, Source

logger = logging.getLogger(__name__)

_ENOUGH_EPOCHS = 2  # after more, a metric that a log has not named will not come
_ENOUGH_CHECKPOINTS = 2  # after more, a metric that no name holds will not come
_MANY_CHECKPOINTS = 10  # likewise, where the first validation may end later
_SOON = 30.0  # seconds after the first name, or the first number of a validation, with the same effect
_SAMPLE = 100  # readings of one poll
_VALIDATION = ("val", "test", "eval")
_MOST_NAMED = 20  # metrics in a warning


class MetricCheck:
    """Warns once, early, of rules whose metric the source does not produce.

    A source that :class:`.OffersMetrics` is asked at the first poll; a metric that it offers is not missing,
    however little data there is. Of another source of windows the metrics of the first poll count.

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
        self._is_windowed = self._offers = False
        self._since: float | None = None

    def __call__(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Learn the metrics of a poll, and warn once enough is known."""
        if not self._missing or self._asks_source():
            return
        if len(readings):
            self._learn(readings)
        if self._missing and self._is_certain(readings):
            self.warn()

    def _asks_source(self) -> bool:
        """Return whether the source says which metrics it can produce; warn of those that it cannot."""
        names = self._offer()
        if names:
            self._learn_offer(names)
            self.warn()
        return names is not None  # if its table is not there yet, the next poll asks again

    def _offer(self) -> Collection[str] | None:
        """Return what the source can produce: nothing while it cannot be read, None where it does not say."""
        try:
            return self._source.metric_names if isinstance(self._source, OffersMetrics) else None
        except MonitorError:
            return ()  # the watch logs that the source cannot be read

    def _learn_offer(self, names: Collection[str]) -> None:
        self._found, self._offers = dict.fromkeys(names), True
        self._forget_found()

    def never_offered(self) -> str | None:
        """Return what is wrong with rules whose metric the source says that it cannot produce."""
        names = self._offer()
        if not names:
            return None
        self._learn_offer(names)
        return self._problem() if self._missing else None

    def _forget_found(self) -> None:
        self._missing = {
            rule: metric for rule, metric in self._missing.items() if not _is_among(metric, self._found)
        }

    def warn(self) -> None:
        """Warn of what is missing so far, once."""
        if self._missing:
            logger.warning("%s", self._problem())
        self._missing = {}

    def _problem(self) -> str:
        names = list(self._found)
        known = ", ".join([*names[:_MOST_NAMED], *(["…"] if len(names) > _MOST_NAMED else [])]) or "nothing"
        rules, metrics = ", ".join(self._missing), list(dict.fromkeys(self._missing.values()))
        so_far = "" if self._offers else " so far"
        got = f"expected {', '.join(metrics)} in {self._source.name}, got {known}{so_far}"
        return f"rule {rules}: {got} ({self._advice(metrics, names)})"

    def _advice(self, metrics: Sequence[str], names: Sequence[str]) -> str:
        near = {metric: _nearest(metric, names) for metric in metrics}
        ungrouped = [metric for metric, name in near.items() if _lacks_groups(metric, name, names)]
        if ungrouped:
            columns = dict.fromkeys(_column(metric).partition("@")[2] for metric in ungrouped)
            return f"name {', '.join(columns)} in groups of the source"
        meant = dict.fromkeys(name for name in near.values() if name)
        return f"is {', '.join(meant)} meant?" if meant else self._hint()

    def _hint(self) -> str:
        if self._is_windowed or self._offers:
            return "these are all that it has"
        return "a pattern can add a format" if self._is_log else "does the training evaluate?"

    def warn_at_the_end(self) -> None:
        """Warn where other metrics have come."""
        if self._found:
            self.warn()

    def _learn(self, readings: ReadingBatch) -> None:
        self._is_log = readings.is_log
        self._is_windowed = self._is_windowed or readings.is_by_model
        for reading in readings.sample(_SAMPLE):
            self._found[reading.metric] = None
            if reading.epoch is not None:
                self._epochs.add(reading.epoch)
        self._forget_found()
        self._checkpoints += readings.checkpoints
        if self._since is None and (not self._is_log or any(m.startswith(_VALIDATION) for m in self._found)):
            self._since = readings.seconds

    def _is_certain(self, readings: ReadingBatch) -> bool:
        """Return whether what is missing will not come."""
        if self._is_windowed:
            return True
        if not self._is_log and all(may_follow(metric, self._found) for metric in self._missing.values()):
            return self._checkpoints >= _MANY_CHECKPOINTS or len(self._epochs) > _ENOUGH_EPOCHS
        if self._is_log:
            if len(self._epochs) > _ENOUGH_EPOCHS:
                return True
        elif self._checkpoints > _ENOUGH_CHECKPOINTS:
            return True
        if any(is_misspelt(metric, self._found) for metric in self._missing.values()):
            return True
        return self._since is not None and readings.seconds - self._since >= _SOON


def _is_among(metric: str, found: Collection[str]) -> bool:
    """Return whether a metric is there, or is one of each group, or one of a group of each."""
    if metric in found:
        return True
    if is_of_every_group(metric):
        return any(name.startswith(metric[:-1]) for name in found)
    return any(is_of_every_group(name) and metric.startswith(name[:-1]) for name in found)


def _nearest(metric: str, names: Sequence[str]) -> str | None:
    """Return the name that was probably meant: of groups the column counts, not the value."""
    columns = {_column(name): name for name in names}
    near = nearest(_column(metric), columns)
    return None if near is None else columns[near]


def _column(metric: str) -> str:
    return metric.partition(":")[0] if "@" in metric else metric


def _lacks_groups(metric: str, near: str | None, names: Sequence[str]) -> bool:
    """Return whether a metric is known, but not by groups of this column."""
    whole, _, column = metric.partition("@")
    return bool(column) and whole in names and "@" not in (near or "")
