"""Changes of tasks. Every function works inside a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ...log_parser import Stage
from ...text.cleaning import for_storage
from ..request import TrainingRequest
from ..task_errors import TaskStateError, UnknownTaskError
from ..tasks import Task, TaskState
from .damaged_rows import DamagedRowError, add_transition
from .schema import key_of
from .stored_rows import TASK_COLUMNS, task_of, to_json

_TRANSITIONS = {
    TaskState.PENDING: (TaskState.RUNNING, TaskState.FAILED, TaskState.CANCELLED),
    # A task whose launch was interrupted is requeued.
    TaskState.RUNNING: (TaskState.PENDING, TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED),
}
_DELETE_BATCH = 5000  # rows per transaction, so that no other writer waits for long


def insert(cursor: sqlite3.Cursor, task_id: str, trainer: str, request: TrainingRequest, now: int) -> None:
    """Add a pending task."""
    columns = "id, trainer, model, device, priority, request, total_epochs, reason, created, updated"
    parameters = to_json(asdict(request))
    given = request.model, request.device, request.priority, parameters, request.num_epochs
    values = task_id, trainer, *given, "waits for its turn", now, now
    cursor.execute(f"INSERT INTO tasks ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
    number = int(cursor.lastrowid or 0)
    cursor.execute("INSERT INTO follows (task) VALUES (?)", (number,))
    add_transition(cursor, number, TaskState.PENDING.value, now, "submitted")


def state_of(cursor: sqlite3.Cursor, task_id: str) -> tuple[int, TaskState]:
    """Return a task's number and its state.

    Raises:
        UnknownTaskError: there is no such task.
    """
    row = cursor.execute("SELECT number, state FROM tasks WHERE id = ?", (task_id,)).fetchone()
    if row is None:
        raise UnknownTaskError(task_id)
    try:
        return row[0], TaskState(row[1])
    except ValueError:
        raise DamagedRowError(row[0]) from None


def move(
    cursor: sqlite3.Cursor,
    task_id: str,
    state: TaskState,
    reason: str,
    now: int,
    *,
    exit_code: int | None,
    finished: int | None,
) -> Task:
    """Change a task's state; return the task, which may be deleted after the commit.

    Raises:
        UnknownTaskError: there is no such task.
        TaskStateError: the present state does not allow it.
    """
    number, current = state_of(cursor, task_id)
    if state not in _TRANSITIONS.get(current, ()):
        raise TaskStateError(f"task {task_id} is {current.value}: it cannot become {state.value}")
    reason = for_storage(reason)
    changes: dict[str, Any] = {"state": state.value, "reason": reason, "updated": now}
    if state is TaskState.RUNNING:
        changes["started"] = now
        cursor.execute("UPDATE tasks SET attempt = attempt + 1 WHERE number = ?", (number,))
    elif state is TaskState.PENDING:
        changes["started"] = None
    else:
        changes |= {"finished": now if finished is None else min(now, finished), "exit_code": exit_code}
        if state is TaskState.COMPLETED:
            changes |= {"progress": 100, "stage": Stage.COMPLETED.value}
        else:  # whatever its log reported, it did not complete
            cursor.execute(
                "UPDATE tasks SET stage = NULL WHERE number = ? AND stage = ?",
                (number, Stage.COMPLETED.value),
            )
    _update(cursor, number, changes)
    add_transition(cursor, number, state.value, changes.get("finished", now), reason)
    sql = f"SELECT {TASK_COLUMNS} FROM tasks WHERE number = ?"
    return task_of(cursor.execute(sql, (number,)).fetchone())


def request_cancel(cursor: sqlite3.Cursor, task_id: str, reason: str, now: int) -> None:
    """Cancel a pending task; record the cancel request of a running one.

    Raises:
        UnknownTaskError: there is no such task.
        TaskStateError: it has ended.
    """
    number, state = state_of(cursor, task_id)
    if state.is_final:
        raise TaskStateError(f"task {task_id} has ended already: it is {state.value}")
    reason = for_storage(reason)
    changes: dict[str, Any] = {"reason": reason, "updated": now}
    if state is TaskState.PENDING:
        changes |= {"state": TaskState.CANCELLED.value, "finished": now}
        add_transition(cursor, number, TaskState.CANCELLED.value, now, reason)
    else:
        changes["cancel"] = reason
    _update(cursor, number, changes)


def mark_deleted(cursor: sqlite3.Cursor, task_id: str) -> None:
    """Delete a task; :func:`purge` deletes its other rows in batches.

    Raises:
        UnknownTaskError: there is no such task.
        TaskStateError: it has not ended.
    """
    number, state = state_of(cursor, task_id)
    if not state.is_final:
        raise TaskStateError(f"task {task_id} is {state.value}: cancel it before you delete it")
    cursor.execute("INSERT INTO doomed (number, id) VALUES (?, ?)", (number, task_id))
    cursor.execute("DELETE FROM tasks WHERE number = ?", (number,))


def purge(cursor: sqlite3.Cursor, number: int) -> bool:
    """Delete a batch of a deleted task's rows; return whether there may be more."""
    bounds = key_of(number, 0), key_of(number + 1, 0), _DELETE_BATCH
    some = "SELECT key FROM entries WHERE key >= ? AND key < ? LIMIT ?"
    deleted = cursor.execute(f"DELETE FROM entries WHERE key IN ({some})", bounds).rowcount
    end = "SELECT seq FROM metrics WHERE task = ? ORDER BY seq LIMIT 1 OFFSET ?"
    row = cursor.execute(end, (number, _DELETE_BATCH)).fetchone()
    last = row[0] if row else 1 << 62
    deleted += cursor.execute("DELETE FROM metrics WHERE task = ? AND seq <= ?", (number, last)).rowcount
    if deleted:
        return True
    for table in ("follows", "transitions"):
        cursor.execute(f"DELETE FROM {table} WHERE task = ?", (number,))
    cursor.execute("DELETE FROM doomed WHERE number = ?", (number,))
    return False


def _update(cursor: sqlite3.Cursor, number: int, changes: Mapping[str, Any]) -> None:
    columns = ", ".join(f"{name} = ?" for name in changes)
    cursor.execute(f"UPDATE tasks SET {columns} WHERE number = ?", (*changes.values(), number))
