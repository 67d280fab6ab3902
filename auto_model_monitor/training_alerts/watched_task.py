"""One training that is watched while it runs: its rules, how far its log was read, its scores so far."""

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

_PAGE = 10_000  # numbers that are read at once
_COUNTS = ("epoch", "total_epochs")
_ENDS = {
    TaskState.COMPLETED: (AlertKind.FINISHED, Level.INFO),
    TaskState.FAILED: (AlertKind.CRASHED, Level.CRITICAL),
    TaskState.CANCELLED: (AlertKind.INTERRUPTED, Level.WARNING),
}


class WatchedTask:
    """A training, and what is asked of it.

    Attributes:
        label: what people call it: the model and the beginning of the id.
        task: as it was last seen.
        rules: the user's, and the one that tells of the end; named apart from those of other tasks.
        batch: what the last look found new.
        history: the scores so far.
        told: whether its end has been told of.

    Args:
        task: the training.
        rules: texts such as ``val_acc >= 90``.
        store: where its numbers are.

    Raises:
        ConfigError: a text is no rule.
    """

    def __init__(self, task: Task, rules: Sequence[str], store: TaskStore) -> None:
        """Take the training; nothing is read yet."""
        self.task = task
        self.label = f"{task.request.model} {task.id[:8]}"
        self._store = store
        self._after = 0
        asked = [parse_rule(text, path=_there(task.request.save_path)) for text in rules]
        named = (rule.metric for rule in asked if isinstance(rule, ThresholdRule))
        self._score = DefaultMetric(next(filter(None, named), None))
        self.rules: list[OfTask] = [OfTask(self, rule) for rule in [*asked, _End(self)]]
        self.batch = ReadingBatch(time=task.updated_at)
        self.history = MetricHistory(self.comparison)
        self.told = False

    @property
    def comparison(self) -> Comparison:
        """The direction in which the score improves."""
        return usual_direction(self._score.metric) or Comparison.LOWER

    def rest(self, time: datetime, seconds: float) -> None:
        """Note that there is nothing new."""
        self.batch = self._score.batch([], time=time, seconds=seconds)

    def read(self, time: datetime, seconds: float) -> None:
        """Look for new numbers; the batch is empty where that fails.

        Raises:
            StoreError: the store cannot be read.
            UnknownTaskError: somebody has deleted the training.
        """
        self.rest(time, seconds)
        task = self._store.get(self.task.id)  # before its numbers, which are complete once it has ended
        found = self._new_readings()
        self.task = task
        self.batch = self._score.batch(found, time=time, seconds=seconds)
        self.history.add(self.batch)

    def _new_readings(self) -> list[Reading]:
        found: list[Reading] = []
        while True:
            rows = self._store.metrics(self.task.id, after=self._after, limit=_PAGE)
            if len(rows) == _PAGE and rows[0].seq != rows[-1].seq:
                # The last line's numbers may stand on the next page in part.
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
        """Return the best score of all, as far as one is known."""
        metric = self._score.metric
        try:
            extremes = self._store.extremes(self.task.id).get(metric)
        except UnknownTaskError:  # deleted the moment it ended
            return None
        if extremes is None:
            return None
        lower = self.comparison is Comparison.LOWER
        value = extremes.smallest if lower else extremes.largest
        epoch = extremes.smallest_epoch if lower else extremes.largest_epoch
        return Reading(metric=metric, value=value, name=self.label, epoch=epoch, in_log=True)

    def last_facts(self, kind: AlertKind) -> dict[str, Detail]:
        """Return what is to be said of its end."""
        task = self.task
        begun, ended = task.started_at or task.created_at, task.finished_at or task.updated_at
        found: dict[str, Detail] = {"name": self.label, "ran_seconds": (ended - begun).total_seconds()}
        if kind is AlertKind.FINISHED:
            return found
        found["error" if kind is AlertKind.CRASHED else "cause"] = task.reason
        with suppress(OSError):
            found["log"] = log_end(self._store.folder(task.id) / "log.txt")
        return found


class OfTask:
    """A rule that sees one training alone.

    Attributes:
        name: unique among those of all trainings, and the same after a restart.
        is_new: whether it has yet to hear of its last alert.
    """

    def __init__(self, watched: WatchedTask, rule: Rule) -> None:
        """Take the rule and what it is about."""
        self.name = f"{rule.name} of {watched.task.id}"
        self.watched = watched
        self.is_new = True
        self._rule = rule

    def resume(self, alert: Alert | None) -> None:
        """Go on from the last alert."""
        if isinstance(self._rule, Resumable):
            self._rule.resume(alert)

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return what is to be told of this training; nothing before what was told is known."""
        if self.is_new:
            return None
        alert = self._rule.evaluate(self.watched.batch)
        return None if alert is None else replace(alert, rule=self.name)


class _End:
    """Tells of the end of a training, once."""

    name = "end"

    def __init__(self, watched: WatchedTask) -> None:
        self._watched = watched

    def resume(self, alert: Alert | None) -> None:
        self._watched.told = alert is not None

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        watched, task = self._watched, self._watched.task
        if watched.told or not task.state.is_final:
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
        watched.told = True
        return alert


def _there(path: str) -> str:
    """Return the nearest directory that is there: a training makes its own later."""
    directory = Path(path)
    while not directory.is_dir() and directory != directory.parent:
        directory = directory.parent
    return str(directory)
