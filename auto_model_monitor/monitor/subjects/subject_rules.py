"""One copy of a rule for each model, and for each group where the rule is about every group of a column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import datetime

from ...core.alerts import Alert, AlertKind, alert_key
from ...core.errors import RuleError
from ...core.metric_history import Point
from ...core.readings import Reading, ReadingBatch, is_of_every_group
from ...delivery.outbox import Outbox
from ...rules import AboutTheMachine, FollowsMetric, MetricRule, Resumable, Rule
from ...text.cleaning import for_log_line
from .boundary import ErrorBoundary
from .rule_evaluation import alerts_of, checked_alert
from .window_series import FEW_WINDOWS, MOST_WINDOWS, ModelSeries, SeriesByModel

_FIRST_LOOK = "(first look)"  # the rule of an alert that is stored and never sent
_LONGEST_MODEL = 80  # characters of a model's name in a log line


class Subjects:
    """Evaluates each rule for each model apart, and for each group where its metric ends in ``@column:*``.

    Of readings about windows a copy sees the whole series whenever a window is new or was read again, so
    that ``for 3`` counts windows and not looks: an unused copy that resumes from the last alert about its
    subject. A rule about the machine, such as ``disk``, stays one rule.

    Attributes:
        whole: the rules about the machine.
        unsent: alerts that are to be committed, for a later process, and not to be sent.

    Args:
        rules: the rules of the watch; none was evaluated on a reading yet.
        boundary: logs what a copy raises; the other copies are evaluated.
    """

    def __init__(self, rules: Sequence[Rule], boundary: ErrorBoundary) -> None:
        self.whole = [rule for rule in rules if _is_about_the_machine(rule)]
        self._rules = [rule for rule in rules if not _is_about_the_machine(rule)]
        self._copies = [_RuleCopies(rule, boundary) for rule in self._rules]
        self._boundary = boundary
        self._series = SeriesByModel(self._most_of)
        self._is_new = True
        self._since: datetime | None = None
        self.unsent: list[Alert] = []

    def evaluate(self, readings: ReadingBatch, outbox: Outbox) -> Iterator[Alert]:
        """Yield the alerts of one look."""
        if readings.new_run:
            self._series = SeriesByModel(self._most_of)
            self._since = None
            for copies in self._copies:
                copies.clear()
        self._series.add(readings)
        if self._is_new:
            self._is_new = False
            yield from self._ended_silences(readings, outbox)
        since = self._first_look(readings, outbox)
        yield from alerts_of(self.whole, readings, self._boundary)
        empty = ReadingBatch(time=readings.time, seconds=readings.seconds, since=since)
        for copies in self._copies:
            yield from copies.evaluate(empty, self._series, outbox)

    def points(self, reading: Reading) -> tuple[Point, ...]:
        """Return the windows of a reading's metric for a curve."""
        return self._series.points(reading)

    def _first_look(self, readings: ReadingBatch, outbox: Outbox) -> datetime | None:
        """Return when the first look of the run took place: what was over before is not reported."""
        if self._since is None and len(readings):
            with self._boundary("the outbox"):
                first = outbox.last_alert(_FIRST_LOOK)
                if first is None:  # stored with the alerts of this look
                    kind = AlertKind.STARTED
                    first = Alert(rule=_FIRST_LOOK, time=readings.time, kind=kind, resolved=True)
                    self.unsent.append(first)
                self._since = first.time
        return self._since

    def _most_of(self, metric: str) -> int:
        """Return how many windows of a metric are kept."""
        return max((copies.most_of(metric) for copies in self._copies), default=0)

    def _ended_silences(self, readings: ReadingBatch, outbox: Outbox) -> Iterator[Alert]:
        """Yield that silences have ended that were reported before any model was known."""
        if None in self._series.models:
            return  # they are those of a subject
        silent: list[Rule] = []
        with self._boundary("the outbox"):
            for rule in self._rules:
                last = outbox.last_alert(rule.name)
                is_silence = last is not None and not last.resolved and last.reading is None
                if is_silence and isinstance(rule, Resumable):
                    rule.resume(last)
                    silent.append(rule)
        yield from alerts_of(silent, readings, self._boundary)


class _Subject:
    """What a copy of a rule is about, and the copy.

    Attributes:
        rule: the copy; None where the next look takes another.
        last: the last alert.
        is_known: whether ``last`` was looked up.
    """

    __slots__ = ("group", "is_known", "last", "metric", "model", "name", "rule")

    def __init__(self, rule: str, model: str | None, group: str | None, metric: str | None) -> None:
        of = for_log_line("" if model is None else f" of {model}")[:_LONGEST_MODEL]
        self.name = f"rule {rule}{of}{'' if group is None else f', {for_log_line(group)[:_LONGEST_MODEL]}'}"
        self.model = model
        self.group = group
        self.metric = metric
        self.rule: Rule | None = None
        self.last: Alert | None = None
        self.is_known = False


