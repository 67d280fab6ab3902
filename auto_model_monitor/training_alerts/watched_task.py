"""One watched training: its rules, its position in the metrics, and its history."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ..completion.ending import log_end
from ..core.alerts import Alert, AlertKind, Detail, Level
from ..core.comparison import Comparison, usual_direction
from ..core.metric_history import MetricHistory
from ..core.readings import Reading, ReadingBatch
from ..log_parser.default_metric import DefaultMetric
from ..rules import Resumable, Rule, ThresholdRule, parse_rule
from ..training import Task, TaskState, TaskStore, UnknownTaskError

_PAGE = 10_000  # values per read
_COUNTS = ("epoch", "total_epochs")
_ENDS = {
    TaskState.COMPLETED: (AlertKind.FINISHED, Level.INFO),
    TaskState.FAILED: (AlertKind.CRASHED, Level.CRITICAL),
    TaskState.CANCELLED: (AlertKind.INTERRUPTED, Level.WARNING),
}


class WatchedTask:
    """A training with its rules.

    Attributes:
        label: its name in messages: the model and the beginning of the id.
        task: the last snapshot.
        rules: the user's rules and the one that reports the end; their names contain the task's id.
        batch: what the last poll found.
        history: the scores so far.
        end_reported: whether its end has been reported.

    Args:
        task: the training.
        rules: texts such as ``val_acc >= 90``.
        store: contains its metrics.

    Raises:
        ConfigError: a text is no rule.
    """

    def __init__(self, task: Task, rules: Sequence[str], store: TaskStore) -> None:
        self.task = task
        self.label = f"{task.request.model} {task.id[:8]}"
        self._store = store
        self._after = 0
        asked = [parse_rule(text, path=_nearest_directory(task.request.save_path)) for text in rules]
        named = (rule.metric for rule in asked if isinstance(rule, ThresholdRule))
        self._score = DefaultMetric(next(filter(None, named), None))
        self.rules: list[TaskRule] = [TaskRule(self, rule) for rule in [*asked, _EndRule(self)]]
        self.batch = ReadingBatch(time=task.updated_at)
        self.history = MetricHistory(self.comparison)
        self.end_reported = False

    @property
    def comparison(self) -> Comparison:
        """The direction in which the score improves."""
        return usual_direction(self._score.metric) or Comparison.LOWER

    def read_nothing(self, time: datetime, seconds: float) -> None:
        """Set an empty batch."""
        self.batch = self._score.batch([], time=time, seconds=seconds)

    def read(self, time: datetime, seconds: float) -> None:
        """Read new metrics; the batch is empty if that fails.

        Raises:
            StoreError: the store cannot be read.
            UnknownTaskError: the training has been deleted.
        """
        self.read_nothing(time, seconds)
        task = self._store.get(self.task.id)  # before its metrics, which are complete once it has ended
        found = self._new_readings()
        self.task = task
        self.batch = self._score.batch(found, time=time, seconds=seconds)
        self.history.add(self.batch)

    def _new_readings(self) -> list[Reading]:
        found: list[Reading] = []
        while True:
            rows = self._store.metrics(self.task.id, after=self._after, limit=_PAGE)
            if len(rows) == _PAGE and rows[0].seq != rows[-1].seq:
                # The next page may contain more metrics of the last line.
                rows = [row for row in rows if row.seq != rows[-1].seq]
            found += [
                Reading(metric=row.metric, value=row.value, name=self.label, epoch=row.epoch, in_log=True)
                for row in rows
                if row.metric not in _COUNTS
            ]
            if not rows:
                return found
            self._after = rows[-1].seq

    def best(self) -> Reading | None:
        """Return the best score, None if unknown."""
        metric = self._score.metric
        try:
            extremes = self._store.extremes(self.task.id).get(metric)
        except UnknownTaskError:  # deleted when it ended
            return None
        if extremes is None:
            return None
        lower = self.comparison is Comparison.LOWER
        value = extremes.smallest if lower else extremes.largest
        epoch = extremes.smallest_epoch if lower else extremes.largest_epoch
        return Reading(metric=metric, value=value, name=self.label, epoch=epoch, in_log=True)

    def last_facts(self, kind: AlertKind) -> dict[str, Detail]:
        """Return the details of the alert about its end."""
        task = self.task
        begun, ended = task.started_at or task.created_at, task.finished_at or task.updated_at
        found: dict[str, Detail] = {"name": self.label, "ran_seconds": (ended - begun).total_seconds()}
        if kind is AlertKind.FINISHED:
            return found
        found["error" if kind is AlertKind.CRASHED else "cause"] = task.reason
        with suppress(OSError):
            found["log"] = log_end(self._store.folder(task.id) / "log.txt")
        return found


class TaskRule:
    """A rule applied to one training.

    Attributes:
        name: unique over all trainings, and the same after a restart.
        is_new: whether its last alert has not been restored yet.

    Args:
        watched: the training.
        rule: the rule.
    """

    def __init__(self, watched: WatchedTask, rule: Rule) -> None:
        self.name = f"{rule.name} of {watched.task.id}"
        self.watched = watched
        self.is_new = True
        self._rule = rule

    def resume(self, alert: Alert | None) -> None:
        """Restore the rule from its last alert."""
        if isinstance(self._rule, Resumable):
            self._rule.resume(alert)

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Evaluate the training's batch; None until the last alert is restored."""
        if self.is_new:
            return None
        alert = self._rule.evaluate(self.watched.batch)
        return None if alert is None else replace(alert, rule=self.name)


class _EndRule:
    """Reports the end of a training once."""

    name = "end"

    def __init__(self, watched: WatchedTask) -> None:
        self._watched = watched

    def resume(self, alert: Alert | None) -> None:
        self._watched.end_reported = alert is not None

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        watched, task = self._watched, self._watched.task
        if watched.end_reported or not task.state.is_final:
            return None
        kind, level = _ENDS[task.state]
        best = watched.best()
        alert = Alert(
            rule=self.name,
            time=readings.time,
            kind=kind,
            level=level,
            reading=best,
            comparison=watched.comparison,
            previous_best=None if best is None else best.value,
            details=watched.last_facts(kind),
        )
        watched.end_reported = True
        return alert


def _nearest_directory(path: str) -> str:
    """Return the nearest existing directory: a training creates its own later."""
    directory = Path(path)
    while not directory.is_dir() and directory != directory.parent:
        directory = directory.parent
    return str(directory)
