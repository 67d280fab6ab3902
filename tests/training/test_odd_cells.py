"""Odd cells of ``training.db``: each costs its own task at most, no other one and no start."""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing, suppress

import pytest

from auto_model_monitor.training import Limits, LogPosition, TaskState, TaskStateError, TaskStore
from tests.training.test_store import line
from tests.training.trainings import request, shell

COLUMNS = {
    "tasks": (
        *("number", "id", "trainer", "model", "device", "priority", "request", "state", "reason"),
        *("exit_code", "cancel", "attempt", "created", "updated", "started", "finished", "progress"),
        *("current_epoch", "total_epochs", "stage", "latest", "last_seq", "first_seq"),
    ),
    "follows": ("task", "place", "identity", "reader", "course", "kept_bytes", "kept_metrics"),
    "transitions": ("number", "task", "state", "time", "reason"),
    "entries": ("key", "data"),
    "metrics": ("task", "seq", "metric", "time", "epoch", "value"),
}
VALUES = {
    "null": None,
    "text": "no such value",
    "real": 1.5e300,
    "huge": 2**63 - 1,
    "negative": -7,
    "half a JSON": '{"a": [',
    "deep JSON": "[" * 5000,
    "a JSON list": "[1, 2]",
    "JSON of odd values": '{"finished": "x", "extremes": 7, "model": 1, "a": "b"}',
    "blob": b"\xff\xfe\x00",
    "invalid UTF-8": "CAST(x'ff6e6f' AS TEXT)",
}
_KEY = {"follows": "task", "transitions": "task", "metrics": "task", "tasks": "number"}


def fill(store, state):
    """Add three tasks with logs; the second is in the given state."""
    ids = []
    for number in range(3):
        task = store.add(request(model=f"m{number}"), trainer="sh")
        if number == 1 and state != "pending":
            store.move(task.id, TaskState.RUNNING, "started")
        store.append(
            task.id, [line("a", epoch=1, val_loss=0.5), line("b", val_loss=0.4)], LogPosition(9, "x")
        )
        if number == 1 and state == "completed":
            store.move(task.id, TaskState.COMPLETED, "over", exit_code=0)
        ids.append(task.id)
    return ids


def damage(path, table, column, value):
    """Set a cell of the second task; return whether the table accepts it."""
    given = VALUES[value]
    new, values = (given, ()) if value == "invalid UTF-8" else ("?", (given,))
    where = "key >> 36 = 2" if table == "entries" else f"{_KEY[table]} = 2"
    if (table, column) == ("entries", "key"):
        where = f"key = {2 << 36 | 1}"
    elif (table, column) in (("transitions", "number"), ("metrics", "seq"), ("metrics", "metric")):
        where += " AND rowid = 2" if table == "transitions" else " AND seq = 1 AND metric = 'val_loss'"
    with closing(sqlite3.connect(path / "training.db", isolation_level=None)) as file:
        try:
            file.execute(f"UPDATE {table} SET {column} = {new} WHERE {where}", values)
        except (sqlite3.IntegrityError, sqlite3.OperationalError):
            return False
    return True


def read_everything(store):
    """Read everything that the server reads of every task; return the tasks."""
    tasks, total = store.tasks(limit=50)
    assert total == len(tasks) == 3
    for task in tasks:
        assert store.get(task.id) == task
        store.transitions(task.id), store.extremes(task.id), store.log_reports_completion(task.id)
        store.resume_point(task.id)
        assert all(json.loads(entry.data)["message"] for entry in store.entries(task.id))
        assert all(isinstance(row.seq, int) for row in store.metrics(task.id))
        json.dumps(
            [task.progress, dict(task.latest_metrics), task.request.values(), task.reason, task.device]
        )
    for state in TaskState:
        store.tasks(states=[state], search="m")
    return tasks


def others_are_whole(store, ids):
    for task_id in (ids[0], ids[2]):
        assert store.get(task_id).state is TaskState.PENDING
        assert [json.loads(entry.data)["message"] for entry in store.entries(task_id)] == ["a", "b"]
        assert [row.value for row in store.metrics(task_id, metric="val_loss")] == [0.5, 0.4]


