"""The store: what is known of every task, its log's entries and its metrics, in one SQLite file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from ...clocks import Clock, SystemClock
from ...log_patterns import LogEntry
from ...outbox.lock import WatchLock
from ..devices import device_name
from ..errors import StoreError, TaskStateError, UnknownTaskError
from ..request import TrainingRequest
from ..tasks import Extremes, MetricRow, StoredEntry, Task, TaskState, Transition
from .database import Database
from .logs import Limits, append, trim
from .rows import TASK_COLUMNS, course_of, metric_of, request_text, task_of, to_stamp, to_time
from .schema import key_of, seq_of

__all__ = ["Limits", "TaskStore"]

_FOLLOWERS = {
    TaskState.PENDING: (TaskState.RUNNING, TaskState.FAILED, TaskState.CANCELLED),
    # A task whose start was broken off waits again.
    TaskState.RUNNING: (TaskState.PENDING, TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED),
}


class TaskStore:
    """A directory with a database of tasks, and a folder for each of them.

    One process at a time has it. Every change is one transaction that is on the disk when the call returns.
    Every method may be called from any thread.

    Args:
        path: the directory; it is made when needed, readable by its owner alone.
        limits: how much is kept of each task's log.
        clock: instead of the machine's.

    Raises:
        StoreError: another process has it, it cannot be opened, or its database is damaged.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, limits: Limits | None = None, clock: Clock | None = None
    ) -> None:
        """Open the store."""
        self.path = Path(path).absolute()
        self.limits = limits or Limits()
        self._clock = clock or SystemClock()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.path / "tasks").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the store {self.path} cannot be made: {error}") from error
        self._lock = WatchLock(self.path / "lock")
        if not self._lock.acquire():
            raise StoreError(
                f"the store {self.path} is in use by process {self._lock.holder()}: end that server first, "
                "or choose another directory"
            )
        try:
            self._database = Database(self.path / "training.db")
            self._sweep()
        except StoreError:
            self._lock.release()
            raise

    def close(self) -> None:
        """Close it, so that another process may open it."""
        self._database.close()
        self._lock.release()

    def folder(self, task_id: str) -> Path:
        """Return the folder of a task's files: its log, its request, its process's papers."""
        return self.path / "tasks" / task_id

    # Tasks

    def add(self, request: TrainingRequest, *, trainer: str = "") -> Task:
        """Commit a new task, which waits to be started.

        Args:
            request: what is to be trained.
            trainer: the trainer's name, where the request leaves it open.
        """
        now, task_id = self._now(), str(uuid4())
        name = request.trainer or trainer
        columns = "id, trainer, model, device, priority, request, reason, created, updated, total_epochs"
        values = (task_id, name, request.model, request.device, request.priority, request_text(request))
        values += ("waits for its turn", now, now, request.num_epochs)  # type: ignore[assignment]
        with self._database.transaction() as cursor:
            cursor.execute(f"INSERT INTO tasks ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
            number = cursor.lastrowid
            cursor.execute("INSERT INTO follows (task) VALUES (?)", (number,))
            _note(cursor, number, TaskState.PENDING, now, "submitted")
        return self.get(task_id)

    def get(self, task_id: str) -> Task:
        """Return a task.

        Raises:
            UnknownTaskError: there is none of that id.
        """
        rows = self._database.rows(f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = ?", (task_id,))
        if not rows:
            raise UnknownTaskError(task_id)
        return task_of(rows[0])

    def tasks(
        self,
        *,
        states: Sequence[TaskState] = (),
        device: str | None = None,
        model: str | None = None,
        trainer: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[list[Task], int]:
        """Return the tasks that fit, the newest first, and how many fit in all.

        Args:
            states: any of these; the empty sequence stands for all.
            device: by any of its names.
            model: its exact name.
            trainer: its exact name.
            limit: how many to return at most.
            offset: how many of the newest to leave out.
        """
        wanted = {"device": device_name(device) or device, "model": model, "trainer": trainer}
        values: list[Any] = [state.value for state in states]
        where = ["1"] if not states else [f"state IN ({', '.join('?' * len(states))})"]
        for column, value in wanted.items():
            if value is not None:
                where.append(f"{column} = ?")
                values.append(value)
        fits = " AND ".join(where)
        page = f"SELECT number FROM tasks WHERE {fits} ORDER BY number DESC LIMIT ? OFFSET ?"
        rows = self._database.rows(
            f"SELECT {TASK_COLUMNS} FROM tasks WHERE number IN ({page}) ORDER BY number DESC",
            [*values, max(0, limit), min(max(0, offset), 2**62)],
        )
        total = self._database.rows(f"SELECT count(*) FROM tasks WHERE {fits}", values)[0][0]
        return [task_of(row) for row in rows], total

    def count(self, state: TaskState) -> int:
        """Return how many tasks are in a state."""
        return int(self._database.rows("SELECT count(*) FROM tasks WHERE state = ?", (state.value,))[0][0])

    def queue(self, full: Mapping[str, int] | None = None, per_device: int = 1) -> Task | None:
        """Return the task that is to be started next, None when every device that is waited for is busy.

        Args:
            full: how many tasks run on each device.
            per_device: how many may.
        """
        busy = [device for device, running in (full or {}).items() if running >= per_device]
        sql = (
            f"SELECT {TASK_COLUMNS} FROM tasks WHERE state = 'pending' "
            f"AND device NOT IN ({', '.join('?' * len(busy))}) ORDER BY priority DESC, number LIMIT 1"
        )
        rows = self._database.rows(sql, busy)
        return task_of(rows[0]) if rows else None

    def move(self, task_id: str, state: TaskState, reason: str, *, exit_code: int | None = None) -> Task:
        """Commit a change of state.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: its state cannot follow the present one.
        """
        with self._database.transaction() as cursor:
            number, now = self._change(cursor, task_id, state), self._now()
            changes: dict[str, Any] = {"state": state.value, "reason": reason, "updated": now}
            if state is TaskState.RUNNING:
                changes["started"] = now
            if state is TaskState.PENDING:
                changes["started"] = None
            if state.is_final:
                changes |= {"finished": now, "exit_code": exit_code}
            if state is TaskState.COMPLETED:
                changes["progress"] = 100
            _update(cursor, number, changes)
            if state is TaskState.RUNNING:
                cursor.execute("UPDATE tasks SET attempt = attempt + 1 WHERE number = ?", (number,))
            _note(cursor, number, state, now, reason)
        return self.get(task_id)

    def ask_to_cancel(self, task_id: str, reason: str) -> Task:
        """Commit that a task is to end: one that waits is cancelled, of one that runs the wish is kept.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has ended.
        """
        with self._database.transaction() as cursor:
            number, state, now = *_state(cursor, task_id), self._now()
            if state.is_final:
                raise TaskStateError(f"task {task_id} has ended already: it is {state.value}")
            if state is TaskState.PENDING:
                changes: dict[str, Any] = {"state": "cancelled", "finished": now}
                _note(cursor, number, TaskState.CANCELLED, now, reason)
            else:
                changes = {"cancel": reason}
            _update(cursor, number, {**changes, "reason": reason, "updated": now})
        return self.get(task_id)

    def transitions(self, task_id: str) -> list[Transition]:
        """Return every change of a task's state, the first one first."""
        number = self._number(task_id)
        sql = "SELECT state, time, reason FROM transitions WHERE task = ? ORDER BY number"
        rows = self._database.rows(sql, (number,))
        return [Transition(TaskState(state), to_time(stamp), reason) for state, stamp, reason in rows]

    def delete(self, task_id: str) -> None:
        """Delete a task that has ended, with its log and its metrics.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has not ended.
        """
        with self._database.transaction() as cursor:
            number, state = _state(cursor, task_id)
            if not state.is_final:
                raise TaskStateError(f"task {task_id} is {state.value}: cancel it before you delete it")
            for table in ("follows", "transitions", "metrics"):
                cursor.execute(f"DELETE FROM {table} WHERE task = ?", (number,))
            bounds = key_of(number, 0), key_of(number + 1, 0)
            cursor.execute("DELETE FROM entries WHERE key >= ? AND key < ?", bounds)
            cursor.execute("DELETE FROM tasks WHERE number = ?", (number,))
            cursor.execute("INSERT INTO doomed (id) VALUES (?)", (task_id,))
        self._sweep()

    # Logs and metrics

    def append(
        self,
        task_id: str,
        entries: Sequence[LogEntry],
        *,
        place: int | None = None,
        identity: str | None = None,
        reader: Mapping[str, Any] | None = None,
    ) -> list[StoredEntry]:
        """Commit further entries of a task's log, with all that follows from them.

        The entries, their numbers for the history, how far the task is, and where in the log file it was:
        all or nothing, so that whoever goes on from there repeats nothing and leaves nothing out.

        Args:
            task_id: whose log it is.
            entries: in their order.
            place: how far the log file has been read, in bytes.
            identity: which file that was.
            reader: the log reader's state.
        """
        follow = {"place": place, "identity": identity, "reader": reader}
        with self._database.transaction() as cursor:
            number = _state(cursor, task_id)[0]
            stored = append(cursor, number, entries, self._now(), follow)
            trim(cursor, number, self.limits)
        return stored

    def entries(self, task_id: str, after: int = 0, limit: int = 1000) -> list[StoredEntry]:
        """Return the entries that are kept and whose numbers are above ``after``, in their order."""
        number = self._number(task_id)
        bounds = key_of(number, after), key_of(number + 1, 0), max(0, limit)
        sql = "SELECT key, data FROM entries WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
        return [StoredEntry(seq_of(key), data) for key, data in self._database.rows(sql, bounds)]

    def first_seq(self, task_id: str) -> int:
        """Return the number of the first entry that is kept: above 1 once old ones have been dropped."""
        return self.get(task_id).first_seq

    def metrics(
        self, task_id: str, *, metric: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[MetricRow]:
        """Return the numbers that the log said, of entries above ``after``, in their order.

        Args:
            task_id: whose log it is.
            metric: one metric's name; None stands for all.
            after: the number of an entry. To read on in pages go on behind the last one that was returned
                whole: with ``limit`` reached, the last entry's numbers may be incomplete.
            limit: how many numbers to return at most.
        """
        mine = "" if metric is None else " AND metric = ?"
        values = [self._number(task_id), *([] if metric is None else [metric])]
        sql = f"SELECT seq, time, epoch, metric, value FROM metrics WHERE task = ?{mine} AND seq > ?"
        rows = self._database.rows(f"{sql} ORDER BY seq, metric LIMIT ?", [*values, min(after, 2**62), limit])
        return [metric_of(row) for row in rows]

    def metric_names(self, task_id: str) -> list[str]:
        """Return the names of the metrics of which numbers have been logged."""
        return sorted(self.extremes(task_id))

    def extremes(self, task_id: str) -> dict[str, Extremes]:
        """Return the smallest and the largest value of each metric, without going through the history."""
        return course_of(self.get(task_id), self.follow(task_id)["course"]).extremes

    def follow(self, task_id: str) -> dict[str, Any]:
        """Return where in the log file the last entry ended, and what the reader knew there."""
        names = ("place", "identity", "reader", "course", "attempt", "cancel")
        sql = (
            "SELECT place, identity, reader, course, attempt, cancel FROM tasks JOIN follows ON task = number"
        )
        rows = self._database.rows(f"{sql} WHERE id = ?", (task_id,))
        if not rows:
            raise UnknownTaskError(task_id)
        return dict(zip(names, rows[0], strict=True))

    def said_completed(self, task_id: str) -> bool:
        """Tell whether the log has said that the training has completed."""
        return course_of(self.get(task_id), self.follow(task_id)["course"]).completed

    # Within

    def _now(self) -> int:
        return to_stamp(self._clock.now())

    def now(self) -> datetime:
        """Return the store's time, in UTC."""
        return to_time(self._now())  # type: ignore[no-any-return]

    def _number(self, task_id: str) -> int:
        rows = self._database.rows("SELECT number FROM tasks WHERE id = ?", (task_id,))
        if not rows:
            raise UnknownTaskError(task_id)
        return int(rows[0][0])

    def _change(self, cursor: Any, task_id: str, state: TaskState) -> int:
        number, present = _state(cursor, task_id)
        if state not in _FOLLOWERS.get(present, ()):
            raise TaskStateError(f"task {task_id} is {present.value}: it cannot become {state.value}")
        return number

    def _sweep(self) -> None:
        """Remove the folders of the tasks that have been deleted, also where that was broken off."""
        for (task_id,) in self._database.rows("SELECT id FROM doomed"):
            shutil.rmtree(self.folder(task_id), ignore_errors=True)
            if not self.folder(task_id).exists():
                with self._database.transaction() as cursor:
                    cursor.execute("DELETE FROM doomed WHERE id = ?", (task_id,))


def _state(cursor: Any, task_id: str) -> tuple[int, TaskState]:
    row = cursor.execute("SELECT number, state FROM tasks WHERE id = ?", (task_id,)).fetchone()
    if row is None:
        raise UnknownTaskError(task_id)
    return row[0], TaskState(row[1])


def _update(cursor: Any, number: int, changes: Mapping[str, Any]) -> None:
    columns = ", ".join(f"{name} = ?" for name in changes)
    cursor.execute(f"UPDATE tasks SET {columns} WHERE number = ?", (*changes.values(), number))


def _note(cursor: Any, number: int | None, state: TaskState, now: int, reason: str) -> None:
    sql = "INSERT INTO transitions (task, state, time, reason) VALUES (?, ?, ?, ?)"
    cursor.execute(sql, (number, state.value, now, reason))
