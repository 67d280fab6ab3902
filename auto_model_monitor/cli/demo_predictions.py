"""The files of ``demo production``: the predictions and labels of a day, and a log under load."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

from ..sources.predictions import PredictionLog
from .demo_models import Case

_REQUESTS, _THREADS = 300, 32


class Day:
    """A day's predictions, and their labels, which are written later, as lines of JSON.

    Args:
        start: the beginning of the day.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._predictions: list[str] = []
        self._labels: list[str] = []

    def add(self, model: str, cases: Sequence[Case]) -> None:
        """Add the cases of a model, spread over the day."""
        for number, case in enumerate(cases):
            moment = self._start + timedelta(days=number / len(cases))
            name = f"{model}-{self._start:%d}-{number}"
            row = {
                "id": name,
                "time": moment.isoformat(),
                "model": model,
                "prediction": int(case.score > 0.5),
                "score": case.score,
                "channel": case.group or None,
                **case.features,
            }
            self._predictions.append(json.dumps(row))
            self._labels.append(json.dumps({"id": name, "label": case.label}))

    def write_predictions(self, folder: Path) -> None:
        """Write the predictions, into a file of the day."""
        folder.mkdir(exist_ok=True)
        _write(folder / f"predictions-{self._start:%Y-%m-%d}.jsonl", self._predictions)

    def write_labels(self, folder: Path) -> None:
        """Write the labels, into a file of the day."""
        _write(folder / f"labels-{self._start:%Y-%m-%d}.jsonl", self._labels)


def serve_under_load(folder: Path, delay: float) -> None:
    """Answer the requests of a second in many threads; one in ten waits ``delay`` seconds for its disk."""
    log = PredictionLog(folder, model="car_loan")

    def answer(number: int) -> None:
        with log.prediction(features={"number": number}) as row:
            row.prediction = number % 2
            if number % 10 == 0:
                time.sleep(delay)

    time.sleep(1 - time.time() % 1)  # a window begins
    with ThreadPoolExecutor(_THREADS) as threads:
        for number in range(_REQUESTS):
            threads.submit(answer, number)
            time.sleep(0.7 / _REQUESTS)
    log.close()
    time.sleep(1 - time.time() % 1)  # the window ends


def _write(path: Path, lines: Sequence[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
