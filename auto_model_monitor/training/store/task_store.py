"""A directory with the database of tasks and a folder for each of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from ...core.clocks import Clock, SystemClock
from ...delivery.outbox.lock import WatchLock
from ...log_parser import LogEntry
from ...text.cleaning import for_file_name
from ..devices import device_name
from ..request import TrainingRequest
from ..task_errors import StoreError, UnknownTaskError
from ..tasks import Extremes, LogPosition, MetricRow, ResumePoint, StoredEntry, Task, TaskState, Transition
from . import changes, queries
from .damaged_rows import repair, repair_all, repairing
from .database import Database
from .disk_space import is_full
from .log_rows import Limits, append
from .stored_rows import TASK_COLUMNS, task_of, to_stamp


class TaskStore:
    """A directory with a database of tasks and a folder for each of them.

    Only one process at a time may open it. Every change is one transaction that is on the disk when the
    method returns. Thread-safe.

    Attributes:
        path: the directory.
        limits: how much of each task's log is stored.

    Args:
        path: the directory; a new or empty one becomes readable by its owner only.
        limits: how much of each task's log is stored.
        clock: instead of the system clock.

    Raises:
        StoreError: another process has it open, it cannot be opened, it is damaged, or a newer version wrote
            it.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, limits: Limits | None = None, clock: Clock | None = None
    ) -> None:
        self.path = Path(path).absolute()
        self.limits = limits or Limits()
        self._clock = clock or SystemClock()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not any(self.path.iterdir()):
                self.path.chmod(0o700)  # but not a directory in use, such as a project's or /tmp
            (self.path / "tasks").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the store {self.path} cannot be created: {error}") from error
        self._lock = WatchLock(self.path / "lock")
        if not self._lock.acquire():
            text = f"the store {self.path} is in use by process {self._lock.holder()}"
            raise StoreError(f"{text}: end that server first, or choose another directory")
        try:
            self._database = Database(self.path / "training.db")
            self._database.change(lambda cursor: repair_all(cursor, self._now()))
            self._purge_deleted()
        except StoreError:
            self._lock.release()
            raise

    def close(self) -> None:
        """Close it, so that another process may open it."""
        self._database.close()
        self._lock.release()

    def folder(self, task_id: str) -> Path:
        """Return the folder of a task: its log, its request and its state files."""
        return self.path / "tasks" / for_file_name(str(task_id))  # "" or ".." must not lead to others

    def trouble(self) -> str:
        """Return why changes cannot be stored; empty if they can."""
        return "the disk of the store is full" if is_full(self.path) else self._database.failure

    def now(self) -> datetime:
        """Return the time of the store's clock, in UTC."""
        return self._clock.now()

    def add(self, request: TrainingRequest, *, trainer: str = "") -> Task:
        """Add a pending task.

        Args:
            request: the training's parameters.
            trainer: the trainer's name if the request has none.
        """
        task_id = str(uuid4())
        with self._database.transaction() as cursor:
            changes.insert(cursor, task_id, request.trainer or trainer, request, self._now())
        return self.get(task_id)

    @repairing
    def get(self, task_id: str) -> Task:
        """Return a task.

        Raises:
            UnknownTaskError: there is no such task.
        """
        return task_of(self._row(f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = ?", task_id))

    @repairing
    def tasks(
        self,
        *,
        states: Sequence[TaskState] = (),
        device: str | None = None,
        model: str | None = None,
        trainer: str | None = None,
        limit: int = 50,
        offset: int = 0,
        search: str = "",
    ) -> tuple[list[Task], int]:
        """Return a page of the matching tasks, the newest first, and the number of all matches.

        Args:
            states: any of these; empty for all.
            device: by any of its names.
            model: the model's exact name.
            trainer: the trainer's exact name.
            limit: the largest number of tasks.
            offset: the number of newer tasks to skip.
            search: a part of the model's name, the id, the device or the trainer.
        """
        equal = {"device": device_name(device) or device, "model": model, "trainer": trainer}
        return queries.page(self._database, states, equal, limit, offset, search)

    def count(self, state: TaskState) -> int:
        """Return the number of tasks in a state."""
        return int(self._database.rows("SELECT count(*) FROM tasks WHERE state = ?", (state.value,))[0][0])

    @repairing
    def next_due(self, running: Mapping[str, int], per_device: int = 1) -> Task | None:
        """Return the next task to start, None if none is pending on a free device.

        Of the tasks for one device the one with the highest priority comes first, then the oldest.

        Args:
            running: the number of running tasks on each device.
            per_device: the largest number on one device.
        """
        busy = [name for name, number in running.items() if number >= per_device]
        sql = (
            f"SELECT {TASK_COLUMNS} FROM tasks WHERE state = 'pending' "
            f"AND device NOT IN ({', '.join('?' * len(busy))}) ORDER BY priority DESC, number LIMIT 1"
        )
        rows = self._database.rows(sql, busy)
        return task_of(rows[0]) if rows else None

    @repairing
    def move(
        self,
        task_id: str,
        state: TaskState,
        reason: str,
        *,
        exit_code: int | None = None,
        finished: datetime | None = None,
    ) -> Task:
        """Commit a change of state.

        Args:
            task_id: the task's id.
            state: the new state.
            reason: why.
            exit_code: with a final state, how the process ended.
            finished: with a final state, when it ended, in UTC; by default now.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: the present state does not allow it.
        """
        options = {"exit_code": exit_code, "finished": None if finished is None else to_stamp(finished)}
        return self._database.change(
            lambda cursor: changes.move(cursor, task_id, state, reason, self._now(), **options)
        )

    @repairing
    def request_cancel(self, task_id: str, reason: str) -> Task:
        """Cancel a pending task; record the cancel request of a running one.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has ended.
        """
        self._database.change(lambda cursor: changes.request_cancel(cursor, task_id, reason, self._now()))
        return self.get(task_id)

    def transitions(self, task_id: str) -> list[Transition]:
        """Return every change of a task's state, the oldest first."""
        return queries.transitions(self._database, self._number(task_id))

    @repairing
    def delete(self, task_id: str) -> None:
        """Delete a task that has ended, with its log, metrics and files.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has not ended.
        """
        self._database.change(lambda cursor: changes.mark_deleted(cursor, task_id))
        with suppress(StoreError):  # a full disk: the next start goes on
            self._purge_deleted()

    @repairing
    def append(
        self, task_id: str, entries: Sequence[LogEntry], position: LogPosition | None = None
    ) -> tuple[Task, list[StoredEntry]]:
        """Commit log entries, their metrics, the task's progress and the position in its log.

        All of it is one transaction, so that resuming from the position repeats nothing and skips nothing.

        Args:
            task_id: the task's id.
            entries: in their order.
            position: how far the log has been read; None leaves it unchanged.

        Returns:
            The task after the change, and the entries as stored.

        Raises:
            UnknownTaskError: there is no such task.
        """
        with self._database.transaction() as cursor:
            return append(cursor, task_id, entries, self._now(), position, self.limits)

    def entries(self, task_id: str, after: int = 0, limit: int = 1000) -> list[StoredEntry]:
        """Return the stored entries with numbers above ``after``, in their order."""
        return queries.entries(self._database, self._number(task_id), after, limit)

    def metrics(
        self, task_id: str, *, metric: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[MetricRow]:
        """Return values of a task's metrics, in their order.

        Those of one entry stay together: to read the next page, pass the last one's ``seq`` as ``after``.

        Args:
            task_id: the task's id.
            metric: a metric's name; None for all.
            after: only values of entries after this one.
            limit: the largest number of values, unless a single entry has more.
        """
        return queries.metrics(self._database, self._number(task_id), metric, after, limit)

    @repairing
    def extremes(self, task_id: str) -> dict[str, Extremes]:
        """Return the smallest and the largest value of each metric."""
        found = queries.course(self._database, self._number(task_id)).get("extremes", {})
        return {name: Extremes(*values) for name, values in found.items()}

    @repairing
    def log_reports_completion(self, task_id: str) -> bool:
        """Return whether the log reports that the training has completed."""
        return bool(queries.course(self._database, self._number(task_id)).get("completed", False))

    @repairing
    def resume_point(self, task_id: str) -> ResumePoint:
        """Return what a dispatcher needs to resume following a task.

        Raises:
            UnknownTaskError: there is no such task.
        """
        return queries.resume_point(self._database, self._number(task_id))

    def repair(self, number: int) -> None:
        """Let a task fail whose row is damaged."""
        self._database.change(lambda cursor: repair(cursor, number, self._now()))

    def _number(self, task_id: str) -> int:
        return int(self._row("SELECT number FROM tasks WHERE id = ?", task_id)[0])

    def _row(self, sql: str, task_id: str) -> tuple[Any, ...]:
        rows = self._database.rows(sql, (task_id,))
        if not rows:
            raise UnknownTaskError(task_id)
        return rows[0]

    def _now(self) -> int:
        return to_stamp(self._clock.now())

    def _purge_deleted(self) -> None:
        """Remove the files and rows of deleted tasks, also after an interruption."""
        for number, task_id in self._database.rows("SELECT number, id FROM doomed"):
            shutil.rmtree(self.folder(task_id), ignore_errors=True)
            more = True
            while more:
                with self._database.transaction() as cursor:
                    more = changes.purge(cursor, number)
