"""Rows of the store that cannot be read: each is repaired into a failed task, and costs no other one."""

from __future__ import annotations

import json
import logging
import math
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from ...log_parser import Stage
from ..devices import device_name
from ..task_errors import StoreError
from ..tasks import TaskState
from .schema import MOST_TASKS

logger = logging.getLogger(__name__)

_P = ParamSpec("_P")
_R = TypeVar("_R")
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError)
_LAST_TIME = 253_402_300_799_000_000  # the last microsecond stamp of the calendar
_MOST = 2**36
_REQUEST = {
    **dict.fromkeys(("model", "train_path", "val_path", "save_path"), "(damaged)"),
    **dict.fromkeys(("num_classes", "batch_size", "num_epochs"), 1),
    "learning_rate": 1e-4,
    "device": "cpu",
    "priority": 5,
    "trainer": "",
    "weights_path": None,
}


class DamagedRowError(StoreError):
    """A row of a task cannot be read.

    Args:
        number: the task's number.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"the record of task number {number} is damaged")
        self.number = number


class Repairing(Protocol):
    """A store whose rows may have to be repaired."""

    def repair(self, number: int) -> None:
        """Repair the row of a task."""
        ...


_S = TypeVar("_S", bound=Repairing)


def repairing(method: Callable[Concatenate[_S, _P], _R]) -> Callable[Concatenate[_S, _P], _R]:
    """Let a method of a store repair the damaged rows that it meets, each once, and start over."""

    @wraps(method)
    def repeat(store: _S, /, *args: _P.args, **options: _P.kwargs) -> _R:
        repaired: set[int] = set()
        while True:
            try:
                return method(store, *args, **options)
            except DamagedRowError as error:
                if error.number in repaired:
                    raise
                repaired.add(error.number)
                store.repair(error.number)

    return repeat


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _id(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.isprintable() and "\ufffd" not in value


def _up_to(most: int, least: int = 0) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, int) and least <= value <= most


def _optional(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: value is None or check(value)


def _object(value: Any) -> bool:
    return isinstance(value, str) and isinstance(json.loads(value), dict)


def _numbers(value: Any) -> bool:
    return _object(value) and all(map(_is_number, json.loads(value).values()))


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _request(value: Any) -> bool:
    given = json.loads(value)
    for name, usual in _REQUEST.items():
        found = given[name]
        if usual is None or isinstance(usual, str):
            if not (found is None and usual is None):
                found.encode()
        elif not _is_number(found) or not math.isfinite(found) or not 0 <= found < _MOST:
            return False
    return True


def _course(value: Any) -> bool:
    given = json.loads(value)
    rows = given.get("extremes", {}).values()
    good = all(len(row) == 4 and all(_is_number(n) or n is None for n in row) for row in rows)
    return good and _up_to(_MOST)(given.get("finished", 0))


is_time = _up_to(_LAST_TIME)
_Column = tuple[Callable[[Any], bool], Any]  # whether a cell can be read, and what replaces it
_TASK: Mapping[str, _Column] = {
    "number": (_up_to(MOST_TASKS, 1), None),
    "id": (_id, None),
    "trainer": (_text, ""),
    "model": (_text, "(damaged)"),
    "device": (lambda value: device_name(value) == value, "cpu"),
    "priority": (_up_to(10), 5),
    "request": (_request, json.dumps(_REQUEST)),
    "state": (lambda value: bool(TaskState(value)), "failed"),
    "reason": (_text, ""),
    "exit_code": (_optional(_up_to(2**32, -(2**32))), None),
    "cancel": (_optional(_text), None),
    "attempt": (_up_to(_MOST), 0),
    "created": (is_time, 0),
    "updated": (is_time, 0),
    "started": (_optional(is_time), None),
    "finished": (_optional(is_time), None),
    "progress": (_up_to(100), 0),
    "current_epoch": (_up_to(_MOST), 0),
    "total_epochs": (_up_to(_MOST), 1),
    "stage": (_optional(lambda value: bool(Stage(value))), None),
    "latest": (_numbers, "{}"),
    "last_seq": (_up_to(_MOST - 1), 0),
    "first_seq": (_up_to(_MOST - 1, 1), 1),
}
_FOLLOW: Mapping[str, _Column] = {
    "place": (_up_to(2**62), 0),
    "identity": (_optional(_text), ""),
    "reader": (_object, "{}"),
    "course": (_course, "{}"),
    "kept_bytes": (_up_to(2**62), 0),
    "kept_metrics": (_up_to(2**62), 0),
}


def _odd(columns: Mapping[str, _Column], row: Sequence[Any]) -> dict[str, Any]:
    """Return the columns that cannot be read, with what they hold."""
    odd = {}
    for (name, (check, _)), value in zip(columns.items(), row, strict=True):
        try:
            good = check(value)
        except _UNREADABLE:
            good = False
        if not good:
            odd[name] = value
    return odd


def require_sound(names: Sequence[str | None], row: Sequence[Any]) -> None:
    """Check the cells of a row of ``tasks`` by their columns' names, the last of which is ``number``.

    Raises:
        DamagedRowError: one cannot be read.
    """
    columns = {name: _TASK[name] for name in names if name}
    if _odd(columns, [value for name, value in zip(names, row, strict=True) if name]):
        raise DamagedRowError(row[-1])


def require_follow(number: int, names: Sequence[str], row: Sequence[Any] | None) -> None:
    """Check the cells of a row of ``follows``, None if there is none.

    Raises:
        DamagedRowError: there is none, or a cell cannot be read.
    """
    if row is None or _odd({name: _FOLLOW[name] for name in names}, row):
        raise DamagedRowError(number)


def repair(cursor: sqlite3.Cursor, number: int, now: int) -> None:
    """Replace the odd cells of a task, which has failed then, in a transaction."""
    rows = cursor.execute(f"SELECT {', '.join(_TASK)} FROM tasks WHERE number = ?", (number,)).fetchall()
    if not rows:
        return
    cursor.execute("INSERT OR IGNORE INTO follows (task) VALUES (?)", (number,))
    created = cursor.rowcount == 1
    follow = cursor.execute(f"SELECT {', '.join(_FOLLOW)} FROM follows WHERE task = ?", (number,)).fetchone()
    odd, odd_follow = _odd(_TASK, rows[0]), _odd(_FOLLOW, follow)
    if not (odd or odd_follow or created):
        return
    found = {**odd, **odd_follow} or {"follows": "no row"}
    problem = ", ".join(f"{name} is {ascii(value)[:60]}" for name, value in found.items())
    reason = f"its record in the store is damaged ({problem}); if its training still runs, it is left alone"
    logger.error("task %s (number %d) of the store: %s", ascii(rows[0][1])[:60], number, reason)
    new = {name: _TASK[name][1] for name in odd}
    if "last_seq" in odd:
        sql = "SELECT coalesce(max(key) & ?, 0) FROM entries WHERE key BETWEEN ? AND ?"
        low = min(number, MOST_TASKS) << 36
        new["last_seq"] = cursor.execute(sql, (_MOST - 1, low, low + _MOST - 1)).fetchone()[0]
    if "number" in odd:
        new["number"] = _free_number(cursor)
    if "id" in odd:
        new["id"] = f"damaged-{new.get('number', number)}"
    new |= {"state": TaskState.FAILED.value, "reason": reason, "updated": now, "finished": now, "stage": None}
    if odd_follow:
        _update(cursor, "follows", {name: _FOLLOW[name][1] for name in odd_follow}, "task", number)
    _update(cursor, "tasks", new, "number", number)
    number = new.get("number", number)
    cursor.execute("INSERT OR IGNORE INTO follows (task) VALUES (?)", (number,))
    add_transition(cursor, number, TaskState.FAILED.value, now, reason)


def add_transition(cursor: sqlite3.Cursor, number: int, state: str, time: int, reason: str) -> None:
    """Add a change of a task's state; a row with a huge number would leave SQLite none for the next."""
    largest = "(SELECT coalesce(max(number), 0) FROM transitions WHERE number < 1 << 53)"
    sql = f"INSERT INTO transitions (number, task, state, time, reason) VALUES ({largest} + 1, ?, ?, ?, ?)"
    cursor.execute(sql, (number, state, time, reason))


