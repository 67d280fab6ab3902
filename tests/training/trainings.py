"""Real processes and a real store for the tests of trainings; none outlives its test."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Condition

from auto_model_monitor.training import (
    Dispatcher,
    StoredEntry,
    Task,
    TaskState,
    TaskStore,
    Trainer,
    TrainingRequest,
)
from auto_model_monitor.training.launch import TASK_VARIABLE
from auto_model_monitor.training.processes import KnownProcess
from auto_model_monitor.training.supervisor import start_of
from tests.waiting import PATIENCE, until

EPOCHS = """
for e in 1 2 3; do
    echo "Epoch [$e/3] started"
    echo "Train Loss: 0.$e, Train Accuracy: 8$e.5%"
    echo "Validation Loss: 0.6$e, Validation Accuracy: 7$e.25%"
done
echo "Training completed"
"""


def request(**changes) -> TrainingRequest:
    values = {
        "model": "resnet18",
        "num_classes": 37,
        "train_path": "/data/train",
        "val_path": "/data/val",
        "save_path": "/data/save",
    }
    return TrainingRequest(**(values | changes))


def shell(script: str, name: str = "sh") -> Trainer:
    return Trainer(name, ("/bin/sh", "-c", script, "trainer", "{args}"))


def python(script: str, name: str = "python") -> Trainer:
    return Trainer(name, (sys.executable, "-S", "-c", script, "{args}"))


class Work:
    """A dispatcher over a store in a folder, and everything that its listeners received."""

    def __init__(self, path: Path, trainers: Sequence[Trainer], **options) -> None:
        self.store = TaskStore(path)
        options = {"interval": 0.02, "grace": 10.0} | options
        self.dispatcher = Dispatcher(self.store, trainers, **options)
        self.received: list[tuple[Task, Sequence[StoredEntry]]] = []
        self._news = Condition()
        self._open = True
        self.dispatcher.listen(self._hear)

    def _hear(self, task, entries):
        with self._news:
            self.received.append((task, entries))
            self._news.notify_all()

    def start(self) -> Work:
        self.dispatcher.start()
        return self

    def submit(self, **changes) -> str:
        return self.dispatcher.submit(request(**changes)).id

    def wait(self, task_id: str, holds, patience: float = PATIENCE) -> Task:
        """Return the task as soon as the listeners have received it in a state for which `holds`."""

        def found():
            return next(
                (task for task, _ in reversed(self.received) if task.id == task_id and holds(task)), None
            )

        with self._news:
            assert self._news.wait_for(found, patience), f"waited in vain: {self.store.get(task_id)}"
            return found()

    def wait_end(self, task_id: str) -> Task:
        return self.wait(task_id, lambda task: task.state.is_final)

    def wait_line(self, task_id: str, line: str) -> None:
        """Return when the log holds that line."""
        with self._news:
            assert self._news.wait_for(lambda: line in self.messages(task_id), PATIENCE), line

    def wait_running(self, task_id: str) -> Task:
        return self.wait(task_id, lambda task: task.state is TaskState.RUNNING)

    def messages(self, task_id: str) -> list[str]:
        return [one.entry.message for task, entries in self.received if task.id == task_id for one in entries]

    def run(self, **changes) -> Task:
        return self.wait_end(self.submit(**changes))

    def close(self) -> None:
        """End everything of it; the first call counts."""
        if not self._open:
            return
        self._open = False
        self.dispatcher.stop()
        tasks, _ = self.store.tasks(limit=10_000)
        self.store.close()
        kill_all([task.id for task in tasks if task.started_at])


def kill_all(task_ids: Sequence[str]) -> None:
    """End every process of these tasks."""
    signs = {f"{TASK_VARIABLE}={task_id}".encode() for task_id in task_ids}

    def none_left() -> bool:
        left = False
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if signs & set((folder / "environ").read_bytes().split(b"\0")):
                    process = KnownProcess(int(folder.name), start_of(int(folder.name)))
                    process.signal(signal.SIGKILL)
                    left = process.is_running() or left
        return not left

    if signs:
        until(none_left)
