"""A store that version 0.4 wrote, opened by this version."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from auto_model_monitor.training import Dispatcher, TaskState, TaskStore, Trainer
from auto_model_monitor.training_alerts import TrainingMonitor
from tests.fakes import RecordingNotifier
from tests.waiting import until

FIXTURE = Path(__file__).parent.parent / "fixtures" / "training-0.4"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A copy of the store; ``make.py`` beside the original describes its tasks."""
    return Path(shutil.copytree(FIXTURE, tmp_path / "store", ignore=shutil.ignore_patterns("make.py")))


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def test_every_task_entry_metric_and_transition_is_still_there(directory: Path) -> None:
    """The tasks, log lines, metrics and transitions that 0.4 stored are returned unchanged."""
    database = directory / "training.db"
    tasks = rows(database, "SELECT id, model, state, reason, exit_code, progress, request FROM tasks")
    entries = rows(database, "SELECT data FROM entries ORDER BY key")
    metrics = rows(database, "SELECT metric, value FROM metrics ORDER BY task, seq, metric")
    transitions = rows(database, "SELECT state, reason FROM transitions ORDER BY task, number")
    with closing(TaskStore(directory)) as store:
        found, total = store.tasks()
        assert total == len(tasks) == 6
        for id, model, state, reason, exit_code, progress, request in tasks:
            task = store.get(id)
            assert (task.request.model, task.state.value, task.reason) == (model, state, reason)
            assert (task.exit_code, task.progress) == (exit_code, progress)
            for name, value in json.loads(request).items():
                assert getattr(task.request, name) == value
        ids = [task.id for task in reversed(found)]
        assert [(entry.data,) for id in ids for entry in store.entries(id)] == entries
        assert [(row.metric, row.value) for id in ids for row in store.metrics(id)] == metrics
        changes = [change for id in ids for change in store.transitions(id)]
        assert [(change.state.value, change.reason) for change in changes] == transitions


class Server:
    """The dispatcher and the monitor that take over the store."""

    def __init__(self, directory: Path) -> None:
        self.store = TaskStore(directory)
        self.dispatcher = Dispatcher(self.store, [Trainer("shell", ("true",))], interval=0.02)
        self.mail, self.robot = RecordingNotifier("mail"), RecordingNotifier("robot")
        self.monitor = TrainingMonitor(
            self.dispatcher, ["val_acc >= 90"], [self.mail, self.robot], check_interval=0.02
        )
        self.monitor.start()
        self.dispatcher.start()

    def task(self, model: str) -> Any:
        (task,), _ = self.store.tasks(model=model)
        return task

    def close(self) -> None:
        self.dispatcher.stop()
        self.monitor.stop()
        self.store.close()


@pytest.fixture
def server(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    # Copies of the store share their task ids: a test must not kill the processes of another test.
    monkeypatch.setattr("auto_model_monitor.training.running_task.kill_task_processes", lambda *_: None)
    with closing(Server(directory)) as server:
        until(lambda: not server.store.tasks(states=[TaskState.PENDING, TaskState.RUNNING])[0])
        sql = "SELECT state, count(*) FROM deliveries GROUP BY state"
        until(lambda: rows(directory / "outbox.db", sql) == [("delivered", 16)])
        yield server


def test_the_running_task_ends_and_the_pending_ones_run(server: Server) -> None:
    """A training that ended between the versions is completed; pending tasks run by priority."""
    continues, first, second = (server.task(model) for model in ("continues", "first", "second"))
    assert [(task.state, task.reason) for task in (continues, first, second)] == [
        (TaskState.COMPLETED, "exit status 0")
    ] * 3
    assert continues.latest_metrics["val_acc"] == 94.75
    assert continues.exit_code == 0
    assert second.started_at < first.started_at


def test_no_alert_is_repeated_and_none_that_was_pending_is_lost(server: Server) -> None:
    """``mail`` receives only what is new; ``robot`` also the four alerts that were pending in 0.4."""
    new = [message.subject for message in server.mail.sent]
    assert "94.75" in new[0]
    assert [one for word in ("continues", "second", "first") for one in new[1:] if word in one] == new[1:]
    received = [message.subject for message in server.robot.sent]
    assert received[4:] == new
    assert [
        next(word for word in ("91.5", "finishes", "fails", "92.5") if word in subject)
        for subject in received[:4]
    ] == ["91.5", "finishes", "fails", "92.5"]


def test_another_restart_repeats_nothing(server: Server, directory: Path) -> None:
    """Servers that start later on the same store send nothing more."""
    server.close()
    for _ in range(2):
        later = Server(directory)
        later.close()
        assert later.mail.sent == later.robot.sent == []
