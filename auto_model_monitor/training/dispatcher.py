"""The dispatcher: starts what is due, follows what runs, and notices what has ended."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from threading import Event, Lock, Thread

from ..core.errors import ConfigError
from ..log_parser import LogPattern
from ..text.cleaning import describe_error
from .devices import shown_device
from .request import TrainingRequest
from .running_tasks import RunningTasks
from .store import TaskStore
from .task_errors import QueueFullError, StoreError, UnknownTaskError, UnknownTrainerError
from .tasks import StoredEntry, Task, TaskState
from .trainer import Trainer

logger = logging.getLogger(__name__)

Listener = Callable[[Task, Sequence[StoredEntry]], None]


class Dispatcher:
    """Runs the tasks of a store, in one thread.

    The trainings are processes that outlive it: :meth:`stop`, and any other end, leaves them running, and
    the next dispatcher of the same store goes on with them where this one was. A service manager that ends
    every process of a service has to be told to leave them, as systemd is by ``KillMode=process``.

    Attributes:
        store: the store.
        trainers: the trainers, by their names.

    Args:
        store: where the tasks are; one dispatcher at a time.
        trainers: what may be started; the first is what a request gets that names none.
        per_device: how many tasks run on one device at the same time.
        grace: seconds between SIGTERM and SIGKILL when a task is cancelled.
        most_pending: how many tasks may wait.
        patterns: formats of log lines beyond those that are known.
        interval: seconds between two looks.
        environment: what the trainings' environment is built on; by default this process's.
        check: looks at a request once more when its turn has come, which may be hours later; what it raises
            ends the task.

    Raises:
        ConfigError: no trainer, or two of one name; a number that is too small; a system that cannot fork.
    """

    def __init__(
        self,
        store: TaskStore,
        trainers: Sequence[Trainer],
        *,
        per_device: int = 1,
        grace: float = 10.0,
        most_pending: int = 1000,
        patterns: Sequence[LogPattern | str] = (),
        interval: float = 0.2,
        environment: Mapping[str, str] | None = None,
        check: Callable[[TrainingRequest], None] | None = None,
    ) -> None:
        """Take the parts; nothing is started yet."""
        if not hasattr(os, "fork"):
            raise ConfigError(
                "trainings: expected Linux or macOS, where a process can outlive its parent's end"
            )
        self.trainers = {trainer.name: trainer for trainer in trainers}
        if not self.trainers or len(self.trainers) < len(trainers):
            names = ", ".join(trainer.name for trainer in trainers) or "none"
            raise ConfigError(f"trainers: expected at least one, each with a name of its own, got {names}")
        least = {"per_device": (per_device, 1), "most_pending": (most_pending, 1), "grace": (grace, 0)}
        problems = [
            f"{name}: expected at least {low}, got {got!r}" for name, (got, low) in least.items() if got < low
        ]
        if problems:
            raise ConfigError(problems)
        self.store = store
        self._most_pending = most_pending
        self._interval = interval
        self._environment = os.environ if environment is None else environment
        self._roster = RunningTasks(
            store,
            self.trainers,
            self._environment,
            self._notify,
            per_device=per_device,
            grace=grace,
            patterns=patterns,
            check=check,
        )
        self._listeners: list[Listener] = []
        self._news: deque[str] = deque()
        self._submitting = Lock()
        self._wake = Event()
        self._stopping = Event()
        self._thread: Thread | None = None
        self._in_trouble = False

    def start(self) -> None:
        """Take over the trainings that still run, and begin.

        Raises:
            StoreError: the store cannot be read or written.
        """
        if self._thread is None:
            self._news.extend(self._roster.adopt())
            self._stopping.clear()
            self._thread = Thread(target=self._loop, name="auto_model_monitor dispatcher", daemon=True)
            self._thread.start()

    def stop(self, patience: float = 2.0) -> None:
        """Stop looking; what runs goes on.

        Args:
            patience: seconds that a look has to come to its end, as on a disk that hangs.
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping.set()
        self._wake.set()
        thread.join(patience)
        if thread.is_alive():
            logger.warning("the dispatcher still waits for the disk; it is left behind")
        else:
            self._roster.leave()

    def submit(self, request: TrainingRequest) -> Task:
        """Put a task into the queue.

        Raises:
            UnknownTrainerError: the request names a trainer that is not configured.
            ConfigError: its device is none that this server may see.
            QueueFullError: as many tasks wait as may.
            StoreError: it cannot be written.
        """
        name = request.trainer or next(iter(self.trainers))
        if name not in self.trainers:
            listed = ", ".join(self.trainers)
            raise UnknownTrainerError(f"there is no trainer {name!r}; configured are: {listed}")
        shown_device(request.device, self._environment)
        with self._submitting:
            waiting = self.store.count(TaskState.PENDING)
            if waiting >= self._most_pending:
                text = f"{waiting} tasks wait, and at most {self._most_pending} may"
                raise QueueFullError(f"{text}: try again when one of them has started")
            task = self.store.add(request, trainer=name)
            self._tell_of(task.id)
        return task

    def cancel(self, task_id: str, reason: str = "cancelled by request") -> Task:
        """End a task: one that waits at once; one that runs by SIGTERM, the grace, and SIGKILL.

        The wish is committed before anything is done about it, so that no crash can forget it.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has ended.
            StoreError: it cannot be written.
        """
        task = self.store.ask_to_cancel(task_id, reason)
        self._tell_of(task_id)
        return task

    def delete(self, task_id: str) -> None:
        """Delete a task that has ended, with its log, its metrics and its files.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has not ended.
            StoreError: it cannot be written.
        """
        self.store.delete(task_id)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener(task, entries)`` after every commit, in the dispatcher's thread.

        A change of state comes with no entries, and after those that were logged before it. What the
        listener raises is logged. While it works nothing else is looked at: it has to be quick.

        Returns:
            What ends it.
        """
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def _look(self) -> bool:
        """Look once at everything; return whether there is more to be read at once.

        Raises:
            StoreError: something could not be committed; it is at the next look.
        """
        self._hear_news()
        try:
            return self._roster.follow()
        finally:
            with self._submitting:  # so that of no task more is heard before it is heard of at all
                self._hear_news()
                self._roster.start_due()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            more = False
            try:
                more = self._look()
            except StoreError as error:
                self._complain(error)
            except Exception as error:
                self._complain(error)
            else:
                self._be_content()
            if not more:
                self._wake.wait(self._interval)

    def _complain(self, error: Exception) -> None:
        """Say once what is wrong, however often it is tried again."""
        if not self._in_trouble:
            self._in_trouble = True
            known = isinstance(error, StoreError)
            text = "%s; the trainings go on, and it is tried again and again"
            logger.error(
                text, describe_error(error) if not known else error, exc_info=None if known else error
            )

    def _be_content(self) -> None:
        if self._in_trouble:
            self._in_trouble = False
            logger.warning(
                "the trainings of %s are followed again; nothing of the logs is lost", self.store.path
            )

    def _hear_news(self) -> None:
        while self._news:
            self._roster.wish(self._news[0])
            self._notify(self._news.popleft(), ())

    def _tell_of(self, task_id: str) -> None:
        self._news.append(task_id)
        self._wake.set()

    def _notify(self, task: str | Task, entries: Sequence[StoredEntry]) -> None:
        if not self._listeners:
            return
        if isinstance(task, str):
            try:
                task = self.store.get(task)
            except UnknownTaskError:  # deleted meanwhile
                return
        for listener in list(self._listeners):
            try:
                listener(task, entries)
            except Exception:
                logger.exception("a listener failed on task %s", task.id)