class _RuleCopies:
    """One rule and its copies."""

    def __init__(self, rule: Rule, boundary: ErrorBoundary) -> None:
        self._name = rule.name
        self._boundary = boundary
        metric = rule.metric if isinstance(rule, MetricRule) else None
        self._metric = metric or None
        self._prefix = metric[:-1] if metric is not None and is_of_every_group(metric) else None
        self._subjects: dict[tuple[str | None, str | None], _Subject] = {}
        self._rule = rule
        self._unused: Rule | None = None

    def clear(self) -> None:
        """Forget the copies: a new run begins."""
        self._subjects.clear()

    def most_of(self, metric: str) -> int:
        """Return how many windows of a metric the rule sees."""
        if not self.follows(metric):
            return 0
        return FEW_WINDOWS if self._metric is None else MOST_WINDOWS

    def follows(self, metric: str) -> bool:
        """Return whether the rule is about a metric."""
        if self._prefix is not None:
            return metric.startswith(self._prefix)
        return self._metric is None or metric == self._metric

    def evaluate(self, empty: ReadingBatch, series: SeriesByModel, outbox: Outbox) -> Iterator[Alert]:
        """Yield the alerts of one look, given a batch with its times and the readings by model."""
        with self._boundary(f"rule {self._name}"):
            if self._unused is None:
                self._unused = _copied(self._rule)
            for name, model in series.news.items():
                if not self._is_beside_models(name, model, series):
                    self._add_subjects(name, model)
        nothing = ModelSeries()
        for subject in self._subjects.values():
            alert = None
            with self._boundary(subject.name):
                model = series.models.get(subject.model, nothing)
                alert = self._evaluate(subject, model, empty, outbox)
            if alert is not None:
                subject.last = replace(alert, model=subject.model, group=subject.group)
                yield subject.last

    def _is_beside_models(self, name: str | None, model: ModelSeries, series: SeriesByModel) -> bool:
        """Return whether readings are about a table of several models: such a table is not silent."""
        has_metric = self._metric is not None or self._prefix is not None
        return name is None and not has_metric and not model.windows and len(series.models) > 1

    def _add_subjects(self, name: str | None, model: ModelSeries) -> None:
        for metric in model.metrics:
            if not self.follows(metric):
                continue
            group = None if self._prefix is None else metric.partition("@")[2]
            if (name, group) not in self._subjects:
                followed = metric if self._prefix is not None else self._metric
                self._subjects[name, group] = _Subject(self._name, name, group, followed)

    def _evaluate(
        self, subject: _Subject, model: ModelSeries, empty: ReadingBatch, outbox: Outbox
    ) -> Alert | None:
        others = model.others_of(subject.metric) if model.others else []
        rule = subject.rule
        if rule is None or model.has_changed(subject.metric):
            subject.rule = None  # until it was evaluated: the next look repeats what raises
            rule = self._resumed(subject, outbox)
            found = [*model.series(subject.metric), *others]
        else:
            found = others
        alert = checked_alert(rule.evaluate(_batch(empty, found) if found else empty))
        # What has alerted continues from its alert, as after a restart.
        subject.rule = rule if alert is None or not model.windows else None
        return alert

    def _resumed(self, subject: _Subject, outbox: Outbox) -> Rule:
        """Return an unused copy that continues from the last alert about the subject."""
        if not subject.is_known:
            subject.last = outbox.last_alert(alert_key(self._name, subject.model, subject.group))
            subject.is_known = True
        rule = deepcopy(self._unused)
        assert rule is not None  # else there are no subjects
        if self._prefix is not None and isinstance(rule, FollowsMetric):
            rule.use_metric(subject.metric or "")
        if subject.last is not None and isinstance(rule, Resumable):
            rule.resume(subject.last)
        return rule


def _copied(rule: Rule) -> Rule:
    try:
        return deepcopy(rule)
    except Exception as error:  # whatever the parts of a user's rule raise
        got = f"{type(error).__name__}: {error}"
        raise RuleError(f"expected a rule that can be copied for each model, got {got}") from error


def _is_about_the_machine(rule: Rule) -> bool:
    return isinstance(rule, AboutTheMachine) and rule.about_the_machine


def _batch(empty: ReadingBatch, found: Sequence[Reading]) -> ReadingBatch:
    return ReadingBatch(time=empty.time, seconds=empty.seconds, since=empty.since, others=found)
