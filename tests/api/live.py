"""A server in the process of the tests, and trainings that print what a test passes them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from auto_model_monitor.training import StoreError, TaskState, TaskStore, Trainer
from tests.waiting import until

SCRIPT = Path(__file__).with_name("trainer.py")
TRAINER = Trainer("script", (sys.executable, "-I", "-S", str(SCRIPT), "{args}"))
TOKEN = "a-token-of-the-tests-0123456789"


class Puppet:
    """Controls one training: it prints the lines that are given here."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        os.mkfifo(folder / "lines")
        # Open for both, so that neither end waits for the other.
        self._pipe: int | None = os.open(folder / "lines", os.O_RDWR)
        self.save_path = str(folder)

    def say(self, *lines: str) -> None:
        assert self._pipe is not None
        os.write(self._pipe, "".join(f"{line}\n" for line in lines).encode())

    def end(self, status: int = 0) -> None:
        self.say(f"exit {status}")

    def let_go(self) -> None:
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


class Event:
    """One server-sent event, as a browser would see it."""

    def __init__(self, fields: dict[str, str]) -> None:
        self.kind = fields.get("event", "message")
        self.id = fields.get("id")
        self.retry = fields.get("retry")
        self.data: dict[str, Any] = json.loads(fields["data"]) if "data" in fields else {}

    @property
    def message(self) -> str:
        return str(self.data.get("message"))


class Stream:
    """A log stream that a client reads; comments are counted in ``beats``."""

    def __init__(self, host: str, port: int, path: str, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection(host, port, timeout=200)
        self.connection.request("GET", path, headers=headers)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status
        self.beats = 0

    def events(self) -> Iterator[Event]:
        """Yield each event with data, until the server ends the stream."""
        fields: dict[str, str] = {}
        for raw in self.answer:
            line = raw.decode().rstrip("\n")
            if line.startswith(":"):
                self.beats += 1
            elif line:
                name, _, value = line.partition(": ")
                assert name not in fields
                fields[name] = value
            elif fields:
                event, fields = Event(fields), {}
                if event.data:
                    yield event
        assert not fields

    def take(self, number: int) -> list[Event]:
        """Return the next events."""
        events = self.events()
        return [next(events) for _ in range(number)]

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


class Live:
    """A server that runs in a thread, on a port of its own."""

    def __init__(self, app: Any) -> None:
        from auto_model_monitor.api.serving import UvicornServer, open_listener

        self.app = app
        self.broadcaster = app.state.broadcaster
        self.listener = open_listener("127.0.0.1", 0)
        self.port = self.listener.getsockname()[1]
        started = threading.Event()
        self.server = UvicornServer(app, started.set)
        self.thread = threading.Thread(target=self.server.run, args=([self.listener],), daemon=True)
        self.thread.start()
        assert started.wait(30)
        self._streams: list[Stream] = []

    def stream(self, task_id: str, query: str = "", **headers: str) -> Stream:
        """Follow a task's log."""
        path = f"/api/v2/training/{task_id}/logs{query}"
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        stream = Stream("127.0.0.1", self.port, path, names)
        self._streams.append(stream)
        return stream

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """Send a request, and return the JSON of its response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=200)
        text = None if body is None else json.dumps(body)
        headers = {} if body is None else {"content-type": "application/json"}
        headers |= {} if token is None else {"authorization": f"Bearer {token}"}
        with contextlib.closing(connection):
            connection.request(method, path, text, headers)
            content = connection.getresponse().read()
        return json.loads(content) if content else None

    def start(self, puppet: Puppet | None, folder: Path, **values: Any) -> str:
        """Start a training, and return its id."""
        save = str(folder / "save") if puppet is None else puppet.save_path
        body = {**request(folder), "save_path": save, **values}
        return str(self.ask("POST", "/api/v2/training/start", body)["task_id"])

    def stop(self) -> None:
        for stream in self._streams:
            stream.close()
        self.server.should_exit = True
        self.thread.join(30)
        assert not self.thread.is_alive()
        self.listener.close()


def request(folder: Path) -> dict[str, Any]:
    """Return a request whose paths exist."""
    for name in ("train", "val"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    return {
        "model": "resnet18",
        "num_classes": 37,
        "train_path": str(folder / "train"),
        "val_path": str(folder / "val"),
        "save_path": str(folder / "save"),
        "num_epochs": 3,
    }


def end_all(store: TaskStore, cancel: Callable[[str], Any]) -> None:
    """End all trainings of a test."""
    with contextlib.suppress(StoreError):  # a test may have closed it
        unfinished, _ = store.tasks(states=[TaskState.PENDING, TaskState.RUNNING], limit=1000)
        for task in unfinished:
            cancel(f"/api/v2/training/{task.id}/cancel")
        until(lambda: not store.count(TaskState.RUNNING))
