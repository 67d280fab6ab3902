"""The example files, by scenario: each runs on generated data, as it should be and with a breach."""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from auto_model_monitor.cli import main as cli

for _package in ("cronsim", "duckdb"):
    pytest.importorskip(_package)

EXAMPLES = Path(__file__).with_name("examples")
NOW = datetime.now(timezone.utc)
Row = dict[str, Any]


def rows(days: float, count: int, make: Callable[[random.Random, float], Row]) -> Iterator[Row]:
    """Yield rows that are spread over the last days."""
    chance = random.Random(1)
    for number in range(count):
        age = days * (1 - (number + 0.5) / count)
        time = (NOW - timedelta(days=age)).isoformat()
        yield {"id": str(number), "time": time, **make(chance, age)}


def answer(chance: random.Random, share: float, found: float, false: float) -> tuple[int, int, float]:
    """Return a label, the model's prediction and its score."""
    label = int(chance.random() < share)
    prediction = int(chance.random() < (found if label else false))
    return label, prediction, round((0.5 + chance.random() / 2) if prediction else chance.random() / 2, 4)


def credit(folder: Path, is_bad: bool) -> None:
    def loan(chance: random.Random, age: float) -> Row:
        sex = chance.choice("fm")
        found = 0.5 if is_bad and sex == "f" and age < 5 else 0.95
        label, prediction, score = answer(chance, 0.3, found, 0.1)
        income, city = chance.randint(20, 90), chance.choice(["Beijing", "Wuhan"])
        return {
            "prediction": prediction,
            "score": score,
            "sex": sex,
            "income": income,
            "city": city,
            "label": label,
        }

    split(folder / "credit", "predictions-1.csv", list(rows(10, 8000, loan)))


def diagnosis(folder: Path, is_bad: bool) -> None:
    def patient(chance: random.Random, age: float) -> Row:
        label, prediction, score = answer(chance, 0.3, 0.8 if is_bad and age < 16 else 0.99, 0.1)
        return {
            "prediction": prediction,
            "score": score,
            "age": chance.randint(20, 90),
            "site": chance.choice("AB"),
            "label": label,
        }

    split(folder / "hospital", "predictions.csv", list(rows(28, 4000, patient)))


def recommendation(folder: Path, is_bad: bool) -> None:
    def offer(chance: random.Random, age: float) -> Row:
        label = int(chance.random() < 0.2)
        slow = is_bad and age < 0.2
        return {"prediction": 1, "label": label, "latency": 0.4 if slow else 0.02, "error": None}

    (folder / "shop").mkdir()
    lines = map(json.dumps, rows(2, 10_000, offer))
    (folder / "shop/predictions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def split(folder: Path, name: str, table: list[Row]) -> None:
    """Write predictions and their labels into files of their own."""
    folder.mkdir()
    labels = [{"id": row["id"], "label": row.pop("label")} for row in table]
    for path, content in ((folder / name, table), (folder / "labels.csv", labels)):
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, content[0])
            writer.writeheader()
            writer.writerows(content)


@pytest.mark.parametrize(
    ("write", "broken"),
    [
        (credit, ["recall@sex:* < 70% for 2"]),
        (recommendation, ["latency_p95 > 200ms for 2"]),
        (diagnosis, ["recall < 95% critical"]),
    ],
)
@pytest.mark.parametrize("is_bad", [False, True])
def test_an_example(tmp_path, monkeypatch, capsys, write, broken, is_bad):
    """It finds nothing in good data, and in bad data the rule that the scenario is about."""
    name = f"{write.__name__}.toml"
    shutil.copy(EXAMPLES / name, tmp_path / name)
    write(tmp_path, is_bad)
    monkeypatch.chdir(tmp_path)
    status = cli.main(["monitor", name, "--once", "--json"])
    printed = capsys.readouterr()
    assert status == int(is_bad), printed.err
    found = {alert["rule"] for look in json.loads(printed.out)["monitors"] for alert in look["alerts"]}
    assert found >= set(broken) if is_bad else found == set()
