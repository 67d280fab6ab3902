"""The dispatcher: starts what is due, follows what runs, and notices what has ended."""

from __future__ import annotations

import logging
import os
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from threading import Event, Lock, Thread

from ..errors import ConfigError
from ..log_patterns import LogPattern
from .endings import Verdict, last_words, verdict
from .errors import QueueFullError, StoreError, UnknownTaskError, UnknownTrainerError
from .launch import launch
from .request import TrainingRequest
from .run import Run
from .store import TaskStore
from .supervisor import claim
from .tasks import StoredEntry, Task, TaskState
from .trainer import Trainer

logger = logging.getLogger(__name__)

Listener = Callable[[Task, Sequence[StoredEntry]], None]


class Dispatcher:
    """Runs the tasks of a store, in one thread.

    The trainings are processes that outlive it: :meth:`stop`, and any other end, leaves them running, and
    the next dispatcher of the same store goes on with them where this one was.

    Args:
        store: where the tasks are; one dispatcher at a time.
        trainers: what may be started; the first is what a request gets that names none.
        per_device: how many tasks run on one device at the same time.
        grace: seconds between SIGTERM and SIGKILL when a task is cancelled.
        most_pending: how many tasks may wait.
        patterns: formats of log lines beyond those that are known.
        interval: seconds between two looks.
        environment: what the trainings' environment is built on; by default this process's.

    Raises:
        ConfigError: there is no trainer, or two of one name.
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
    ) -> None:
        """Take the parts; nothing is started yet."""
        self.trainers = {trainer.name: trainer for trainer in trainers}
        if not self.trainers or len(self.trainers) < len(trainers):
            names = ", ".join(trainer.name for trainer in trainers) or "none"
            raise ConfigError(f"trainers: wanted at least one, each with a name of its own, got {names}")
        self.store = store
        self.per_device = per_device
        self.grace = grace
        self.most_pending = most_pending
        self._patterns = patterns
        self._interval = interval
        self._environment = os.environ if environment is None else environment
        self._runs: dict[str, Run] = {}
        self._listeners: list[Listener] = []
        self._news: deque[str] = deque()
        self._submitting = Lock()
        self._wake = Event()
        self._stopping = Event()
        self._thread: Thread | None = None
        self._in_trouble = False

    def start(self) -> None:
        """Find the trainings that still run, and begin.

        Raises:
            StoreError: the store cannot be read.
        """
        if self._thread is not None:
            return
        self._adopt()
        self._stopping.clear()
        self._thread = Thread(target=self._loop, name="auto_model_monitor dispatcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; what runs goes on."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._stopping.set()
            self._wake.set()
            thread.join()
        for run in self._runs.values():
            run.close()
        self._runs.clear()

    def submit(self, request: TrainingRequest) -> Task:
        """Put a task into the queue.

        Raises:
            UnknownTrainerError: the request names a trainer that is not configured.
            QueueFullError: as many tasks wait as may.
            StoreError: it cannot be written.
        """
        name = request.trainer or next(iter(self.trainers))
        if name not in self.trainers:
            listed = ", ".join(self.trainers)
            raise UnknownTrainerError(f"there is no trainer {name!r}; configured: {listed}")
        with self._submitting:
            waiting = self.store.count(TaskState.PENDING)
            if waiting >= self.most_pending:
                raise QueueFullError(
                    f"{waiting} tasks wait, and at most {self.most_pending} may: try again when one has started"
                )
            task = self.store.add(request, trainer=name)
        self._tell_of(task.id)
        return task

    def cancel(self, task_id: str, reason: str = "cancelled by request") -> Task:
        """End a task: one that waits at once, one that runs by SIGTERM, the grace, and SIGKILL.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has ended.
            StoreError: it cannot be written.
        """
        task = self.store.ask_to_cancel(task_id, reason)
        run = self._runs.get(task_id)
        if run is not None:
            run.wish = reason
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
        listener raises is logged.

        Returns:
            What ends it.
        """
        self._listeners.append(listener)

        def end() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return end

    def _tell_of(self, task_id: str) -> None:
        self._news.append(task_id)
        self._wake.set()

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            busy = False
            try:
                busy = self.look()
                if self._in_trouble:
                    self._in_trouble = False
                    logger.warning("the store can be written again")
            except StoreError as error:
                self._complain(error)
            except Exception:
                logger.exception("the dispatcher met an error that it does not know; it goes on")
            if not busy:
                self._wake.wait(self._interval)

    def look(self) -> bool:
        """Look once at everything; return whether there is more to be done at once.

        Raises:
            StoreError: something could not be committed; it is done at the next look.
        """
        trouble: StoreError | None = None
        busy = False
        while self._news:
            self._notify(self._news.popleft(), ())
        for run in list(self._runs.values()):
            try:
                busy = self._follow(run) or busy
            except StoreError as error:
                trouble = error
        self._start_due()
        if trouble is not None:
            raise trouble
        return busy

    def _complain(self, error: StoreError) -> None:
        if not self._in_trouble:
            self._in_trouble = True
            logger.error("%s; the trainings go on, and it is tried again", error)

    def _notify(self, task_id: str, entries: Sequence[StoredEntry]) -> None:
        try:
            task = self.store.get(task_id)
        except UnknownTaskError:
            return
        for listener in list(self._listeners):
            try:
                listener(task, entries)
            except Exception:
                logger.exception("a listener failed on task %s", task_id)

    def _start_due(self) -> None:
        while not self._stopping.is_set():
            full = Counter(run.device for run in self._runs.values())
            task = self.store.queue(full, self.per_device)
            if task is None:
                return
            self._start(task)

    def _start(self, task: Task) -> None:
        try:
            self.store.move(task.id, TaskState.RUNNING, "started")
        except ValueError:  # cancelled meanwhile
            return
        follow = self.store.follow(task.id)
        try:
            process = launch(
                self.store.folder(task.id),
                task_id=task.id,
                attempt=follow["attempt"],
                trainer=self._trainer_of(task),
                request=task.request,
                grace=self.grace,
                environment=self._environment,
            )
        except (OSError, ValueError, LookupError) as error:
            self.store.move(task.id, TaskState.FAILED, f"could not be started: {error}")
        else:
            self._runs[task.id] = Run(
                task_id=task.id,
                device=task.device,
                folder=self.store.folder(task.id),
                follow=follow,
                process=process,
                patterns=self._patterns,
            )
        self._notify(task.id, ())

    def _trainer_of(self, task: Task) -> Trainer:
        try:
            return self.trainers[task.trainer]
        except KeyError:
            raise UnknownTrainerError(f"the trainer {task.trainer!r} is no longer configured") from None

    def _adopt(self) -> None:
        """Take over every task that was running when the last dispatcher ended."""
        tasks, total = self.store.tasks(states=[TaskState.RUNNING], limit=0)
        tasks, _ = self.store.tasks(states=[TaskState.RUNNING], limit=total)
        for task in tasks:
            follow = self.store.follow(task.id)
            folder = self.store.folder(task.id)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # A supervisor that was being started and is not there yet finds that it is too late.
            if claim(str(folder / f"claim-{follow['attempt']}"), "0 void\n"):
                self.store.move(task.id, TaskState.PENDING, "its start was broken off; it waits again")
                self._news.append(task.id)
                continue
            self._runs[task.id] = Run(
                task_id=task.id, device=task.device, folder=folder, follow=follow, patterns=self._patterns
            )

    def _follow(self, run: Run) -> bool:
        """Look at one training; return whether there is more to read at once."""
        if run.wish is not None:
            run.end(self.grace)
        runs = run.runs()  # asked before its log is read to the end
        if self._take(run):
            return True
        if runs:
            return False
        run.clear()
        while self._take(run, at_end=True):
            pass
        self._conclude(run)
        return False

    def _take(self, run: Run, *, at_end: bool = False) -> bool:
        """Commit a further piece of a log; return whether there was one."""
        batch = run.read(self.store.now(), at_end=at_end)
        if batch.more:
            stored = self.store.append(run.task_id, batch.entries, **batch.follow)
            run.committed()
            self._notify(run.task_id, stored)
        else:
            run.committed()
        return batch.more

    def _conclude(self, run: Run) -> None:
        found = self._judge(run)
        self.store.move(run.task_id, found.state, found.reason, exit_code=found.exit_code)
        run.close()
        del self._runs[run.task_id]
        self._notify(run.task_id, ())

    def _judge(self, run: Run) -> Verdict:
        completed = self.store.said_completed(run.task_id)
        words = last_words(run.folder / "log.txt")
        return verdict(run.exit(), wish=run.wish, completed=completed, words=words)
