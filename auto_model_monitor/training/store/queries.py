"""Queries of the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..tasks import MetricRow, Task, TaskState
from .database import Database
from .stored_rows import TASK_COLUMNS, metric_of, task_of

_SEARCHED = ("model", "id", "device", "trainer")
_MAX_INTEGER = 2**62  # fits an SQLite integer


def page(
    database: Database,
    states: Sequence[TaskState],
    equal: Mapping[str, str | None],
    limit: int,
    offset: int,
    search: str = "",
) -> tuple[list[Task], int]:
    """Return a page of the matching tasks, the newest first, and the number of all matches.

    Args:
        database: the store's database.
        states: any of these; empty for all.
        equal: required values of columns; None for any.
        limit: the largest number of tasks.
        offset: the number of newer tasks to skip.
        search: a part of the model's name, the id, the device or the trainer; in any case of its letters.
    """
    values: list[Any] = [state.value for state in states]
    where = [f"state IN ({', '.join('?' * len(states))})"] if states else ["1"]
    for column, value in equal.items():
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    if search:
        where.append(f"({' OR '.join(f'instr(lower({column}), lower(?))' for column in _SEARCHED)})")
        values += [search] * len(_SEARCHED)
    condition = " AND ".join(where)
    # The numbers come from an index alone; only the rows of this page are read.
    some = f"SELECT number FROM tasks WHERE {condition} ORDER BY number DESC LIMIT ? OFFSET ?"
    rows = database.rows(
        f"SELECT {TASK_COLUMNS} FROM tasks WHERE number IN ({some}) ORDER BY number DESC",
        [*values, _bounded(limit), _bounded(offset)],
    )
    total = database.rows(f"SELECT count(*) FROM tasks WHERE {condition}", values)[0][0]
    return [task_of(row) for row in rows], total


def metrics(database: Database, number: int, metric: str | None, after: int, limit: int) -> list[MetricRow]:
    """Return values of a task's metrics, in their order; those of one entry stay together.

    Args:
        database: the store's database.
        number: the task's number.
        metric: a metric's name, None for all.
        after: only values of entries after this one.
        limit: the largest number of values, unless a single entry has more.
    """
    only = "" if metric is None else " AND metric = ?"
    values = [number] if metric is None else [number, metric]
    sql = f"SELECT seq, time, epoch, metric, value FROM metrics WHERE task = ?{only} AND seq"
    limit = max(1, _bounded(limit))
    rows = database.rows(f"{sql} > ? ORDER BY seq, metric LIMIT ?", [*values, _bounded(after), limit + 1])
    if len(rows) > limit:
        cut = rows[limit][0]
        whole = [row for row in rows if row[0] < cut]
        rows = whole or database.rows(f"{sql} = ? ORDER BY metric", [*values, cut])
    return [metric_of(row) for row in rows]


def _bounded(number: int) -> int:
    return min(max(0, number), _MAX_INTEGER)
