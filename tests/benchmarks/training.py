"""Trainings: how long a list of them takes, what a dispatcher takes in, and how late it is.

    python tests/benchmarks/training.py [--tasks 10000] [--gigabytes 1] [--json out.json]

Times are wall time on whatever else the machine does; each is a median, with the 99th percentile beside it.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

from auto_model_monitor.log_parser import LogReader
from auto_model_monitor.training import (
    Dispatcher,
    LogPosition,
    TaskState,
    TaskStore,
    Trainer,
    TrainingRequest,
    supervisor,
)
from auto_model_monitor.training.task_log import TaskLog

PLAIN = "2026-11-20 12:00:00,123 - train - INFO - step 1200: everything goes its way\n"
EPOCH = (
    "Epoch [{n}/100000] started\nTrain Loss: 0.5234, Train Accuracy: 82.45%\n"
    "Validation Loss: 0.6123, Validation Accuracy: 78.92%\nValidation macro_F1: 0.7654\n"
)
Found = dict[str, dict[str, float]]


def request(number: int = 0) -> TrainingRequest:
    """Return one of many different requests."""
    return TrainingRequest(
        model=f"resnet{18 + number % 3}",
        num_classes=37,
        train_path="/data/train",
        val_path="/data/val",
        save_path=f"/data/save/{number}",
        device=f"cuda:{number % 8}",
        priority=number % 11,
    )


def timed(call: Callable[[], object], times: int = 50) -> dict[str, float]:
    """Return how long a call takes, in milliseconds."""
    took = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        took.append(1000 * (time.perf_counter() - start))
    return spread(took)


def spread(values: list[float]) -> dict[str, float]:
    """Return the median and the 99th percentile."""
    ordered = sorted(values)
    return {
        "median_ms": statistics.median(ordered),
        "p99_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))],
    }


def lists(folder: Path, count: int) -> Found:
    """Ask a store of many tasks, each with metrics."""
    reader, now = LogReader(), datetime.now(timezone.utc)
    entries = [reader.read(line, time=now) for line in EPOCH.format(n=3).splitlines()]
    with closing(TaskStore(folder)) as store:
        store._database._writer.execute("PRAGMA synchronous = OFF")  # only to fill it
        ids = []
        for number in range(count):
            ids.append(store.add(request(number), trainer="x").id)
            if number % 100:
                store.move(ids[-1], TaskState.RUNNING, "started")
                store.append(ids[-1], entries)
                state = (TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED)[number % 3]
                store.move(ids[-1], state, "exit status 0", exit_code=0)
    done = [TaskState.COMPLETED, TaskState.FAILED]
    with closing(TaskStore(folder)) as store:
        return {
            "first page of 50": timed(store.tasks),
            "page of 200 at the end": timed(lambda: store.tasks(limit=200, offset=count - 200)),
            "by two states": timed(lambda: store.tasks(states=done)),
            "by device, at the end": timed(lambda: store.tasks(device="cuda:3", offset=count // 8 - 50)),
            "by model": timed(lambda: store.tasks(model="resnet19")),
            "by trainer and state": timed(lambda: store.tasks(trainer="x", states=done, offset=500)),
            "by all of them": timed(
                lambda: store.tasks(trainer="x", states=done, device="cuda", model="resnet18")
            ),
            "one task": timed(lambda: store.get(ids[count // 2])),
            "its extremes": timed(lambda: store.extremes(ids[count // 2])),
            "next of a full queue": timed(lambda: store.next_due({"cuda:0": 1})),
        }


def taken_in(folder: Path, text: str, megabytes: float, *, behind: bool) -> dict[str, float]:
    """Follow a log that is there already; ``behind`` reads it as one that is far ahead."""
    lines = int(megabytes * 2**20 / len(text)) * text.count("\n")
    with closing(TaskStore(folder / "store")) as store:
        task = store.add(request())
        store.folder(task.id).mkdir(parents=True)
        log = store.folder(task.id) / "log.txt"
        with log.open("w") as file:
            for number in range(lines // text.count("\n")):
                file.write(text.replace("{n}", str(number)))
        followed = TaskLog(log, LogPosition())
        if behind:
            followed._backlog = lambda now: (1 << 40, now)
        size, entries, cpu, wall = log.stat().st_size, 0, time.process_time(), time.perf_counter()
        while True:
            batch = followed.read(store.now())
            if batch.entries:
                entries += len(store.append(task.id, batch.entries, batch.position)[1])
            followed.committed()
            if not batch.more:
                break
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        followed.close()
    return {
        "lines/s": lines / wall,
        "MB/s": size / 1e6 / wall,
        "us cpu a line": cpu / lines * 1e6,
        "entries kept": entries,
    }


def delay(folder: Path, seconds: float) -> dict[str, float]:
    """Measure from a line's writing to its commit, and to the listener."""
    script = (
        "import time\nend = time.time() + %f\n"
        "while time.time() < end:\n print(f'Train Loss: {time.time():.6f}'); time.sleep(0.013)"
    )
    late: list[float] = []
    over = threading.Event()

    def hear(task: object, entries: object) -> None:
        now = time.time()
        late.extend(1000 * (now - one.entry.own_metrics["train_loss"]) for one in entries)  # type: ignore[attr-defined]
        if task.state.is_final:  # type: ignore[attr-defined]
            over.set()

    with closing(TaskStore(folder)) as store:
        dispatcher = Dispatcher(store, [Trainer("x", (sys.executable, "-c", script % seconds))])
        dispatcher.listen(hear)
        dispatcher.start()
        cpu = time.process_time()
        dispatcher.submit(request())
        over.wait(60 + seconds)
        used = (time.process_time() - cpu) / seconds
        dispatcher.stop()
    return {**spread(late), "largest_ms": max(late), "lines": len(late), "cpu share": used}


