"""What the prediction log costs the program that serves, and what a crash costs the log.

``python predictions.py calls|processes|kills [seconds]`` prints one JSON object. ``calls``: microseconds of
a prediction with 25 features at 1,000 a second, in turns with ``logging`` and a line of JSON, and with a bare
copy of the features, which shows how busy the machine is. ``processes``: eight processes that write into one
folder as fast as they can. ``kills``: what ``kill -9`` loses.
"""

from __future__ import annotations

import json
import logging
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from auto_model_monitor import PredictionLog

FEATURES = {f"feature_{number}": random.random() for number in range(25)}
ROWS = 10_000
KILLS = 6


def with_prediction_log(folder: Path) -> Callable[[int], None]:
    log = PredictionLog(folder, model="credit", version="1")

    def predict(number: int) -> None:
        with log.prediction(id=number, features=FEATURES) as row:
            row.score = 0.5

    return predict


def with_logging(folder: Path) -> Callable[[int], None]:
    folder.mkdir()
    logger = logging.getLogger("predictions")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(logging.FileHandler(folder / "predictions.jsonl"))

    def predict(number: int) -> None:
        began = time.perf_counter()
        row = {"id": str(number), "time": time.time(), "model": "credit", "version": "1", "score": 0.5}
        row |= {"latency": time.perf_counter() - began, "error": None, **FEATURES}
        logger.info("%s", json.dumps(row))

    return predict


def with_nothing(folder: Path) -> Callable[[int], None]:
    """What a copy of the features takes on this machine as it is now."""
    return lambda number: [FEATURES.copy()].clear()


def calls(folder: Path, seconds: float) -> dict[str, Any]:
    """Time all ways in turns of a second, each call a millisecond after the one before."""
    ways = {
        "prediction log": with_prediction_log(folder / "ours"),
        "logging + json": with_logging(folder / "its"),
        "a copy alone": with_nothing(folder),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    due = time.perf_counter()
    for number in range(max(int(seconds), 3) * 1000):
        due = max(due + 0.001, time.perf_counter())
        while (left := due - time.perf_counter()) > 0:
            time.sleep(left)
        name = list(ways)[number // 1000 % 3]
        began = time.perf_counter()
        ways[name](number)
        times[name].append(time.perf_counter() - began)
    found = {
        name: {share: round(sorted(t)[int(len(t) * share)] * 1e6, 1) for share in (0.5, 0.99, 0.999)}
        for name, t in times.items()
    }
    ours, its = found["prediction log"], found["logging + json"]
    return {**found, "ratio": {share: round(its[share] / ours[share], 1) for share in ours}}


def write(folder: str, name: str, rows: int) -> None:
    predict = with_prediction_log(Path(folder))
    for number in range(rows):
        predict(number)
        if name == "report":
            print(number, time.monotonic(), flush=True)
            time.sleep(0.001)


def start(folder: Path, name: str, rows: int) -> subprocess.Popen[str]:
    code = "import predictions as p, sys; p.write(sys.argv[1], sys.argv[2], int(sys.argv[3]))"
    command = [sys.executable, "-c", code, str(folder), name, str(rows)]
    return subprocess.Popen(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True)


def read(folder: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the rows and the number of torn lines."""
    rows, torn = [], 0
    for file in folder.glob("predictions-*.jsonl"):
        for line in file.read_text("utf-8").splitlines():
            try:
                rows.append(json.loads(line))
            except ValueError:
                torn += 1
    return rows, torn


def processes(folder: Path, seconds: float) -> dict[str, Any]:
    began = time.perf_counter()
    for process in [start(folder, "quiet", ROWS) for _ in range(8)]:
        assert process.wait() == 0
    took = time.perf_counter() - began
    rows, torn = read(folder)
    counts = {number: 0 for number in range(ROWS)}
    for row in rows:
        counts[int(row["id"])] += 1
    lost = sum(8 - count for count in counts.values())
    files = len(list(folder.iterdir()))
    return {"rows": len(rows), "lost": lost, "torn": torn, "files": files, "rows/s": round(len(rows) / took)}


def kills(folder: Path, seconds: float) -> dict[str, Any]:
    lost, ages, torn = [], [0.0], 0
    for number in range(KILLS):
        process = start(folder / str(number), "report", 10**6)
        assert process.stdout is not None
        made = [process.stdout.readline().split() for _ in range(600 + 37 * number)]
        killed = time.monotonic()
        process.kill()
        made += [line.split() for line in process.stdout if line.endswith("\n")]
        process.wait()
        rows, broken = read(folder / str(number))
        torn += broken
        written = {row["id"] for row in rows}
        missing = [float(moment) for key, moment in made if key not in written]
        lost.append(len(missing))
        ages += [killed - moment for moment in missing]
    return {"rows lost in each kill": lost, "oldest lost, seconds": round(max(ages), 3), "torn": torn}


if __name__ == "__main__":
    what = {"calls": calls, "processes": processes, "kills": kills}[sys.argv[1]]
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(what(Path(place), float(sys.argv[2]) if len(sys.argv) > 2 else 10)))
