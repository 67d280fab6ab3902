"""Tables of predictions for tests, as CSV files, and a clock that stands still."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from auto_model_monitor import Reading, ReadingBatch
from auto_model_monitor.core import SystemClock

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
FIRST = datetime(2026, 11, 20, tzinfo=timezone.utc)


class StandingClock(SystemClock):
    """A clock that a test moves."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now

    def now(self) -> datetime:
        """Return the time that the test has set."""
        return self.time


def write(path: Path, rows: Sequence[Mapping[str, object]]) -> Path:
    """Write rows as CSV; None is an empty cell."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def predictions(
    days: int = 3, a_day: int = 200, *, first: datetime = FIRST, seed: int = 1
) -> list[dict[str, object]]:
    """Make predictions of a binary classifier that is right four times in five, evenly over some days."""
    chance = random.Random(seed)
    rows: list[dict[str, object]] = []
    for number in range(days * a_day):
        label = chance.randrange(2)
        prediction = label if chance.random() < 0.8 else 1 - label
        score = round(0.5 * prediction + 0.5 * chance.random(), 2)
        rows.append(
            {
                "id": number,
                "time": (first + timedelta(days=1) * number / a_day).isoformat(),
                "prediction": prediction,
                "score": score,
                "label": label,
                "latency": round(chance.expovariate(10), 6),
                "error": None,
                "sex": chance.choice("fm"),
            }
        )
    return rows


def by_window(batch: ReadingBatch, window: str, model: str | None = None) -> dict[str, Reading]:
    """Return the readings of a window by their metric."""
    return {r.metric: r for r in batch if r.name == window and r.model == model}


def windows(batch: Iterable[Reading]) -> list[str]:
    """Return the windows of a batch in order."""
    return sorted({r.name for r in batch if r.time is not None})
