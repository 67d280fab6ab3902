"""Rows of an outbox that are unreadable, or of a newer release: each costs one delivery."""

from __future__ import annotations

import json
import logging
import sqlite3

import pytest

from auto_model_monitor import SQLiteOutbox
from auto_model_monitor.delivery import DeliveryState, DeliveryWorker
from tests.fakes import FakeClock, RecordingNotifier, alert, message

NEWER = json.dumps(
    {"id": "m", "time": "2026-11-20T12:00:00+08:00", "subject": "s", "level": "info", "from": 9}
)
ODD_CELLS = [
    ("deliveries", "state", "snoozed"),
    ("deliveries", "state", b"owed"),
    ("deliveries", "due", "soon"),
    ("deliveries", "due", 1e300),
    ("deliveries", "added", b"\xff"),
    ("deliveries", "added", "never"),
    ("deliveries", "attempts", "many"),
    ("deliveries", "error", b"\xff"),
    ("deliveries", "alert", 99999),
    ("deliveries", "settled", "later"),
    ("alerts", "message", ""),
    ("alerts", "message", "{"),
    ("alerts", "message", "[]"),
    ("alerts", "message", "null"),
    ("alerts", "message", "[" * 5000),
    ("alerts", "message", b"\xff\xfe"),
    ("alerts", "message", NEWER),
    ("alerts", "message", '{"time": 7, "level": "info"}'),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "outbox.db"


def three(path):
    outbox = SQLiteOutbox(path)
    for n in range(3):
        outbox.add(alert(), message(f"subject {n}", id=f"m{n}"), ["recorder"], 1.0)
    return outbox


def damage(path, table, column, value):
    with sqlite3.connect(path) as connection:
        key = "id" if table == "deliveries" else "number"
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = 2", (value,))
    connection.close()


@pytest.mark.parametrize(("table", "column", "value"), ODD_CELLS, ids=range(len(ODD_CELLS)))
def test_an_odd_cell_costs_one_delivery(path, caplog, table, column, value):
    """The others are delivered, in their order; the damaged one is listed, and logged once."""
    outbox = three(path)
    damage(path, table, column, value)
    notifier = RecordingNotifier()
    worker = DeliveryWorker(notifier, outbox, FakeClock())
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert worker.deliver_due() is None
    assert [m.subject for m in notifier.sent] == ["subject 0", "subject 2"]
    states = [delivery.state for delivery in outbox.deliveries()]
    assert states == [DeliveryState.DELIVERED, DeliveryState.DAMAGED, DeliveryState.DELIVERED]
    assert caplog.text.count("is damaged") == (0 if column == "state" else 1)
    assert outbox.drop(2, 3.0)
    assert outbox.deliveries()[1].state is DeliveryState.DROPPED
    outbox.close()


@pytest.mark.parametrize("value", ["", "{", "[]", "null", '{"rule": 1, "future": 2}', b"\xff", "[" * 5000])
def test_a_damaged_alert_leaves_the_one_before_it(path, value):
    """A rule resumes from the last alert that can be read."""
    outbox = SQLiteOutbox(path)
    outbox.add(alert(0.3), message("a", id="m0"), ["recorder"], 1.0)
    outbox.add(alert(0.2), message("b", id="m1"), ["recorder"], 2.0)
    damage(path, "alerts", "alert", value)
    found = outbox.last_alert("threshold")
    assert found is not None
    assert found.reading is not None
    assert found.reading.value == 0.3
    outbox.close()
