"""The server as people start it, on a port that it keeps across restarts."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from itertools import count
from pathlib import Path
from typing import Any

TRAINER = Path(__file__).with_name("trainer.py")
PATHS = ("train", "val", "save")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LiveServer:
    """A server in a process of its own; its store and its port outlive it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self._devices = count()
        # Each training has a card of its own, which the trainer does not look at.
        self._environment = {k: v for k, v in os.environ.items() if k != "CUDA_VISIBLE_DEVICES"}
        for name in ("train", "val"):
            (folder / "data" / name).mkdir(parents=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "auto_model_monitor", "serve"]
        command += ["--port", str(self.port), "--store", str(self.folder / "store")]
        command += ["--allow-path", str(self.folder / "data")]
        command += ["--trainer", f"script={sys.executable} {TRAINER} {{args}}"]
        with (self.folder / "serve.txt").open("ab") as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=output, start_new_session=True, env=self._environment
            )
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=200).close()
            except OSError:  # also a timeout while it answers
                assert self.process.poll() is None, (self.folder / "serve.txt").read_text("utf-8")
                time.sleep(0.05)  # until there is something to connect to, nothing can be waited for
            else:
                return

    @property
    def token(self) -> str:
        """The token that the first start created."""
        return (self.folder / "store" / "token").read_text("ascii").strip()

    def end(self, number: int = signal.SIGTERM) -> None:
        """Send it a signal and wait until it is gone."""
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(200)
            self.process = None

    def ask(self, path: str, json_body: Any = None) -> Any:
        """Ask for a path, or post to it."""
        body = None if json_body is None else json.dumps(json_body).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.url + path, body, headers)
        with urllib.request.urlopen(request, timeout=200) as answer:
            return json.load(answer)

    def submit(self, baton: Baton, **values: Any) -> str:
        """Start a training over HTTP and return its id."""
        request = {"model": "resnet18", "num_classes": 10, "num_epochs": 10, **baton.paths, **values}
        request.setdefault("device", f"cuda:{next(self._devices)}")
        return str(self.ask("/api/v2/training/start", request)["task_id"])

    def log_of(self, task_id: str) -> list[str]:
        """Return what the training has written, line by line."""
        (found,) = (self.folder / "store").rglob(f"{task_id}/log.txt")
        return found.read_text("utf-8").splitlines()

    def baton(self, name: str) -> Baton:
        """Make the baton of one training."""
        return Baton(self.folder / "data", name)


class Baton:
    """Controls when a training's next epoch happens; released, it lets the training end."""

    def __init__(self, data: Path, name: str) -> None:
        save = data / name
        save.mkdir()
        os.mkfifo(save / "baton")
        self._pipe = os.open(save / "baton", os.O_RDWR)
        self.paths = {
            "train_path": str(data / "train"),
            "val_path": str(data / "val"),
            "save_path": str(save),
        }

    def pass_on(self, *turns: str, epochs: int = 0) -> None:
        """Let some epochs happen, or something else that the trainer supports."""
        os.write(self._pipe, "".join(f"{turn}\n" for turn in (*turns, *["epoch"] * epochs)).encode())

    def let_go(self) -> None:
        os.close(self._pipe)
