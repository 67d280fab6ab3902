"""The running tasks: start, adopt, poll and finish them."""

from __future__ import annotations

import logging
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..log_parser import LogEntry, LogPattern
from .launch import launch
from .log_files import MAX_LOG, shorten
from .outcomes import outcome_of
from .request import TrainingRequest
from .running_task import RunningTask
from .store import TaskStore
from .store.disk_space import is_full
from .supervisor import claim
from .task_errors import StoreError, TaskStateError, UnknownTrainerError
from .tasks import ResumePoint, StoredEntry, Task, TaskState
from .trainer import Trainer

logger = logging.getLogger(__name__)

_REVOKED = "0 revoked\n"  # a claim by no process: the attempt never starts
_detached: list[subprocess.Popen[bytes]] = []  # supervisors of dispatchers that this process has stopped


class RunningTasks:
    """Starts due tasks, adopts those of an earlier server, follows their logs and finishes them.

    Not thread-safe.

    Args:
        store: the tasks.
        trainers: by name.
        environment: the environment that trainings inherit.
        notify: called with a task and its new entries after each commit.
        per_device: the largest number of tasks on one device.
        grace: seconds between SIGTERM and SIGKILL.
        patterns: additional formats of log lines, beside those of each trainer.
        max_log: the largest size of one training's log, in bytes.
        check: validates a request again when its task starts; what it raises fails the task.
    """

    def __init__(
        self,
        store: TaskStore,
        trainers: Mapping[str, Trainer],
        environment: Mapping[str, str],
        notify: Callable[[Task, Sequence[StoredEntry]], None],
        *,
        per_device: int,
        grace: float,
        patterns: Sequence[LogPattern | str],
        max_log: int = MAX_LOG,
        check: Callable[[TrainingRequest], None] | None = None,
    ) -> None:
        self._store = store
        self._trainers = trainers
        self._environment = environment
        self._notify = notify
        self._per_device = per_device
        self._grace = grace
        self._patterns = patterns
        self._max_log = max_log
        self._check = check or (lambda request: None)
        self._tasks: dict[str, RunningTask] = {}
        self._launch_failures: dict[str, str] = {}  # reasons that are not committed yet

    def adopt(self) -> list[str]:
        """Take over every task that was running when the last dispatcher stopped.

        Returns:
            The ids of the tasks whose launch was interrupted; their state has changed.

        Raises:
            StoreError: the store cannot be read or written.
        """
        _detached[:] = [process for process in _detached if process.poll() is None]
        requeued = []
        total = self._store.count(TaskState.RUNNING)
        for task in self._store.tasks(states=[TaskState.RUNNING], limit=total)[0]:
            resume_point = self._store.resume_point(task.id)
            running = self._running_task(task, resume_point)
            # A supervisor that is only starting finds the attempt claimed, and exits.
            if self._revoke(task.id, resume_point.attempt) or running.is_revoked:
                with suppress(TaskStateError):  # its row was damaged
                    self._requeue(running)
                requeued.append(task.id)
            else:
                self._tasks[task.id] = running
        return requeued

    def _revoke(self, task_id: str, attempt: int) -> bool:
        """Claim an attempt so that it never starts; return False if a supervisor was first."""
        try:
            return claim(str(self._store.folder(task_id) / f"claim-{attempt}"), _REVOKED)
        except OSError as error:
            raise StoreError(f"the store {self._store.path} cannot be written: {error}") from error

    def read_cancel_request(self, task_id: str) -> None:
        """Note whether the cancellation of a running task was requested."""
        running = self._tasks.get(task_id)
        if running is not None:
            running.cancel_reason = self._store.resume_point(task_id).cancel_reason

    def poll(self) -> bool:
        """Poll every running task; return whether a log has more to read immediately.

        Raises:
            StoreError: a commit failed; the next poll repeats it.
        """
        more = False
        store_error: StoreError | None = None
        for running in list(self._tasks.values()):
            try:
                more = self._poll_task(running) or more
                running.is_failing = False
            except StoreError as error:
                store_error = error
            except Exception:  # the other tasks must not suffer from it
                if not running.is_failing:
                    logger.exception("task %s cannot be polled; polling continues", running.task_id)
                running.is_failing = True
        if store_error is not None:
            raise store_error
        return more

    def start_due(self) -> None:
        """Start the due tasks of every free device.

        Raises:
            StoreError: the store cannot be read or written.
        """
        while True:
            if self._launch_failures:
                self._commit_launch_failures()
            occupied = Counter(running.device for running in self._tasks.values() if not running.has_ended)
            task = self._store.next_due(occupied, self._per_device)
            if task is None:
                return
            self._start(task)

    def detach(self) -> None:
        """Leave every training running, and stop following it."""
        for running in self._tasks.values():
            running.log.close()
            if running.process is not None:
                _detached.append(running.process)
        self._tasks.clear()

    def _running_task(
        self, task: Task, resume_point: ResumePoint, process: subprocess.Popen[bytes] | None = None
    ) -> RunningTask:
        return RunningTask(
            task_id=task.id,
            device=task.device,
            folder=self._store.folder(task.id),
            resume_point=resume_point,
            process=process,
            patterns=[*self._patterns, *self._patterns_of(task)],
        )

    def _requeue(self, running: RunningTask) -> None:
        """Requeue a task whose launch was interrupted, or cancel it if that was requested."""
        if running.cancel_reason is not None:
            self._store.move(running.task_id, TaskState.CANCELLED, running.cancel_reason)
        else:
            self._store.move(running.task_id, TaskState.PENDING, "its launch was interrupted; requeued")

    def _start(self, task: Task) -> None:
        resume_point = self._store.resume_point(task.id)
        resume_point = resume_point._replace(attempt=resume_point.attempt + 1)
        try:
            started = self._store.move(task.id, TaskState.RUNNING, "started")
        except TaskStateError:  # cancelled in the meantime
            return
        # No store access between the launch and the registration: it could raise.
        try:
            self._check(task.request)
            process = launch(
                self._store.folder(task.id),
                task_id=task.id,
                attempt=resume_point.attempt,
                trainer=self._trainer_of(task),
                request=task.request,
                grace=self._grace,
                environment=self._environment,
            )
        except (OSError, ValueError, LookupError) as error:
            self._launch_failures[task.id] = f"could not be started: {error}"
        else:
            self._tasks[task.id] = self._running_task(task, resume_point, process)
            self._notify(started, ())

    def _commit_launch_failures(self) -> None:
        for task_id, reason in list(self._launch_failures.items()):
            failed = self._end(task_id, TaskState.FAILED, reason)
            del self._launch_failures[task_id]
            self._notify(failed, ())

    def _end(self, task_id: str, state: TaskState, reason: str, **options: Any) -> Task:
        """End a task, unless a damaged row has ended it."""
        try:
            return self._store.move(task_id, state, reason, **options)
        except TaskStateError:
            return self._store.get(task_id)

    def _trainer_of(self, task: Task) -> Trainer:
        if task.trainer not in self._trainers:
            raise UnknownTrainerError(f"the trainer {task.trainer!r} is no longer configured")
        return self._trainers[task.trainer]

    def _patterns_of(self, task: Task) -> Sequence[LogPattern | str]:
        trainer = self._trainers.get(task.trainer)  # none if it is no longer configured
        return () if trainer is None else trainer.patterns

    def _poll_task(self, running: RunningTask) -> bool:
        """Poll one task; return whether its log has more to read immediately."""
        if not running.has_ended and not running.is_running():
            running.has_ended = True  # its device is free, and nothing is written after the last read
            running.kill_leftovers()
        if not running.has_ended and running.cancel_reason is not None:
            running.terminate(self._grace)
        more = self._commit_log(running)
        if not running.has_ended:
            self._limit_log(running)
            return more
        if more:
            return more
        while self._commit_log(running, at_end=True):
            pass
        self._finish(running)
        return False

    def _commit_log(self, running: RunningTask, *, at_end: bool = False) -> bool:
        """Commit the next part of a log; return whether there may be more to read immediately."""
        batch = running.log.read(self._store.now(), at_end=at_end)
        if batch.entries:
            task, stored = self._store.append(running.task_id, batch.entries, batch.position)
            running.log.committed()
            self._notify(task, stored)
        else:
            running.log.committed()
        return batch.more

    def _limit_log(self, running: RunningTask) -> None:
        unread = shorten(running.log.path.parent, running.log.offset, self._max_log)
        if unread:
            logger.warning("%d bytes of the log of task %s were not read", unread, running.task_id)
            text = f"{unread} bytes were dropped unread: the log grows faster than it can be read"
            notice = LogEntry(timestamp=self._store.now(), level="WARNING", message=text)
            self._notify(*self._store.append(running.task_id, [notice]))

    def _finish(self, running: RunningTask) -> None:
        outcome = outcome_of(
            running.exit_record(),
            cancel_reason=running.cancel_reason,
            completed=self._store.log_reports_completion(running.task_id),
            log=running.log.path,
        )
        reason = outcome.reason
        if outcome.state is TaskState.FAILED and "No space left" not in reason:
            paths = (self._store.path, Path(self._store.get(running.task_id).request.save_path))
            reason += "".join(f"; the disk of {path} is full" for path in paths if is_full(path))
        ended = self._end(
            running.task_id, outcome.state, reason, exit_code=outcome.exit_code, finished=outcome.time
        )
        running.log.close()
        del self._tasks[running.task_id]
        self._notify(ended, ())  # not read again: a listener may have deleted it by now
