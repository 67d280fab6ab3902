"""The store: what is known of every task, its log's entries and its metrics, in one SQLite file."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from ...core.clocks import Clock, SystemClock
from ...delivery.outbox.lock import WatchLock
from ...log_parser import LogEntry
from ..devices import device_name
from ..request import TrainingRequest
from ..task_errors import StoreError, UnknownTaskError
from ..tasks import Extremes, MetricRow, StoredEntry, Task, TaskState, Transition
from . import changes, queries
from .database import Database
from .log_rows import Limits, append, trim
from .schema import key_of, seq_of
from .stored_rows import TASK_COLUMNS, course_of, task_of, to_stamp, to_time

__all__ = ["Limits", "TaskStore"]


class TaskStore:
    """A directory with a database of tasks, and a folder for each of them.

    One process at a time has it. Every change is one transaction that is on the disk when the call returns.
    Every method may be called from any thread.

    Attributes:
        path: the directory.
        limits: how much is kept of each task's log.

    Args:
        path: the directory; a new or an empty one is made readable by its owner alone.
        limits: how much is kept of each task's log; beyond it the oldest goes.
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
            if not any(self.path.iterdir()):
                self.path.chmod(0o700)  # but not a folder that others use, such as a project's or /tmp
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
        """Return the folder of a task's files: its log, its request, the papers of its processes."""
        return self.path / "tasks" / task_id

    def now(self) -> datetime:
        """Return the time of the store's clock, in UTC."""
        return to_time(self._now())  # type: ignore[no-any-return]

    def add(self, request: TrainingRequest, *, trainer: str = "") -> Task:
        """Commit a new task, which waits for its turn.

        Args:
            request: what is to be trained.
            trainer: the trainer's name, where the request leaves it open.
        """
        task_id = str(uuid4())
        with self._database.transaction() as cursor:
            changes.insert(cursor, task_id, request.trainer or trainer, request, self._now())
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
        equal = {"device": device_name(device) or device, "model": model, "trainer": trainer}
        return queries.page(self._database, states, equal, limit, offset)

    def count(self, state: TaskState) -> int:
        """Return how many tasks are in a state."""
        return int(self._database.rows("SELECT count(*) FROM tasks WHERE state = ?", (state.value,))[0][0])

    def next_due(self, running: Mapping[str, int], per_device: int = 1) -> Task | None:
        """Return the task that is to be started next, None when every device that is waited for is busy.

        Of those that wait for one device the one with the highest priority goes first, then the oldest.

        Args:
            running: how many tasks run on each device.
            per_device: how many may.
        """
        return queries.next_due(self._database, [name for name, n in running.items() if n >= per_device])

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
            task_id: whose.
            state: the new one.
            reason: why.
            exit_code: with a final state, how the process ended.
            finished: with a final state, when it ended, in UTC; by default now.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: its state cannot follow the present one.
        """
        stamp = None if finished is None else to_stamp(finished)
        with self._database.transaction() as cursor:
            changes.move(cursor, task_id, state, reason, self._now(), exit_code=exit_code, finished=stamp)
            sql = f"SELECT {TASK_COLUMNS} FROM tasks WHERE id = ?"
            return task_of(cursor.execute(sql, (task_id,)).fetchone())  # once committed it may be deleted

    def ask_to_cancel(self, task_id: str, reason: str) -> Task:
        """Commit that a task is to end: one that waits is cancelled, of one that runs the wish is kept.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has ended.
        """
        with self._database.transaction() as cursor:
            changes.wish_to_cancel(cursor, task_id, reason, self._now())
        return self.get(task_id)

    def transitions(self, task_id: str) -> list[Transition]:
        """Return every change of a task's state, the first one first."""
        sql = "SELECT state, time, reason FROM transitions WHERE task = ? ORDER BY number"
        rows = self._database.rows(sql, (queries.number_of(self._database, task_id),))
        return [Transition(TaskState(state), to_time(stamp), reason) for state, stamp, reason in rows]

    def delete(self, task_id: str) -> None:
        """Delete a task that has ended, with its log, its metrics and its files.

        Raises:
            UnknownTaskError: there is no such task.
            TaskStateError: it has not ended.
        """
        with self._database.transaction() as cursor:
            changes.doom(cursor, task_id)
        self._sweep()

    def append(
        self,
        task_id: str,
        entries: Sequence[LogEntry],
        *,
        place: int | None = None,
        identity: str | None = None,
        reader: Mapping[str, Any] | None = None,
    ) -> list[StoredEntry]:
        """Commit further entries of a task's log, with all that follows from them; return them as kept.

        The entries, the numbers of the history, how far the task is, and where in the log file it was are
        one transaction, so that whoever goes on from there repeats nothing and leaves nothing out.

        Args:
            task_id: whose log it is.
            entries: in their order.
            place: how far the log file has been read, in bytes.
            identity: which file that was.
            reader: the log reader's state.
        """
        follow = {"place": place, "identity": identity, "reader": reader}
        with self._database.transaction() as cursor:
            number, _ = changes.state_of(cursor, task_id)
            stored = append(cursor, number, entries, self._now(), follow)
            trim(cursor, number, self.limits)
        return stored

    def entries(self, task_id: str, after: int = 0, limit: int = 1000) -> list[StoredEntry]:
        """Return the entries that are kept and whose numbers are above ``after``, in their order."""
        number = queries.number_of(self._database, task_id)
        sql = "SELECT key, data FROM entries WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
        bounds = key_of(number, after), key_of(number + 1, 0), min(max(0, limit), 2**62)
        return [StoredEntry(seq_of(key), data) for key, data in self._database.rows(sql, bounds)]

    def first_seq(self, task_id: str) -> int:
        """Return the number of the first entry that is kept: above 1 once old ones have gone."""
        return self.get(task_id).first_seq

    def metrics(
        self, task_id: str, *, metric: str | None = None, after: int = 0, limit: int = 1000
    ) -> list[MetricRow]:
        """Return the numbers that the log said, in their order.

        Those of one entry are never separated: to read on, go on after the last one's ``seq``.

        Args:
            task_id: whose log it is.
            metric: one metric's name; None stands for all.
            after: the number of the entry behind which they begin.
            limit: how many to return at most, unless one entry alone has more.
        """
        number = queries.number_of(self._database, task_id)
        return queries.metrics(self._database, number, metric, after, limit)

    def extremes(self, task_id: str) -> dict[str, Extremes]:
        """Return the smallest and the largest value of each metric, without going through the history."""
        return course_of(self.get(task_id), self.follow(task_id)["course"]).extremes

    def said_completed(self, task_id: str) -> bool:
        """Tell whether the log has said that the training has completed."""
        return course_of(self.get(task_id), self.follow(task_id)["course"]).completed

    def follow(self, task_id: str) -> dict[str, Any]:
        """Return what a dispatcher has to know to go on with a task.

        That is ``place``, ``identity`` and ``reader`` as they were appended, ``course``, the number of the
        last ``attempt`` at it, and why it is to ``cancel``, None when nobody wants that.
        """
        names = ("place", "identity", "reader", "course", "attempt", "cancel")
        sql = f"SELECT {', '.join(names)} FROM tasks JOIN follows ON task = tasks.number WHERE id = ?"
        rows = self._database.rows(sql, (task_id,))
        if not rows:
            raise UnknownTaskError(task_id)
        return dict(zip(names, rows[0], strict=True))

    def _now(self) -> int:
        return to_stamp(self._clock.now())

    def _sweep(self) -> None:
        """Remove what deleted tasks have left, also where that was broken off."""
        for number, task_id in self._database.rows("SELECT number, id FROM doomed"):
            shutil.rmtree(self.folder(task_id), ignore_errors=True)
            more = True
            while more:
                with self._database.transaction() as cursor:
                    more = changes.sweep(cursor, number)
