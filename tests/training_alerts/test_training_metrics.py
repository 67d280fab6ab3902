"""Starts a training over HTTP, polls it, follows its log, and shows its metrics: a test, and a tool.

Without an address it runs a server and a short training of its own; otherwise, in one line:

    python tests/training_alerts/test_training_metrics.py http://localhost:8000 --token TOKEN
        --train-path /data/train --val-path /data/val --save-path /checkpoints/one --num-epochs 3
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

TRAINER = Path(__file__).parents[1] / "api" / "trainer.py"
FINAL = ("completed", "failed", "cancelled")


class Server:
    """A server that is asked over HTTP."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/") + "/api/v2/training"
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    def start(self, body: dict[str, Any]) -> str:
        """Start a training; return its id."""
        headers = {**self.headers, "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/start", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=200) as answer:
            return str(json.load(answer)["task_id"])

    def status(self, task_id: str) -> dict[str, Any]:
        """Return how far a training is."""
        request = urllib.request.Request(f"{self.url}/{task_id}", headers=self.headers)
        with urllib.request.urlopen(request, timeout=200) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def log(self, task_id: str) -> Iterator[dict[str, Any]]:
        """Yield the entries of a training's log until it has ended."""
        request = urllib.request.Request(f"{self.url}/{task_id}/logs", headers=self.headers)
        with urllib.request.urlopen(request, timeout=200) as stream:
            for line in stream:
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])


@contextmanager
def own_server() -> Iterator[tuple[Server, dict[str, Any]]]:
    """Run a server whose trainer says what a real one would, and yield it with what to ask of it."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("train", "val"):
            Path(folder, name).mkdir()
        command = [sys.executable, "-m", "auto_model_monitor", "serve", "--port", "0", "--no-auth"]
        command += ["--trainer", f"script={sys.executable} {TRAINER} {{args}}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8", cwd=folder) as process:
            assert process.stdout is not None
            found = re.search(r"http://\S+?:\d+", process.stdout.readline())
            assert found is not None, "the server did not start"
            try:
                paths = {"train_path": "train", "val_path": "val", "save_path": "save"}
                yield Server(found[0]), paths
            finally:
                process.terminate()


def watch(server: Server, body: dict[str, Any], *, every: float) -> dict[str, Any]:
    """Start a training, show its log and its status until it has ended, and return its last status."""
    task_id = server.start(body)
    print(f"task {task_id}")
    follower = threading.Thread(target=_show_log, args=(server, task_id))
    follower.start()
    while (task := server.status(task_id))["status"] not in FINAL:
        print(f"-- {task['status']}, {task['progress']} %")
        time.sleep(every)
    follower.join()
    print(f"-- {task['status']}, {task['progress']} %")
    for name, value in task["latest_metrics"].items():
        print(f"{name:>16} {value}")
    return task


def _show_log(server: Server, task_id: str) -> None:
    for entry in server.log(task_id):
        print(f"[{entry['level']}] {entry['message']}")
        if entry["metrics"]:
            print(f"    {entry['metrics']}")


def main(argv: list[str] | None = None) -> int:
    """Run the tool."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("url", nargs="?", help="a server (default: one of its own, with a short training)")
    options.add_argument("--token", help="the server's, unless it asks for none")
    options.add_argument("--every", type=float, default=0.5, help="seconds between two polls")
    options.add_argument("--model", default="resnet18")
    options.add_argument("--device", default="cpu")
    for name, number in (("num-classes", 37), ("num-epochs", 10), ("batch-size", 8)):
        options.add_argument(f"--{name}", type=int, default=number)
    for name in ("train-path", "val-path", "save-path"):
        options.add_argument(f"--{name}")
    given = vars(options.parse_args(argv))
    url, token, every = given.pop("url"), given.pop("token"), given.pop("every")
    body = {name: value for name, value in given.items() if value is not None}
    with ExitStack() as running:
        if url is None:
            server, paths = running.enter_context(own_server())
            body |= paths
        else:
            server = Server(url, token)
        return 0 if watch(server, body, every=every)["status"] == "completed" else 1


def test_a_training_is_started_polled_followed_and_shown(capsys):
    """The tool shows each line with its metrics, the progress, and at last each metric's last value."""
    import pytest

    pytest.importorskip("fastapi")
    assert main(["--num-epochs", "3", "--every", "0.05"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^task [0-9a-f-]{36}$", said, re.MULTILINE)
    assert "[INFO] Epoch [3/3] started\n    {'epoch': 3, 'total_epochs': 3}\n" in said
    assert "-- completed, 100 %" in said
    for name, value in (("val_loss", 0.3667), ("top5_acc", 96.78), ("macro_f1", 0.8667), ("best_acc", 84.67)):
        assert re.search(rf"^ +{name} {value}$", said, re.MULTILINE), name


if __name__ == "__main__":
    sys.exit(main())
