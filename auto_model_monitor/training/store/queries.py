"""What is asked of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..task_errors import UnknownTaskError
from ..tasks import MetricRow, Task, TaskState
from .database import Database
from .stored_rows import TASK_COLUMNS, metric_of, task_of

_LARGEST = 2**62  # what SQLite takes for a number


def number_of(database: Database, task_id: str) -> int:
    """Return a task's number.

    Raises:
        UnknownTaskError: there is no such task.
    """
    rows = database.rows("SELECT number FROM tasks WHERE id = ?", (task_id,))
    if not rows:
        raise UnknownTaskError(task_id)
    return int(rows[0][0])


def page(
    database: Database,
    states: Sequence[TaskState],
    equal: Mapping[str, str | None],
    limit: int,
    offset: int,
) -> tuple[list[Task], int]:
    """Return some of the tasks that fit, the newest first, and how many fit in all.

    Args:
        database: the store's.
        states: any of these; none stands for all.
        equal: what columns are to be equal to; None stands for anything.
        limit: how many to return at most.
        offset: how many to leave out before.
    """
    values: list[Any] = [state.value for state in states]
    where = [f"state IN ({_marks(states)})"] if states else ["1"]
    for column, value in equal.items():
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    fits = " AND ".join(where)
    # The numbers come from an index alone; only the rows of this page are touched.
    some = f"SELECT number FROM tasks WHERE {fits} ORDER BY number DESC LIMIT ? OFFSET ?"
    rows = database.rows(
        f"SELECT {TASK_COLUMNS} FROM tasks WHERE number IN ({some}) ORDER BY number DESC",
        [*values, _bounded(limit), _bounded(offset)],
    )
    total = database.rows(f"SELECT count(*) FROM tasks WHERE {fits}", values)[0][0]
    return [task_of(row) for row in rows], total


def next_due(database: Database, busy: Sequence[str]) -> Task | None:
    """Return the waiting task that goes first on a device that is not busy, None when there is none."""
    sql = (
        f"SELECT {TASK_COLUMNS} FROM tasks WHERE state = 'pending' AND device NOT IN ({_marks(busy)}) "
        "ORDER BY priority DESC, number LIMIT 1"
    )
    rows = database.rows(sql, busy)
    return task_of(rows[0]) if rows else None


def metrics(database: Database, number: int, metric: str | None, after: int, limit: int) -> list[MetricRow]:
    """Return numbers of a task's history, in their order; those of one entry are never separated.

    Args:
        database: the store's.
        number: the task's.
        metric: one metric's name, None for all.
        after: the number of the entry behind which they begin.
        limit: how many at most, unless one entry alone has more.
    """
    mine = "" if metric is None else " AND metric = ?"
    values = [number] if metric is None else [number, metric]
    sql = f"SELECT seq, time, epoch, metric, value FROM metrics WHERE task = ?{mine} AND seq"
    limit = max(1, _bounded(limit))
    rows = database.rows(f"{sql} > ? ORDER BY seq, metric LIMIT ?", [*values, _bounded(after), limit + 1])
    if len(rows) > limit:
        cut = rows[limit][0]
        whole = [row for row in rows if row[0] < cut]
        rows = whole or database.rows(f"{sql} = ? ORDER BY metric", [*values, cut])
    return [metric_of(row) for row in rows]


def _bounded(number: int) -> int:
    return min(max(0, number), _LARGEST)


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))
