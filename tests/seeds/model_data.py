"""The data of the seeds' programs: generated, so that every number that they print is known beforehand.

``python model_data.py`` writes what lies in ``data``.
"""

from __future__ import annotations

import random
from pathlib import Path

DATA = Path(__file__).with_name("data")
DIRT = ["801,,0.25,0", "802,0.25,n/a,1", "803,0.1"]  # without a value, not a number, too short

#: Loans: (looks bad and is, looks good and is bad, looks bad and is good, looks good and is).
Counts = tuple[int, int, int, int]
TRAINING: Counts = (187, 0, 0, 373)
GOOD: Counts = (36, 4, 3, 97)
BAD: Counts = (28, 12, 10, 90)
TRAIN: Counts = (96, 4, 6, 94)
PRODUCTION: Counts = (40, 7, 6, 47)


def loans(counts: Counts, seed: int = 1) -> list[str]:
    """Return loans as ``debt,income,target``; one looks bad where the debt is larger than the income."""
    chance = random.Random(seed)
    kinds = zip(counts, ((1, 1), (0, 1), (1, 0), (0, 0)), strict=True)
    rows = [kind for count, kind in kinds for _ in range(count)]
    chance.shuffle(rows)
    return [f"{_pair(chance, bool(looks))},{bad}" for looks, bad in rows]


def raw_lines(counts: Counts) -> list[str]:
    """Return loans as they were collected: 560 to train on, 140 to test on, and dirt."""
    rows = [f"{number},{row}" for number, row in enumerate([*loans(TRAINING), *loans(counts, 2)])]
    return ["id,debt,income,target", *(f"{row} " for row in rows[:7]), rows[3], *DIRT, *rows[7:], rows[9]]


def with_heading(rows: list[str]) -> list[str]:
    return ["debt,income,target", *rows]


def write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", "utf-8")


def _pair(chance: random.Random, looks_bad: bool) -> str:
    low, high = chance.uniform(-1, -0.3), chance.uniform(0.3, 1)
    return f"{high:.2f},{low:.2f}" if looks_bad else f"{low:.2f},{high:.2f}"


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    write(DATA / "model_name.raw.csv", raw_lines(GOOD))
    write(DATA / "train.csv", with_heading(loans(TRAIN)))
    write(DATA / "production.csv", with_heading(loans(PRODUCTION, 2)))
