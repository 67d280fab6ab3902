"""Store log entries, and trim old ones, inside a transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...log_parser import LogEntry
from ..task_errors import UnknownTaskError
from ..tasks import LogPosition, StoredEntry, Task
from ..training_progress import TrainingProgress
from .damaged_rows import DamagedRowError, require_follow
from .schema import key_of
from .stored_rows import TASK_COLUMNS, entry_bytes, metric_rows, task_of, to_json, to_time

_SLACK = 10_000  # rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much of each task's log is stored; the oldest part beyond that is deleted.

    Attributes:
        most_entries: log lines.
        most_bytes: bytes of these lines, as JSON.
        most_metrics: values of metrics.
    """

    most_entries: int = 100_000
    most_bytes: int = 64 << 20
    most_metrics: int = 2_000_000


def append(
    cursor: sqlite3.Cursor,
    task_id: str,
    entries: Sequence[LogEntry],
    now: int,
    position: LogPosition | None,
    limits: Limits,
) -> tuple[Task, list[StoredEntry]]:
    """Store entries, their metrics, the task's progress and the position in its log; trim what is too much.

    Args:
        cursor: inside a transaction.
        task_id: the task's id.
        entries: in their order.
        now: microseconds since 1970 UTC.
        position: how far the log has been read; None leaves it unchanged.
        limits: how much is stored.

    Returns:
        The task after the change, and the entries as stored.

    Raises:
        UnknownTaskError: there is no such task.
    """
    sql = f"SELECT number, course, {TASK_COLUMNS} FROM tasks JOIN follows ON task = tasks.number WHERE id = ?"
    found = cursor.execute(sql, (task_id,)).fetchone()
    if found is None:
        lone = cursor.execute("SELECT number FROM tasks WHERE id = ?", (task_id,)).fetchone()
        raise UnknownTaskError(task_id) if lone is None else DamagedRowError(lone[0])
    number, state, *row = found
    task = task_of(row)
    names = "course", "kept_bytes", "kept_metrics"
    follow = cursor.execute(f"SELECT {', '.join(names)} FROM follows WHERE task = ?", (number,)).fetchone()
    require_follow(number, names, follow)
    progress = TrainingProgress.of(task, json.loads(state))
    progress.update(entries, task.request.learning_rate)
    stored = [
        StoredEntry(seq, entry_bytes(entry), entry) for seq, entry in enumerate(entries, task.last_seq + 1)
    ]
    metrics = [row for seq, _, entry in stored if entry for row in metric_rows(number, seq, entry)]
    cursor.executemany(
        "INSERT OR REPLACE INTO entries (key, data) VALUES (?, ?)",
        [(key_of(number, seq), data) for seq, data, _ in stored],
    )
    cursor.executemany("INSERT OR REPLACE INTO metrics VALUES (?, ?, ?, ?, ?, ?)", metrics)
    if stored:
        task = replace(
            task,
            updated_at=to_time(now),
            progress=max(task.progress, progress.progress),
            current_epoch=progress.current_epoch,
            total_epochs=progress.total_epochs,
            stage=progress.stage,
            latest_metrics=progress.latest,
            last_seq=stored[-1].seq,
            first_epoch=0 if progress.from_zero else 1,
        )
        _update_task(cursor, number, task, now)
    size = sum(len(data) for _, data, _ in stored)
    _update_follow(cursor, number, progress, position, size, len(metrics))
    return replace(task, first_seq=_trim(cursor, number, limits)), stored


def _update_task(cursor: sqlite3.Cursor, number: int, task: Task, now: int) -> None:
    sql = (
        "UPDATE tasks SET updated = ?, progress = ?, current_epoch = ?, total_epochs = ?, stage = ?, "
        "latest = ?, last_seq = ? WHERE number = ?"
    )
    stage = None if task.stage is None else task.stage.value
    counts = now, task.progress, task.current_epoch, task.total_epochs
    cursor.execute(sql, (*counts, stage, to_json(task.latest_metrics), task.last_seq, number))


def _update_follow(
    cursor: sqlite3.Cursor,
    number: int,
    progress: TrainingProgress,
    position: LogPosition | None,
    size: int,
    metrics: int,
) -> None:
    changes: dict[str, Any] = {"course": to_json(progress.state())}
    if position is not None:
        reader = to_json(position.reader)
        changes |= {"place": position.offset, "identity": position.identity, "reader": reader}
    columns = ", ".join(f"{name} = ?" for name in changes)
    cursor.execute(
        f"UPDATE follows SET {columns}, kept_bytes = kept_bytes + ?, kept_metrics = kept_metrics + ? "
        "WHERE task = ?",
        (*changes.values(), size, metrics, number),
    )


def _trim(cursor: sqlite3.Cursor, number: int, limits: Limits) -> int:
    """Delete what exceeds the limits; return the number of the first entry that is still stored."""
    sql = (
        "SELECT first_seq, last_seq, kept_bytes, kept_metrics FROM tasks JOIN follows ON task = tasks.number"
    )
    first, last, size, metrics = cursor.execute(f"{sql} WHERE task = ?", (number,)).fetchone()
    # A limit may be exceeded by up to a tenth, so that rows are deleted in larger pieces.
    if last - first + 1 > limits.most_entries + min(_SLACK, limits.most_entries // 10):
        first = last - limits.most_entries + 1
        size -= _drop_entries(cursor, number, first)
    while size > limits.most_bytes and first < last:
        first += max(1, (last - first) // 10)
        size -= _drop_entries(cursor, number, first)
    if metrics > limits.most_metrics + min(_SLACK, limits.most_metrics // 10):
        _drop_metrics(cursor, number, metrics - limits.most_metrics)
    return int(first)


def _drop_entries(cursor: sqlite3.Cursor, number: int, first: int) -> int:
    """Delete the entries before ``first``; return their size in bytes."""
    bounds = key_of(number, 0), key_of(number, first)
    sql = "SELECT coalesce(sum(length(data)), 0) FROM entries WHERE key >= ? AND key < ?"
    size = int(cursor.execute(sql, bounds).fetchone()[0])
    cursor.execute("DELETE FROM entries WHERE key >= ? AND key < ?", bounds)
    cursor.execute("UPDATE tasks SET first_seq = ? WHERE number = ?", (first, number))
    cursor.execute("UPDATE follows SET kept_bytes = kept_bytes - ? WHERE task = ?", (size, number))
    return size


def _drop_metrics(cursor: sqlite3.Cursor, number: int, count: int) -> None:
    sql = "SELECT seq FROM metrics WHERE task = ? ORDER BY seq LIMIT 1 OFFSET ?"
    row = cursor.execute(sql, (number, count)).fetchone()
    first = row[0] if row else 0
    deleted = cursor.execute("DELETE FROM metrics WHERE task = ? AND seq < ?", (number, first)).rowcount
    cursor.execute("UPDATE follows SET kept_metrics = kept_metrics - ? WHERE task = ?", (deleted, number))