def _update(cursor: sqlite3.Cursor, table: str, new: Mapping[str, Any], key: str, number: int) -> None:
    columns = ", ".join(f"{name} = ?" for name in new)
    cursor.execute(f"UPDATE OR REPLACE {table} SET {columns} WHERE {key} = ?", (*new.values(), number))


def _free_number(cursor: sqlite3.Cursor) -> int:
    some = "SELECT number AS n FROM tasks UNION SELECT task FROM follows UNION SELECT number FROM doomed"
    row = cursor.execute(
        f"SELECT coalesce(max(n), 0) + 1 FROM ({some}) WHERE n BETWEEN 0 AND ?", (MOST_TASKS - 1,)
    )
    return int(row.fetchone()[0])


def repair_all(cursor: sqlite3.Cursor, now: int) -> None:
    """Repair every task, and the counters from which new rows are numbered, in a transaction."""
    cursor.execute("DELETE FROM transitions WHERE number NOT BETWEEN 0 AND ?", (2**53,))
    cursor.execute(
        "DELETE FROM doomed WHERE number IN (SELECT number FROM tasks) OR id IN (SELECT id FROM tasks)"
    )
    cursor.execute("DELETE FROM doomed WHERE number NOT BETWEEN 1 AND ?", (MOST_TASKS,))
    for (number,) in cursor.execute("SELECT number FROM tasks").fetchall():
        repair(cursor, number, now)
    for table, most in (("tasks", MOST_TASKS), ("transitions", 2**53)):
        largest = f"(SELECT coalesce(max(number), 0) FROM {table})"
        odd = "typeof(seq) != 'integer' OR seq NOT BETWEEN 0 AND ?"
        sql = f"UPDATE sqlite_sequence SET seq = {largest} WHERE name = ? AND ({odd})"
        cursor.execute(sql, (table, most))
