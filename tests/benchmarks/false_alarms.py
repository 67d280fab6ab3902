"""False alarms of each form of a rule, per model and year of daily windows, and a square wave.

    python tests/benchmarks/false_alarms.py [--rows 1000] [--years 100] [--seed 1]

The model does not change: each window counts the right predictions among ``--rows`` rows, binomially with
the true accuracy. That is 2 points above the threshold of 90 %, or one standard deviation of a window above
it. The reference is the true accuracy. Every alert is false; all-clears are not counted. The last part is a
metric that changes sides at each of a day of windows of a minute. Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

import numpy as np

from auto_model_monitor import Reading, ReadingBatch, parse_rule

THRESHOLD = 0.9
RULES = (
    "accuracy < 90%",
    "accuracy < 90% for 2",
    "accuracy < 90% for 3",
    "accuracy < 90% until 92%",
    "accuracy drop > 2% vs 7d",
    "accuracy drop > 2% vs 7d for 2",
    "accuracy drop > 2% vs reference",
    "accuracy drop > 2% vs reference for 2",
)
WAVES = ("accuracy < 90%", "accuracy < 90% at most every 6h", "accuracy < 90% for 2")
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
SEEN = 12  # windows that a look passes to the rule: more than any of the rules looks back


def one_sd_above(rows: int) -> float:
    """Return the accuracy that is one standard deviation of a window above the threshold."""
    accuracy = THRESHOLD
    for _ in range(100):
        accuracy = THRESHOLD + math.sqrt(accuracy * (1 - accuracy) / rows)
    return accuracy


def alerts(text: str, series: Iterable[Reading], length: timedelta) -> tuple[int, int]:
    """Return the alerts and the all-clears of a rule that looks at the end of each window."""
    rule = parse_rule(text, crossing=True)
    seen: list[Reading] = []
    found = [0, 0]
    for number, reading in enumerate(series):
        seen = [*seen[1 - SEEN :], reading]
        time = START + (number + 1) * length
        alert = rule.evaluate(ReadingBatch(time=time, seconds=number * length.total_seconds(), others=seen))
        if alert is not None:
            found[alert.resolved] += 1
    return found[0], found[1]


def days(accuracy: float, rows: int, years: int, chance: np.random.Generator) -> Iterable[Reading]:
    """Yield the daily windows of a model that does not change."""
    for number, right in enumerate(chance.binomial(rows, accuracy, 365 * years)):
        time = START + timedelta(days=number + 1)
        value = int(right) / rows
        yield Reading(
            metric="accuracy", value=value, name=str(number), time=time, rows=rows, reference=accuracy
        )


def wave() -> Iterable[Reading]:
    """Yield a day of windows of a minute, each on the other side of the threshold."""
    for number in range(1440):
        time = START + timedelta(minutes=number + 1)
        yield Reading(metric="accuracy", value=0.8 if number % 2 else 0.95, name=str(number), time=time)


def main() -> None:
    """Print the alarms of each rule, for each number of rows and true accuracy."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--years", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    table: dict[str, dict[str, float]] = {}
    for text in RULES:
        row = table[text] = {}
        for rows in arguments.rows:
            for name, accuracy in (("2 points", THRESHOLD + 0.02), ("1 sd", one_sd_above(rows))):
                chance = np.random.default_rng(arguments.seed)
                series = days(accuracy, rows, arguments.years, chance)
                found = alerts(text, series, timedelta(days=1))[0]
                row[f"{rows} rows, {name} above"] = round(found / arguments.years, 2)
    waves = {text: alerts(text, wave(), timedelta(minutes=1)) for text in WAVES}
    print(
        json.dumps(
            {
                "years": arguments.years,
                "false alarms per model and year": table,
                "alerts and all-clears of a square wave in a day": waves,
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
