"""The metric history, as pages of JSON and as one CSV file."""

from __future__ import annotations

import csv
import io
import math
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from auto_model_monitor import LogEntry, LogReader
from auto_model_monitor.api.routes.history_routes import page
from auto_model_monitor.training import TaskState, TaskStore, TrainingRequest

NOW = datetime(2025, 10, 29, 10, 0, tzinfo=timezone.utc)
EPOCHS = 40


@pytest.fixture
def store(tmp_path):
    """A store with one task that has ended, some of whose losses were not finite."""
    with closing(TaskStore(tmp_path / "store")) as opened:
        yield opened


@pytest.fixture
def task_id(store):
    paths = dict.fromkeys(("train_path", "val_path", "save_path"), "/tmp")
    task = store.add(TrainingRequest(model="m", num_classes=2, **paths), trainer="script")
    store.move(task.id, TaskState.RUNNING, "started")
    reader, entries = LogReader(), []
    for epoch in range(1, EPOCHS + 1):
        loss = "nan" if epoch == 7 else "inf" if epoch == 8 else f"{1 / epoch!r}"
        for number, line in enumerate(
            (f"Epoch [{epoch}/{EPOCHS}] started", f"Train Loss: {loss}, Train Accuracy: {epoch}.25%")
        ):
            entries.append(reader.read(line, time=NOW + timedelta(seconds=60 * epoch + number)))
    store.append(task.id, entries)
    store.move(task.id, TaskState.COMPLETED, "done")
    return task.id


@pytest.fixture
def history(client, store, task_id):
    http = client(store=store)

    def ask(headers=None, **query):
        return http.get(f"/api/v2/training/{task_id}/metrics", params=query, headers=headers)

    return ask


def test_pages_hold_every_number_once(history):
    """Using `next` as `after` returns the whole history once, for any size of a page."""
    everything = history(limit=10_000).json()
    assert everything["next"] is None
    for limit in (1, 2, 3, 4, 7, 1000):
        found, after = [], 0
        while after is not None:
            answer = history(limit=limit, after=after).json()
            found += answer["items"]
            after = answer["next"]
        assert found == everything["items"]
    assert {item["metric"] for item in found} >= {"train_loss", "train_acc"}


def test_a_page_has_a_thousand_values_by_default(history, store, task_id):
    """Without a limit a page has 1000 values, and `next` leads to the rest."""
    line = LogEntry(timestamp=NOW, level="INFO", message="x", own_metrics={"val_loss": 0.5})
    store.append(task_id, [line] * 1200)
    answer = history(metric="val_loss").json()
    assert len(answer["items"]) == 1000
    assert len(history(metric="val_loss", after=answer["next"]).json()["items"]) == 200


def test_an_item_has_its_entry_and_its_epoch(history, task_id):
    """An item has the entry, its time, the epoch, the metric and the value, or null if it is not finite."""
    answer = history(metric="train_loss").json()
    assert (list(answer), answer["task_id"]) == (["task_id", "items", "next"], task_id)
    assert len(answer["items"]) == EPOCHS
    item = answer["items"][2]
    assert item == {
        "seq": 6, "timestamp": "2025-10-29T10:03:01.000Z", "epoch": 3, "metric": "train_loss", "value": 1 / 3,
    }  # fmt: skip
    assert [row["value"] for row in answer["items"][6:8]] == [None, None]


@pytest.mark.parametrize("asked", [{"format": "csv"}, {"headers": {"accept": "text/csv"}}])
def test_csv_holds_the_whole_history(history, asked):
    """CSV has a header and every number exactly; values that are not finite are spelled out."""
    answer = history(**asked)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert header == ["seq", "timestamp", "epoch", "metric", "value"]
    losses = [float(row[4]) for row in rows if row[3] == "train_loss"]
    assert len(losses) == EPOCHS
    assert losses[2] == 1 / 3
    assert math.isnan(losses[6])
    assert math.isinf(losses[7])
    assert [row[4] for row in rows if row[3] == "train_loss"][6:8] == ["nan", "inf"]
    assert history(format="csv", metric="nothing").text == "seq,timestamp,epoch,metric,value\n"


def test_the_requested_format_wins(history):
    """`format` wins over Accept, and an unknown format is refused."""
    assert history({"accept": "text/csv"}, format="json").headers["content-type"] == "application/json"
    assert history(format="xml").status_code == 422
    assert history(limit=0).status_code == 422


def test_an_entry_with_more_numbers_than_a_page_is_not_cut(store, task_id):
    """A page never ends within an entry, even if one entry has more values than the limit."""
    first, further = page(store, task_id, None, 1, 1)
    assert len({row.seq for row in first}) == 1
    assert len(first) >= 2
    assert further == first[-1].seq