def idle(folder: Path, tasks: int, seconds: float) -> dict[str, float]:
    """Measure what a dispatcher costs while so many trainings run and say nothing."""
    with closing(TaskStore(folder)) as store:
        dispatcher = Dispatcher(store, [Trainer("x", ("sleep", "1000"))], per_device=tasks, grace=1.0)
        dispatcher.start()
        ids = [dispatcher.submit(request()).id for _ in range(tasks)]
        while store.count(TaskState.PENDING):
            time.sleep(0.1)
        time.sleep(1.0)
        cpu = time.process_time()
        time.sleep(seconds)
        used = (time.process_time() - cpu) / seconds
        for task_id in ids:
            dispatcher.cancel(task_id)
        while store.count(TaskState.RUNNING):
            time.sleep(0.1)
        dispatcher.stop()
    return {"cpu share": used}


def start_up(folder: Path) -> dict[str, float]:
    """Measure a supervisor from its start to its end, around a program that does nothing."""
    numbers = iter(range(1000))

    def run() -> None:
        command = [
            sys.executable,
            "-I",
            "-S",
            supervisor.__file__,
            str(folder),
            str(next(numbers)),
            "1",
            "--",
            "true",
        ]
        subprocess.run(command, check=True)

    with_supervisor, bare = (
        timed(run, 20),
        timed(lambda: subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True), 20),
    )
    return {**with_supervisor, "bare interpreter, median_ms": bare["median_ms"]}


def huge(folder: Path, gigabytes: float) -> dict[str, float]:
    """Follow a log of gigabytes; how far does the memory grow?"""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = taken_in(folder, PLAIN * 1000 + EPOCH, 1024 * gigabytes, behind=False)
    return {**found, "MiB more": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=10_000)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "papers").mkdir()
        found: dict[str, Found | dict[str, float]] = {
            f"lists of {options.tasks} tasks": lists(path / "lists", options.tasks),
            "log without metrics": taken_in(path / "plain", PLAIN, 8, behind=False),
            "log of metrics": taken_in(path / "epochs", EPOCH, 4, behind=False),
            "log that is far ahead": taken_in(path / "ahead", PLAIN * 1000 + EPOCH, 64, behind=True),
            "delay from a line to its commit": delay(path / "delay", 10),
            "20 silent trainings": idle(path / "idle", 20, 5),
            "a supervisor's start and end": start_up(path / "papers"),
            f"a log of {options.gigabytes} GB": huge(path / "huge", options.gigabytes),
        }
    for title, figures in found.items():
        print(title)
        for name, value in figures.items():
            shown = value if isinstance(value, dict) else {name: value}
            text = "  ".join(f"{key} {number:.3f}" for key, number in shown.items())
            print(f"  {name}: {text}" if isinstance(value, dict) else f"  {text}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
