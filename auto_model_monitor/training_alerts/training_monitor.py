"""Apply rules to the metrics of the trainings that a dispatcher runs, and report their ends."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from ..core.alerts import Alert
from ..core.clocks import Clock, SystemClock
from ..core.errors import ConfigError
from ..core.host import host_name
from ..core.messages import Message
from ..core.readings import ReadingBatch
from ..delivery.outbox import Outbox
from ..i18n import Language
from ..monitor.loop import Monitor
from ..monitor.summary import WatchSummary
from ..monitor.watch_outbox import WatchOutbox
from ..notifiers import Notifier
from ..rendering import Renderer
from ..rendering.delivery_messages import DeliveryMessageRenderer
from ..rules import Rule, parse_rule
from ..sources import Source
from ..training import Dispatcher, StoredEntry, Task, TaskState, TaskStore, UnknownTaskError
from .watched_task import TaskRule, WatchedTask

logger = logging.getLogger(__name__)

_MARK = "watched"  # a file in the folder of a task whose end is not reported yet


class TrainingMonitor(Monitor):
    """Applies the same rules to every training, and reports the end of each exactly once.

    Every alert is committed to ``outbox.db`` in the store before it is sent. After a crash the next server
    resumes, and reports what the trainings did in the meantime.

    Example:
        >>> monitor = TrainingMonitor(dispatcher, ["val_acc >= 90"], notifiers)  # doctest: +SKIP
        >>> monitor.start()  # before the dispatcher starts  # doctest: +SKIP

    Args:
        dispatcher: runs the trainings; not started yet.
        rules: texts such as ``val_acc >= 90`` or ``nan``.
        notifiers: receive the alerts.
        language: of the messages; by default the locale's.
        check_interval: seconds between two polls.
        outbox: instead of ``outbox.db`` in the store.
        digest: seconds for which messages of level ``info`` are collected into one; 0 sends each immediately.
        clock: instead of the system clock.

    Raises:
        ConfigError: a text is no rule; names every such text.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        rules: Sequence[str],
        notifiers: Sequence[Notifier],
        *,
        language: Language | None = None,
        check_interval: float = 1.0,
        outbox: Outbox | None = None,
        digest: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        _check(rules)
        clock, host = clock or SystemClock(), host_name()
        store = dispatcher.store
        self._trainings = _Trainings(store, rules, clock)
        super().__init__(
            self._trainings,
            [],
            notifiers,
            renderer=_TaskRenderer(self._trainings, language, host),
            check_interval=check_interval,
            log_dir=None,
            outbox=WatchOutbox(store.path, "trainings", outbox=outbox),
            resume_state=_NewTrainings(),
            clock=clock,
            digest=digest,
            words=DeliveryMessageRenderer(language=language, watch_dir=str(store.path), host=host),
            summary=_SilentSummary(self._trainings.name, None, clock),
            listeners=[self._release_ended],
        )
        self._trainings.rules = self.rules
        dispatcher.listen(self._trainings.record)

    def _release_ended(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Stop watching the trainings whose end, and all else, is committed to the outbox."""
        uncommitted = {alert.rule for alert in self.uncommitted}
        for watched in list(self._trainings.watched.values()):
            if watched.end_reported and not any(rule.name in uncommitted for rule in watched.rules):
                self._trainings.release(watched)


class _NewTrainings:
    """Restores the rules of each training before they are first evaluated."""

    def resume(self, rules: Sequence[Rule], outbox: Outbox, source: Source, readings: ReadingBatch) -> None:
        for rule in rules:
            if isinstance(rule, TaskRule) and rule.is_new:
                last = outbox.last_alert(rule.name)
                rule.is_new = False
                rule.resume(last)


class _Trainings:
    """The source: the running trainings, and those whose end is not reported yet."""

    def __init__(self, store: TaskStore, rules: Sequence[str], clock: Clock) -> None:
        self.watched: dict[str, WatchedTask] = {}
        self.name = f"the trainings of {store.path}"
        self._store = store
        self._rules = rules
        self._clock = clock
        self._recorded: deque[str] = deque()
        self._started: set[str] = set()  # started, and their ends not reported
        self._ends: dict[str, Task] = {}  # of these the ended ones, which a user may delete immediately
        self._changed: set[str] = set()
        self._has_polled = False
        self.rules: list[Rule] = []  # the rules that the monitor evaluates

    def record(self, task: Task, entries: Sequence[StoredEntry]) -> None:
        """Record a change, in the dispatcher's thread."""
        if task.started_at is None:
            return
        if task.state.is_final:
            self._ends[task.id] = task
        if not entries:
            self._started.add(task.id)
            if task.id not in self.watched:
                self._mark(task.id)
        self._recorded.append(task.id)

    def _find(self) -> None:
        """Watch what was started since the last poll; at the first one, every end not yet reported."""
        if not self._has_polled:
            for task_id in self._left_behind():
                self._add(task_id)
            self._has_polled = True
        while self._recorded:
            self._add(self._recorded[0])
            self._recorded.popleft()

    def _add(self, task_id: str) -> None:
        self._changed.add(task_id)
        if task_id in self.watched or not self._is_marked(task_id):
            return
        try:
            task = self._store.get(task_id)
        except UnknownTaskError:
            end = self._ends.get(task_id)
            if end is None:  # its end is about to be recorded, unless an earlier server left the mark
                if task_id not in self._started:
                    self._forget(task_id)
                return
            task = end
        self.watched[task_id] = WatchedTask(task, self._rules, self._store)

    def _mark(self, task_id: str) -> None:
        folder = self._store.folder(task_id)
        with suppress(OSError):
            folder.mkdir(mode=0o700, exist_ok=True)  # a training that could not be started has none
            (folder / _MARK).touch()

    def _is_marked(self, task_id: str) -> bool:
        return task_id in self._started or (self._store.folder(task_id) / _MARK).exists()

    def _left_behind(self) -> Iterator[str]:
        running, _ = self._store.tasks(states=[TaskState.RUNNING], limit=10_000)
        for task in running:
            self._mark(task.id)
        yield from [path.parent.name for path in self._store.path.glob(f"tasks/*/{_MARK}")]

    def read(self) -> ReadingBatch:
        """Read the new metrics; each training has its own batch.

        Raises:
            StoreError: the store cannot be read.
        """
        now, seconds = self._clock.now(), self._clock.monotonic()
        for watched in self.watched.values():
            watched.read_nothing(now, seconds)  # whatever fails below, no rule sees a batch twice
        self._find()
        self.rules[:] = [rule for watched in self.watched.values() for rule in watched.rules]
        changed, self._changed = self._changed, set()
        for task_id, watched in list(self.watched.items()):
            if task_id not in changed:
                watched.read_nothing(now, seconds)
                continue
            try:
                watched.read(now, seconds)
            except UnknownTaskError:
                end = self._ends.get(task_id)
                if end is None:  # its end is about to be recorded
                    del self.watched[task_id]
                else:  # its metrics are deleted, but its end must be reported
                    watched.task = end
            except BaseException:
                self._changed |= changed  # read again what was not evaluated
                raise
        return ReadingBatch(time=now, seconds=seconds)

    def release(self, watched: WatchedTask) -> None:
        """Stop watching a training whose end is committed to the outbox."""
        self._forget(watched.task.id)

    def _forget(self, task_id: str) -> None:
        self.watched.pop(task_id, None)
        self._started.discard(task_id)
        self._ends.pop(task_id, None)
        folder = self._store.folder(task_id)
        with suppress(OSError):
            (folder / _MARK).unlink()
            folder.rmdir()  # empty if the task is deleted or had no files

    def of(self, alert: Alert) -> WatchedTask | None:
        """Return the training that an alert is about."""
        return self.watched.get(alert.rule.rpartition(" ")[2])


class _TaskRenderer:
    """Renders each alert with the directory of its own training."""

    def __init__(self, trainings: _Trainings, language: Language | None, host: str) -> None:
        self._trainings = trainings
        self._language = language
        self._host = host

    def render(self, alert: Alert) -> Message:
        watched = self._trainings.of(alert)
        directory = "" if watched is None else watched.task.request.save_path
        if watched is not None and alert.reading is not None:
            alert = replace(alert, history=watched.history.points(alert.reading.metric))
        return Renderer(language=self._language, watch_dir=directory, host=self._host).render(alert)


class _SilentSummary(WatchSummary):
    """Logs nothing every hour: a server has its own log."""

    def log_hourly(self) -> None:
        """Log nothing."""


def _check(rules: Sequence[str]) -> None:
    problems: list[str] = []
    for text in rules:
        try:
            parse_rule(text)
        except ConfigError as error:
            problems += [f"rule: {problem}" for problem in error.problems]
    if problems:
        raise ConfigError(problems)