def use_and_delete(store, task_id):
    """Change the damaged task as a dispatcher and a person do, and delete it."""
    store.append(task_id, [line("c", val_loss=0.1)], LogPosition(12, "x"))
    with suppress(TaskStateError):
        store.request_cancel(task_id, "enough")
    with suppress(TaskStateError):
        store.move(task_id, TaskState.FAILED, "over", exit_code=1)
    assert store.get(task_id).state.is_final
    store.delete(task_id)


@pytest.mark.parametrize(
    ("when", "state"), [("before the start", "completed"), ("while it is open", "pending")]
)
@pytest.mark.parametrize(("table", "column"), [(t, c) for t, columns in COLUMNS.items() for c in columns])
def test_an_odd_cell_costs_its_task_alone(tmp_path, caplog, table, column, when, state):
    """The store opens, lists every task, changes and deletes the damaged one, and the others are whole."""
    for value in VALUES:
        path = tmp_path / value.replace(" ", "-")
        store = TaskStore(path, limits=Limits(most_entries=1000))
        ids = fill(store, state)
        if when == "before the start":
            store.close()
        if damage(path, table, column, value):
            store = TaskStore(path) if when == "before the start" else store
            with caplog.at_level(logging.ERROR):
                tasks = read_everything(store)
            damaged = tasks[1] if {tasks[0].id, tasks[2].id} == {ids[0], ids[2]} else None
            damaged = damaged or next(task for task in tasks if task.id not in (ids[0], ids[2]))
            if "damaged" in damaged.reason:
                assert damaged.state is TaskState.FAILED
                assert "is damaged" in caplog.text
            others_are_whole(store, ids)
            use_and_delete(store, damaged.id)
            assert store.add(request()).state is TaskState.PENDING
        store.close()


@pytest.mark.parametrize("value", ["text", "huge", "blob", "invalid UTF-8"])
@pytest.mark.parametrize(
    "column", ["id", "request", "state", "device", "attempt", "latest", "created", "progress"]
)
def test_the_queue_goes_on(tmp_path, work, column, value):
    """A dispatcher starts, fails the damaged task with a reason, and runs the others to their ends."""
    with closing(TaskStore(tmp_path / "store")) as store:
        ids = fill(store, "pending")
    damage(tmp_path / "store", "tasks", column, value)
    at_work = work(shell("echo val_loss: 0.3"))
    for task_id in (ids[0], ids[2]):
        at_work.wait(task_id, lambda task: task.state is TaskState.COMPLETED)


@pytest.mark.parametrize("column", ["place", "reader", "course", "identity"])
@pytest.mark.parametrize("value", ["text", "real", "negative", "deep JSON", "blob", "invalid UTF-8"])
def test_a_running_one_is_adopted_or_failed(tmp_path, work, column, value):
    """A running task with a damaged record does not prevent the start."""
    with closing(TaskStore(tmp_path / "store")) as store:
        ids = fill(store, "running")
    damage(tmp_path / "store", "follows", column, value)
    at_work = work(shell("echo val_loss: 0.3"))
    for task_id in (ids[0], ids[2]):
        at_work.wait(task_id, lambda task: task.state is TaskState.COMPLETED)


@pytest.mark.parametrize("table", ["doomed", "sqlite_sequence"])
@pytest.mark.parametrize("value", [v for v in VALUES if v != "null"])
def test_the_stores_own_counters_may_be_odd(tmp_path, table, value):
    """Odd rows of deleted tasks and of SQLite's own counters leave the tasks and new ones alone."""
    with closing(TaskStore(tmp_path)) as store:
        ids = fill(store, "pending")
    given = VALUES[value]
    new, values = (given, ()) if value == "invalid UTF-8" else ("?", (given,))
    with closing(sqlite3.connect(tmp_path / "training.db", isolation_level=None)) as file:
        if table == "doomed":
            file.execute(f"INSERT INTO doomed (number, id) VALUES (1, {new})", values)
            with suppress(sqlite3.IntegrityError, sqlite3.OperationalError):
                file.execute(f"INSERT INTO doomed (number, id) VALUES ({new}, 'x')", values)
        else:
            file.execute(f"UPDATE sqlite_sequence SET seq = {new}", values)
    with closing(TaskStore(tmp_path)) as store:
        others_are_whole(store, ids)
        assert store.add(request()).id not in ids
        assert len(read_all := store.tasks()[0]) == 4, read_all
