"""The trainings that run, and what is done about them at each look."""

from __future__ import annotations

import logging
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..log_parser import LogPattern
from .endings import verdict
from .launch import launch
from .request import TrainingRequest
from .running_task import RunningTask
from .store import TaskStore
from .supervisor import claim
from .task_errors import StoreError, TaskStateError, UnknownTrainerError
from .tasks import StoredEntry, Task, TaskState
from .trainer import Trainer

logger = logging.getLogger(__name__)

_NOBODY = "0 nobody\n"  # who has claimed an attempt that is never to begin
_left: list[subprocess.Popen[bytes]] = []  # supervisors that outlived their dispatcher, but not this process


class RunningTasks:
    """Starts tasks that are due, takes over those that run, follows their logs and judges their ends.

    Not for several threads at once.

    Args:
        store: where the tasks are.
        trainers: by their names.
        environment: what the trainings' environment is built on.
        notify: is called with a task or its id, and new entries, after each commit.
        per_device: how many tasks run on one device at the same time.
        grace: seconds between SIGTERM and SIGKILL.
        patterns: formats of log lines beyond those that are known.
        check: looks at a request just before it is started, and raises what is wrong with it.
    """

    def __init__(
        self,
        store: TaskStore,
        trainers: Mapping[str, Trainer],
        environment: Mapping[str, str],
        notify: Callable[[str | Task, Sequence[StoredEntry]], None],
        *,
        per_device: int,
        grace: float,
        patterns: Sequence[LogPattern | str],
        check: Callable[[TrainingRequest], None] | None = None,
    ) -> None:
        """Take the parts."""
        self._store = store
        self._trainers = trainers
        self._environment = environment
        self._notify = notify
        self._per_device = per_device
        self._grace = grace
        self._patterns = patterns
        self._check = check or (lambda request: None)
        self._runs: dict[str, RunningTask] = {}
        self._failures: dict[str, str] = {}  # what could not be started, while that cannot be committed

    def adopt(self) -> list[str]:
        """Take over every task that was running when the last dispatcher ended.

        Returns:
            The ids of those whose start was broken off; their state has changed.

        Raises:
            StoreError: the store cannot be read or written.
        """
        _left[:] = [process for process in _left if process.poll() is None]
        changed = []
        total = self._store.count(TaskState.RUNNING)
        for task in self._store.tasks(states=[TaskState.RUNNING], limit=total)[0]:
            follow = self._store.follow(task.id)
            run = self._run_of(task, follow)
            # A supervisor that was being started, and is not there yet, will find that it is too late.
            if self._claim(task.id, follow["attempt"]) or run.was_claimed_in_vain:
                self._put_back(run)
                changed.append(task.id)
            else:
                self._runs[task.id] = run
        return changed

    def _claim(self, task_id: str, attempt: int) -> bool:
        """Try to see to it that an attempt is never begun."""
        try:
            return claim(str(self._store.folder(task_id) / f"claim-{attempt}"), _NOBODY)
        except OSError as error:
            raise StoreError(f"the store {self._store.path} cannot be written: {error}") from error

    def wish(self, task_id: str) -> None:
        """Look whether a task that runs is to be cancelled."""
        run = self._runs.get(task_id)
        if run is not None:
            run.wish = self._store.follow(task_id)["cancel"]

    def follow(self) -> bool:
        """Look at everything that runs; return whether there is more to be read at once.

        Raises:
            StoreError: something could not be committed; it is at the next look.
        """
        more = False
        trouble: StoreError | None = None
        for run in list(self._runs.values()):
            try:
                more = self._follow(run) or more
                run.in_trouble = False
            except StoreError as error:
                trouble = error
            except Exception:  # whatever it is, the other tasks are not to suffer from it
                if not run.in_trouble:
                    logger.exception("task %s cannot be looked at; it is tried again and again", run.task_id)
                run.in_trouble = True
        if trouble is not None:
            raise trouble
        return more

    def start_due(self) -> None:
        """Start what is due on every device that is free.

        Raises:
            StoreError: the store cannot be read or written.
        """
        self._tell_failures()
        while True:
            full = Counter(run.device for run in self._runs.values() if not run.gone)
            task = self._store.next_due(full, self._per_device)
            if task is None:
                return
            self._start(task)
            self._tell_failures()

    def leave(self) -> None:
        """Let everything run on, unwatched."""
        for run in self._runs.values():
            run.log.close()
            if run.process is not None:
                _left.append(run.process)
        self._runs.clear()

    def _run_of(
        self, task: Task, follow: dict[str, Any], process: subprocess.Popen[bytes] | None = None
    ) -> RunningTask:
        return RunningTask(
            task_id=task.id,
            device=task.device,
            folder=self._store.folder(task.id),
            follow=follow,
            process=process,
            patterns=self._patterns,
        )

    def _put_back(self, run: RunningTask) -> None:
        """Let a task wait again whose start was broken off."""
        if run.wish is not None:
            self._store.move(run.task_id, TaskState.CANCELLED, run.wish)
        else:
            self._store.move(run.task_id, TaskState.PENDING, "its start was broken off; it waits again")

    def _start(self, task: Task) -> None:
        follow = self._store.follow(task.id)
        follow["attempt"] += 1
        try:
            self._store.move(task.id, TaskState.RUNNING, "started")
        except TaskStateError:  # cancelled meanwhile
            return
        # From here on nothing is asked of the store until the training is on the running_tasks.
        try:
            self._check(task.request)
            process = launch(
                self._store.folder(task.id),
                task_id=task.id,
                attempt=follow["attempt"],
                trainer=self._trainer_of(task),
                request=task.request,
                grace=self._grace,
                environment=self._environment,
            )
        except (OSError, ValueError, LookupError) as error:
            self._failures[task.id] = f"could not be started: {error}"
        else:
            self._runs[task.id] = self._run_of(task, follow, process)
            self._notify(task.id, ())

    def _tell_failures(self) -> None:
        for task_id, reason in list(self._failures.items()):
            failed = self._store.move(task_id, TaskState.FAILED, reason)
            del self._failures[task_id]
            self._notify(failed, ())

    def _trainer_of(self, task: Task) -> Trainer:
        if task.trainer not in self._trainers:
            raise UnknownTrainerError(f"the trainer {task.trainer!r} is no longer configured")
        return self._trainers[task.trainer]

    def _follow(self, run: RunningTask) -> bool:
        """Look at one training; return whether there is more to be read at once."""
        if not run.gone and not run.runs():
            run.gone = True  # from here on its device is free, and nothing is written after the last read
            run.clear()
        if not run.gone and run.wish is not None:
            run.end(self._grace)
        more = self._take(run)
        if more or not run.gone:
            return more
        while self._take(run, at_end=True):
            pass
        self._conclude(run)
        return False

    def _take(self, run: RunningTask, *, at_end: bool = False) -> bool:
        """Commit a further piece of a log; return whether there may be more at once."""
        batch = run.log.read(self._store.now(), at_end=at_end)
        stored = self._store.append(run.task_id, batch.entries, **batch.follow) if batch.entries else []
        run.log.committed()
        if stored:
            self._notify(run.task_id, stored)
        return batch.more

    def _conclude(self, run: RunningTask) -> None:
        completed = self._store.said_completed(run.task_id)
        found = verdict(run.exit(), wish=run.wish, completed=completed, log=run.log.path)
        ended = self._store.move(
            run.task_id, found.state, found.reason, exit_code=found.exit_code, finished=found.time
        )
        run.log.close()
        del self._runs[run.task_id]
        self._notify(ended, ())  # as it was then: somebody may have deleted it by now
