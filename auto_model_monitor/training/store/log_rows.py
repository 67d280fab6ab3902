"""What a further piece of a task's log changes in the store."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...log_parser import LogEntry
from ..tasks import StoredEntry
from .schema import key_of
from .stored_rows import TASK_COLUMNS, course_of, entry_bytes, metric_rows, task_of, to_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is kept of each task's log; beyond it the oldest goes.

    Attributes:
        most_entries: lines of the log.
        most_bytes: bytes of these lines, as JSON.
        most_metrics: numbers of the history.
    """

    most_entries: int = 100_000
    most_bytes: int = 64 << 20
    most_metrics: int = 2_000_000

    @staticmethod
    def slack(limit: int) -> int:
        """Return by how much a limit is exceeded before anything goes, so that it goes in pieces."""
        return min(10_000, limit // 10)


def append(
    cursor: sqlite3.Cursor,
    number: int,
    entries: Sequence[LogEntry],
    now: int,
    follow: Mapping[str, Any],
) -> list[StoredEntry]:
    """Write entries, their numbers, how far the task is and where its log was; return them as kept.

    Args:
        cursor: inside a transaction.
        number: the task's.
        entries: in their order.
        now: microseconds since 1970 UTC.
        follow: ``place``, ``identity`` and ``reader``; None leaves one as it is.
    """
    task = task_of(cursor.execute(f"SELECT {TASK_COLUMNS} FROM tasks WHERE number = ?", (number,)).fetchone())
    rest = cursor.execute("SELECT course FROM follows WHERE task = ?", (number,)).fetchone()[0]
    course = course_of(task, rest)
    course.take(entries, task.request.learning_rate)
    numbered = enumerate(entries, task.last_seq + 1)
    stored = [StoredEntry(seq, entry_bytes(entry), entry) for seq, entry in numbered]
    said = [
        row for seq, entry in enumerate(entries, task.last_seq + 1) for row in metric_rows(number, seq, entry)
    ]
    cursor.executemany(
        "INSERT INTO entries (key, data) VALUES (?, ?)",
        [(key_of(number, seq), data) for seq, data, _ in stored],
    )
    cursor.executemany("INSERT INTO metrics VALUES (?, ?, ?, ?, ?, ?)", said)
    if entries:
        sql = (
            "UPDATE tasks SET updated = ?, progress = max(progress, ?), current_epoch = ?, total_epochs = ?, "
            "stage = ?, latest = ?, last_seq = ? WHERE number = ?"
        )
        stage = None if course.stage is None else course.stage.value
        values = (
            now,
            course.progress,
            course.current_epoch,
            course.total_epochs,
            stage,
            to_text(course.latest),
        )
        cursor.execute(sql, (*values, task.last_seq + len(entries), number))
    reader = follow.get("reader")
    sql = (
        "UPDATE follows SET place = coalesce(?, place), identity = coalesce(?, identity), "
        "reader = coalesce(?, reader), course = ?, kept_bytes = kept_bytes + ?, "
        "kept_metrics = kept_metrics + ? WHERE task = ?"
    )
    size = sum(len(data) for _, data, _ in stored)
    marks = follow.get("place"), follow.get("identity"), None if reader is None else to_text(reader)
    cursor.execute(sql, (*marks, to_text(course.rest()), size, len(said), number))
    return stored


def trim(cursor: sqlite3.Cursor, number: int, limits: Limits) -> None:
    """Drop what is too old to be kept."""
    sql = (
        "SELECT first_seq, last_seq, kept_bytes, kept_metrics FROM tasks JOIN follows ON task = tasks.number"
    )
    first, last, size, metrics = cursor.execute(f"{sql} WHERE task = ?", (number,)).fetchone()
    if last - first + 1 > limits.most_entries + limits.slack(limits.most_entries):
        first = last - limits.most_entries + 1
        size -= _drop_entries(cursor, number, first)
    while size > limits.most_bytes and first < last:
        first += max(1, (last - first) // 10)
        size -= _drop_entries(cursor, number, first)
    if metrics > limits.most_metrics + limits.slack(limits.most_metrics):
        _drop_metrics(cursor, number, metrics - limits.most_metrics)


def _drop_entries(cursor: sqlite3.Cursor, number: int, first: int) -> int:
    """Keep the entries from ``first`` on; return how many bytes went."""
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
    gone = cursor.execute("DELETE FROM metrics WHERE task = ? AND seq < ?", (number, first)).rowcount
    cursor.execute("UPDATE follows SET kept_metrics = kept_metrics - ? WHERE task = ?", (gone, number))
