"""Many models in one look, and one model through a year of windows whose labels come late.

``python tests/benchmarks/models.py [look|year] [--models 1000] [--json out.json]`` prints a JSON object. The
seconds of a look are the processor's.

- ``look``: 1,000 models with 10 metrics each and one rule; the first look, with and without an alert about
  each, one that brings the next window, and one without news;
- ``year``: a window each day whose labels arrive over ten days, so that each look reads ten windows again;
  each alert once, with an outbox on disk, and the memory that the second half of the year adds.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from auto_model_monitor import Message, Monitor, Reading, ReadingBatch
from tests.fakes import StillClock

RULE = "accuracy < 0.9 for 2"
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
DAY = 86_400
LATE = 10  # days
WANTED = {"look_seconds": 0.2, "year_seconds": 60.0, "memory_ratio": 1.05}


class Counting:
    """A channel that counts."""

    name = "counting"

    def __init__(self) -> None:
        self.subjects: list[str] = []

    def send(self, message: Message) -> None:
        """Note the subject."""
        self.subjects.append(message.subject)


class Script:
    """A source that reads what the present look is given."""

    name = "production"

    def __init__(self, clock: StillClock) -> None:
        self.clock = clock
        self.readings: list[Reading] = []

    def read(self) -> ReadingBatch:
        """Return it, once."""
        found, self.readings = self.readings, []
        return ReadingBatch(time=self.clock.now(), seconds=self.clock.monotonic(), others=found)


def window(model: str | None, metric: str, day: int, value: float, rows: int = 1000) -> Reading:
    """Return the reading of one day."""
    end = BEGIN + timedelta(days=day + 1)
    return Reading(metric=metric, value=value, name=f"{day}", model=model, time=end, rows=rows)


def timed(act: Callable[[], object]) -> float:
    """Return the seconds of the processor that something takes, in all threads."""
    before = time.process_time()
    act()
    return time.process_time() - before


def looks(models: int, metrics: int, folder: Path) -> dict[str, Any]:
    """Return the seconds of looks over many models, all good and all bad."""
    found: dict[str, Any] = {"models": models, "metrics": metrics}
    for state, value in (("good", 0.95), ("bad", 0.5)):
        clock, channel = StillClock(), Counting()
        source = Script(clock)
        monitor = Monitor(source, [RULE], [channel], log_dir=folder / state, clock=clock)
        names = ["accuracy", *(f"metric_{n}" for n in range(1, metrics))]
        for look in ("first", "second", "third", "idle"):
            day = ["first", "second", "third"].index(look) if look != "idle" else 0
            if look != "idle":
                source.readings = [window(f"m{n}", m, day, value) for n in range(models) for m in names]
            alerts: list[Any] = []
            found[f"{state}_{look}_seconds"] = round(timed(lambda: alerts.extend(monitor.check())), 4)  # noqa: B023
            found[f"{state}_{look}_alerts"] = len(alerts)
            clock.advance(DAY)
        monitor.stop()
        found[f"{state}_messages"] = len(channel.subjects)
    return found


def accuracy(day: int, age: int) -> float:
    """Return a day's accuracy as its labels show it ``age`` days later; bad in the first week of a month."""
    is_bad = (BEGIN + timedelta(days=day)).day <= 7 and day > 7
    return (0.80 if is_bad else 0.95) + 0.002 * (LATE - age) * (1 if day % 2 else -1)


def days(day: int) -> Iterator[Reading]:
    """Yield the windows that the look at the end of a day reads: those of the last ten days."""
    for past in range(max(0, day - LATE), day):
        age = day - past
        yield window(None, "accuracy", past, accuracy(past, age), rows=100 * age)
        yield window(None, "labelled", past, age / LATE, rows=1000)


def year(folder: Path, count: int = 365) -> dict[str, Any]:
    """Return what a year of looks takes, and what it reports."""
    clock, channel = StillClock(), Counting()
    source = Script(clock)
    monitor = Monitor(source, [RULE], [channel], log_dir=folder, clock=clock)
    told: list[tuple[str, bool]] = []
    memory = {}
    before = time.perf_counter()
    for day in range(count + 1):
        source.readings = list(days(day))
        told += [(alert.reading.name, alert.resolved) for alert in monitor.check() if alert.reading]
        clock.advance(DAY)
        if day in (count // 2, count):
            gc.collect()
            memory[day] = resident()
    seconds = time.perf_counter() - before
    monitor.stop()
    months = sum(not resolved for _, resolved in told)
    return {
        "looks": count + 1,
        "seconds": round(seconds, 2),
        "alerts": months,
        "resolved": len(told) - months,
        "repeated": len(told) - len(set(told)),
        "messages": len(channel.subjects),
        "memory_ratio": round(memory[count] / memory[count // 2], 3),
    }


def resident() -> int:
    """Return the memory of this process in bytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def verdicts(results: dict[str, Any]) -> dict[str, bool]:
    """Hold what is wanted against what was measured."""
    found = {}
    if (look := results.get("look")) is not None:
        slowest = max(value for key, value in look.items() if key.endswith("_seconds"))
        found["a look takes 0.2 s"] = slowest <= WANTED["look_seconds"]
        found["a thousand bad models make one message"] = look["bad_messages"] == 1
    if (year := results.get("year")) is not None:
        found["a year takes 60 s"] = year["seconds"] <= WANTED["year_seconds"]
        found["the memory stays"] = year["memory_ratio"] <= WANTED["memory_ratio"]
        found["every alert once"] = not year["repeated"] and year["alerts"] == year["resolved"] == 11
    return found


def main() -> None:
    """Measure, print and judge."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="?", choices=["look", "year"])
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        if given.what != "look":
            results["year"] = year(Path(folder) / "year")
        if given.what != "year":
            results["look"] = looks(given.models, 10, Path(folder))
    results["verdicts"] = verdicts(results)
    text = json.dumps(results, indent=1)
    print(text)
    if given.json is not None:
        given.json.write_text(text)
    sys.exit(0 if all(results["verdicts"].values()) else 1)


if __name__ == "__main__":
    main()
