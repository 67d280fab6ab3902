"""A real training: handwritten digits to over 95 %, started over HTTP and followed to its end."""

from __future__ import annotations

import contextlib
import csv
import http.client
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

for _package in ("torch", "transformers", "PIL", "sklearn", "fastapi", "uvicorn"):
    pytest.importorskip(_package)

EPOCHS = 5
WANTED = 95  # percent
_NUMBER = r"([-+.0-9einfa]+)"

# What the trainer writes, and what the specification calls it; none of the package's own patterns.
_FORMATS = {
    rf"Epoch \[{_NUMBER}/{_NUMBER}\] started": ("epoch", "total_epochs"),
    rf"Learning Rate: {_NUMBER}": ("learning_rate",),
    rf"Train Loss: {_NUMBER}, Train Accuracy: {_NUMBER}%": ("train_loss", "train_acc"),
    rf"Validation Loss: {_NUMBER}, Validation Accuracy: {_NUMBER}%": ("val_loss", "val_acc"),
    rf"Validation macro_F1: {_NUMBER}": ("macro_f1",),
    rf"Validation micro_F1: {_NUMBER}": ("micro_f1",),
    rf"Validation mAP: {_NUMBER}": ("mAP",),
    rf"Validation Precision: {_NUMBER}": ("precision",),
    rf"Validation Recall: {_NUMBER}": ("recall",),
    rf"Validation Top-k Accuracy: {{'top1': {_NUMBER}, 'top3': {_NUMBER}, 'top5': {_NUMBER}}}": (
        "top1_acc",
        "top3_acc",
        "top5_acc",
    ),
    rf"New best model saved with Accuracy: {_NUMBER}%": ("best_acc",),
}
_EVERY_EPOCH = {name for names in _FORMATS.values() for name in names} - {"best_acc"}


class LoggedNumber(NamedTuple):
    """One number of a log."""

    epoch: int
    metric: str
    value: float


def numbers_in(log: str) -> list[LoggedNumber]:
    """Return every number that the trainer wrote, with its epoch, in its order."""
    found: list[LoggedNumber] = []
    epoch = 0
    for line in log.splitlines():
        message = _message(line)
        for pattern, names in _FORMATS.items():
            match = re.fullmatch(pattern, message)
            if match is not None:
                epoch = int(match[1]) if names[0] == "epoch" else epoch
                found += [
                    LoggedNumber(epoch, name, float(text))
                    for name, text in zip(names, match.groups(), strict=True)
                ]
    return found


def _message(line: str) -> str:
    return re.split(r" - (?:INFO|WARNING) - ", line, maxsplit=1)[-1]


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """Write scikit-learn's 1,797 digits as images of 8 x 8, every fifth to validate on."""
    from PIL import Image
    from sklearn.datasets import load_digits

    found = load_digits()
    for number, (pixels, label) in enumerate(zip(found.images, found.target, strict=True)):
        folder = tmp_path / ("train", "val")[number % 5 == 4] / str(label)
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray((pixels * (255 / 16)).round().astype("uint8")).save(folder / f"{number:04d}.png")
    return tmp_path


class Client:
    """Somebody who talks to the server, with its token."""

    def __init__(self, address: str) -> None:
        found = re.fullmatch(r"http://127\.0\.0\.1:([0-9]+)/\?token=(\S+)", address)
        assert found is not None, address
        self._port = int(found[1])
        self._headers = {"Authorization": f"Bearer {found[2]}", "Content-Type": "application/json"}

    @contextlib.contextmanager
    def answer(self, method: str, path: str, body: Any = None) -> Iterator[http.client.HTTPResponse]:
        """Ask for something below the trainings."""
        with contextlib.closing(
            http.client.HTTPConnection("127.0.0.1", self._port, timeout=240)
        ) as connection:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v2/training{path}", text, self._headers)
            yield connection.getresponse()

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON that is answered."""
        with self.answer(method, path, body) as answer:
            return json.loads(answer.read())

    def follow(self, task_id: str) -> list[dict[str, Any]]:
        """Return every entry of a log's stream, which ends with the training."""
        with self.answer("GET", f"/{task_id}/logs") as answer:
            lines = [raw.decode() for raw in answer]
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]

    def metrics(self, task_id: str) -> list[dict[str, Any]]:
        """Return the whole history, page by page."""
        found: list[dict[str, Any]] = []
        after: int | None = 0
        while after is not None:
            page = self.ask("GET", f"/{task_id}/metrics?after={after}&limit=50")
            found += page["items"]
            after = page["next"]
        return found


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    """Start the server as a person does, and end what it has started."""
    command = [sys.executable, "-m", "auto_model_monitor", "serve", "--port=0"]
    command += [f"--store={tmp_path / 'store'}", f"--allow-path={tmp_path}"]
    # One thread: with several, these small networks only wait for the tests beside them.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        try:
            found = Client(server.stdout.readline().removeprefix("Open ").strip())
            yield found
            for task in found.ask("GET", "?status=running&status=pending")["items"]:
                found.ask("POST", f"/{task['task_id']}/cancel")
                found.follow(task["task_id"])
        finally:
            server.terminate()


def test_digits_are_learnt_and_every_number_of_the_log_is_in_the_history(
    digits: Path, client: Client
) -> None:
    """A resnet18 reaches 95 %, and the history equals the numbers of the trainer's log to the last bit."""
    task = client.ask(
        "POST",
        "/start",
        {
            "model": "resnet18",
            "num_classes": 10,
            "train_path": str(digits / "train"),
            "val_path": str(digits / "val"),
            "save_path": str(digits / "saved"),
            "batch_size": 64,
            "num_epochs": EPOCHS,
            "learning_rate": 0.001,
        },
    )
    task_id = task["task_id"]
    entries = client.follow(task_id)
    (log,) = (digits / "store").glob(f"tasks/{task_id}/log.txt")
    logged = numbers_in(log.read_text())
    final = client.ask("GET", f"/{task_id}")
    text = log.read_text()
    assert (final["status"], final["progress"], final["current_epoch"]) == ("completed", 100, EPOCHS), text

    # The trainer did what it is for …
    assert final["latest_metrics"]["val_acc"] > WANTED
    best = f"*_val_acc_{final['latest_metrics']['best_acc']:.2f}.pt"
    assert list((digits / "saved").glob(best)), text
    for epoch in range(1, EPOCHS + 1):
        assert {number.metric for number in logged if number.epoch == epoch} >= _EVERY_EPOCH

    # … and of its log nothing was lost or changed on the way into history, table, state and stream.
    measured = sorted(number for number in logged if number.metric not in ("epoch", "total_epochs"))
    rows = [LoggedNumber(row["epoch"], row["metric"], row["value"]) for row in client.metrics(task_id)]
    assert sorted(rows) == measured
    with client.answer("GET", f"/{task_id}/metrics?format=csv") as answer:
        table = list(csv.DictReader(answer.read().decode().splitlines()))
    cells = [LoggedNumber(int(row["epoch"]), row["metric"], float(row["value"])) for row in table]
    assert sorted(cells) == measured
    assert final["latest_metrics"] == {number.metric: number.value for number in logged}
    *streamed, _end = entries
    assert [entry["message"] for entry in streamed] == [_message(line) for line in text.splitlines()]
    shown = [
        LoggedNumber(entry["metrics"]["epoch"], *item)
        for entry in streamed
        for item in entry["metrics"].items()
    ]
    assert set(shown) == set(logged)
