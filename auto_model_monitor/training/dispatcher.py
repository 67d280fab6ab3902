"""The dispatcher: a thread that starts due tasks, follows their logs and notices their ends."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Event, Lock, Thread

from ..core.errors import ConfigError
from ..log_parser import LogPattern
from ..text.cleaning import describe_error
from .devices import visible_device
from .log_files import LEAST_LOG, MAX_LOG
from .request import TrainingRequest
from .running_tasks import RunningTasks
from .store import TaskStore
from .task_errors import QueueFullError, StoreError, UnknownTaskError, UnknownTrainerError
from .tasks import StoredEntry, Task, TaskState
from .trainer import Trainer, log_patterns

logger = logging.getLogger(__name__)

Listener = Callable[[Task, Sequence[StoredEntry]], None]


class Dispatcher:
    """Runs the tasks of a store, in one thread.

    The trainings are processes that outlive it: after :meth:`stop`, or any other end, they keep running, and
    the next dispatcher of the same store resumes following them. Configure a service manager that kills every
    process of a service to leave them, as systemd with ``KillMode=process``.

    Attributes:
        store: the store.
        trainers: the trainers by name.

    Args:
        store: the tasks; one dispatcher at a time.
        trainers: the commands that may be started; the first serves requests that name none.
        per_device: the largest number of tasks on one device.
        grace: seconds between SIGTERM and SIGKILL when a task is cancelled.
        most_pending: the largest number of pending tasks.
        patterns: additional formats of log lines, beside those of each trainer.
        max_log: the largest size of one training's log on the disk, in bytes; its oldest part is dropped.
        interval: seconds between two polls.
        environment: the environment that trainings inherit; by default this process's.
        check: validates a request again when its task starts, perhaps hours later; what it raises fails the
            task.

    Raises:
        ConfigError: no trainer, two with the same name, a number that is too small, or no ``os.fork``.
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
        max_log: int = MAX_LOG,
        interval: float = 0.2,
        environment: Mapping[str, str] | None = None,
        check: Callable[[TrainingRequest], None] | None = None,
    ) -> None:
        _check_options(
            trainers, per_device=per_device, most_pending=most_pending, grace=grace, max_log=max_log
        )
        self.trainers = {trainer.name: trainer for trainer in trainers}
        self.store = store
        self._most_pending = most_pending
        self._interval = interval
        self._environment = os.environ if environment is None else environment
        self._running = RunningTasks(
            store,
            self.trainers,
            self._environment,
            self._notify,
            per_device=per_device,
            grace=grace,
            patterns=log_patterns(patterns, "patterns"),
            max_log=max_log,
            check=check,
        )
        self._listeners: list[Listener] = []
        self._changed: deque[str] = deque()  # ids of tasks that other threads have changed
        self._submit_lock = Lock()
        self._wake = Event()
        self._stopping = Event()
        self._thread: Thread | None = None
        self._is_failing = False

    def start(self) -> None:
        """Adopt the trainings that still run, and start the thread.

        Raises:
            StoreError: the store cannot be read or written.
        """
        if self._thread is None:
            self._changed.extend(self._running.adopt())
            self._stopping.clear()
            thread = Thread(target=self._loop, name="auto_model_monitor dispatcher", daemon=True)
            thread.start()
            self._thread = thread

    def stop(self, timeout: float = 2.0) -> None:
        """Stop the thread; the trainings keep running.

        Args:
            timeout: seconds to wait for the current poll, which may hang on a disk.
        """
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._stopping.set()
        self._wake.set()
        thread.join(timeout)
        if thread.is_alive():
            logger.warning("the dispatcher still waits for the disk; its thread is abandoned")
        else:
            self._running.detach()

    def submit(self, request: TrainingRequest) -> Task:
        """Queue a task.

        Raises:
            UnknownTrainerError: the request names a trainer that is not configured.
            ConfigError: the server does not see the request's device.
            QueueFullError: the queue is full.
            StoreError: the store cannot be written.
        """
        name = request.trainer or next(iter(self.trainers))
        if name not in self.trainers:
            listed = ", ".join(self.trainers)
            raise UnknownTrainerError(f"there is no trainer {name!r}; configured are: {listed}")
        visible_device(request.device, self._environment)
        with self._submit_lock:
            pending = self.store.count(TaskState.PENDING)
            if pending >= self._most_pending:
                text = f"{pending} tasks wait, and the queue holds at most {self._most_pending}"
                raise QueueFullError(f"{text}: try again when one of them has started")
            task = self.store.add(request, trainer=name)
            self._announce(task.id)
        return task

    def cancel(self, task_id: str, reason: str = "cancelled by request") -> Task:
        """Cancel a task: a pending one immediately, a running one by SIGTERM, the grace, and SIGKILL.

        The cancel request is committed first, so that it survives a crash.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has ended.
            StoreError: the store cannot be written.
        """
        task = self.store.request_cancel(task_id, reason)
        self._announce(task_id)
        return task

    def delete(self, task_id: str) -> None:
        """Delete a task that has ended, with its log, metrics and files.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has not ended.
            StoreError: the store cannot be written.
        """
        self.store.delete(task_id)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener(task, entries)`` after every commit, in the dispatcher's thread.

        A change of state comes without entries, and after the entries that were logged before it. What the
        listener raises is logged. It must return quickly: the dispatcher waits for it.

        Returns:
            A function that removes the listener.
        """
        self._listeners.append(listener)

        def remove() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return remove

    def _poll(self) -> bool:
        """Poll every task once; return whether there is more to read immediately.

        Raises:
            StoreError: a commit failed; the next poll repeats it.
        """
        self._process_changes()
        try:
            return self._running.poll()
        finally:
            with self._submit_lock:  # so that listeners learn of a submission before its start
                self._process_changes()
                self._running.start_due()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            more = False
            try:
                more = self._poll()
            except Exception as error:
                self._log_failure(error)
            else:
                if self._is_failing:
                    self._is_failing = False
                    logger.warning(
                        "the trainings of %s are followed again; no log line is lost", self.store.path
                    )
            if not more:
                self._wake.wait(self._interval)

    def _log_failure(self, error: Exception) -> None:
        """Log the first of a series of failed polls."""
        if not self._is_failing:
            self._is_failing = True
            expected = isinstance(error, StoreError)
            text = "%s; the trainings continue, and polling is repeated"
            logger.error(
                text, error if expected else describe_error(error), exc_info=None if expected else error
            )

    def _announce(self, task_id: str) -> None:
        """Make the thread process a change immediately."""
        self._changed.append(task_id)
        self._wake.set()

    def _process_changes(self) -> None:
        while self._changed:
            task_id = self._changed[0]
            self._running.read_cancel_request(task_id)
            if self._listeners:
                with suppress(UnknownTaskError):  # deleted in the meantime
                    self._notify(self.store.get(task_id), ())
            self._changed.popleft()

    def _notify(self, task: Task, entries: Sequence[StoredEntry]) -> None:
        for listener in list(self._listeners):
            try:
                listener(task, entries)
            except Exception:
                logger.exception("a listener failed on task %s", task.id)


def _check_options(trainers: Sequence[Trainer], **numbers: float) -> None:
    if not hasattr(os, "fork"):
        raise ConfigError("trainings: expected Linux or macOS, where a process can outlive its parent")
    if not trainers or len({trainer.name for trainer in trainers}) < len(trainers):
        names = ", ".join(trainer.name for trainer in trainers) or "none"
        raise ConfigError(f"trainers: expected at least one, each with its own name, got {names}")
    minimum = {"per_device": 1, "most_pending": 1, "grace": 0, "max_log": LEAST_LOG}
    problems = [
        f"{name}: expected at least {minimum[name]}, got {number!r}"
        for name, number in numbers.items()
        if number < minimum[name]
    ]
    if problems:
        raise ConfigError(problems)
