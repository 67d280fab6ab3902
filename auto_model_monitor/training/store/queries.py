"""Queries of the store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...log_parser import LogEntry
from ..tasks import LogPosition, MetricRow, ResumePoint, StoredEntry, Task, TaskState, Transition
from .damaged_rows import is_time, require_follow, require_sound
from .database import Database
from .schema import key_of, seq_of
from .stored_rows import TASK_COLUMNS, entry_bytes, metric_of, task_of, to_time

_SEARCHED = ("model", "id", "device", "trainer")
_KEYS = frozenset(("timestamp", "level", "message", "metrics", "stage"))
_LOST = entry_bytes(
    LogEntry(timestamp=to_time(0), level="ERROR", message="(this line of the store is damaged)")
)
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
    only = " AND typeof(seq) = 'integer'" + ("" if metric is None else " AND metric = ?")
    values = [number] if metric is None else [number, metric]
    sql = f"SELECT seq, time, epoch, metric, value FROM metrics WHERE task = ?{only} AND seq"
    limit = max(1, _bounded(limit))
    rows = database.rows(f"{sql} > ? ORDER BY seq, metric LIMIT ?", [*values, _bounded(after), limit + 1])
    if len(rows) > limit:
        cut = rows[limit][0]
        whole = [row for row in rows if row[0] < cut]
        rows = whole or database.rows(f"{sql} = ? ORDER BY metric", [*values, cut])
    return [value for row in rows if (value := metric_of(row))]


def resume_point(database: Database, number: int) -> ResumePoint:
    """Return what a dispatcher needs to resume following a task.

    Raises:
        DamagedRowError: it cannot be read.
    """
    names = "attempt", "cancel", "number"
    rows = database.rows(f"SELECT {', '.join(names)} FROM tasks WHERE number = ?", (number,))
    if not rows:
        return ResumePoint()
    require_sound(names, rows[0])
    place, identity, reader = _follow(database, number, ("place", "identity", "reader"))
    attempt, cancel, _ = rows[0]
    return ResumePoint(attempt, cancel, LogPosition(place, identity or "", json.loads(reader)))


def course(database: Database, number: int) -> dict[str, Any]:
    """Return the progress of a task that a :class:`Task` does not contain.

    Raises:
        DamagedRowError: it cannot be read.
    """
    return dict(json.loads(_follow(database, number, ("course",))[0]))


def _follow(database: Database, number: int, names: Sequence[str]) -> tuple[Any, ...]:
    rows = database.rows(f"SELECT {', '.join(names)} FROM follows WHERE task = ?", (number,))
    row = rows[0] if rows else None
    require_follow(number, names, row)
    return row or ()


def transitions(database: Database, number: int) -> list[Transition]:
    """Return the changes of a task's state that can be read, the oldest first."""
    sql = "SELECT state, time, reason FROM transitions WHERE task = ? ORDER BY number"
    known = {state.value for state in TaskState}
    return [
        Transition(TaskState(state), to_time(stamp), reason)
        for state, stamp, reason in database.rows(sql, (number,))
        if state in known and is_time(stamp) and isinstance(reason, str)
    ]


def entries(database: Database, number: int, after: int, limit: int) -> list[StoredEntry]:
    """Return the stored entries with numbers above ``after``; one that cannot be read says so."""
    sql = "SELECT key, data FROM entries WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
    bounds = key_of(number, after), key_of(number + 1, 0), _bounded(limit)
    rows = database.rows(sql, bounds)
    if not _are_entries([data for _, data in rows]):
        rows = [(key, data if _are_entries([data]) else _LOST) for key, data in rows]
    return [StoredEntry(seq_of(key), data) for key, data in rows]


def _are_entries(found: Sequence[Any]) -> bool:
    """Return whether each is the JSON of an entry; all of them are parsed as one, because that is quick."""
    try:
        values = json.loads(b"[" + b",".join(found) + b"]")
        return len(values) == len(found) and all(value.keys() >= _KEYS for value in values)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return False


def _bounded(number: int) -> int:
    return min(max(0, number), _MAX_INTEGER)
