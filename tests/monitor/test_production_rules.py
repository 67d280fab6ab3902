"""Predictions in a file, rules as texts: what a monitor of them reports, from the first look on."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone

import pytest

from auto_model_monitor import Monitor
from tests.fakes import FakeClock

pytest.importorskip("duckdb")

ROWS = 200  # of each group and day
START = datetime(2026, 11, 2, tzinfo=timezone.utc)
RIGHT = {"f": [0.95] * 4 + [0.75, 0.75, 0.95], "m": [0.95] * 7}
RULES = [
    "accuracy < 90% for 2",
    "accuracy drop > 5% vs 7d",
    "accuracy drop > 5% vs reference critical",
    "accuracy@sex:* < 80%",
    "recal@sex:f < 80%",
    "labelled < 50%",
    "stalled 2d",
]


def write_day(folder, day):
    """Add a day of predictions of one class and their labels to the file."""
    lines = [] if day else ["id,time,prediction,label,sex"]
    for sex, shares in RIGHT.items():
        for row in range(ROWS):
            time = START + timedelta(days=day, minutes=row)
            right = row < ROWS * shares[day]
            lines.append(f"{sex}{day}-{row},{time:%Y-%m-%dT%H:%M:%SZ},1,{int(right)},{sex}")
    with (folder / "predictions.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join([*lines, ""]))


def test_the_rules_of_a_model_in_production(tmp_path, caplog):
    """Each rule alerts and resolves at its look, and a misspelt metric is known at the first."""
    from auto_model_monitor import PredictionSource

    clock = FakeClock()
    clock.wall = START + timedelta(days=1, hours=8)
    write_day(tmp_path, 0)
    source = PredictionSource(
        tmp_path / "predictions.csv",
        groups=["sex"],
        timezone="UTC",
        reference={"accuracy": 0.95},
        clock=clock,
    )
    monitor = Monitor(source, RULES, [], log_dir=None, clock=clock)
    found = []
    for day in range(1, 11):
        with caplog.at_level(logging.WARNING):
            found.append({(a.rule, a.group, a.resolved, a.level.value) for a in monitor.check()})
        if day < 7:
            write_day(tmp_path, day)
        clock.advance(86_400)
    monitor.stop()
    warnings = [record.getMessage() for record in caplog.records]
    assert len(warnings) == 1
    assert "expected recal@sex:f in" in warnings[0]
    assert warnings[0].endswith("(is recall@sex:* meant?)")
    group, week = ("accuracy@sex:* < 80%", "sex:f"), ("accuracy drop > 5% vs 7d", None)
    reference, held = ("accuracy drop > 5% vs reference critical", None), ("accuracy < 90% for 2", None)
    quiet: set[tuple] = set()
    assert found == [
        *[quiet] * 4,
        {(*group, False, "warning"), (*week, False, "warning"), (*reference, False, "critical")},
        {(*held, False, "warning")},
        {(*rule, True, "warning") for rule in (group, week, held)} | {(*reference, True, "critical")},
        quiet,
        {("stalled 2d", None, False, "warning")},
        quiet,
    ]
