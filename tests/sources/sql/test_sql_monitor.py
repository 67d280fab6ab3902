"""A monitor over rows of a database: each model alone, each alert once, whatever happens to the server."""

from __future__ import annotations

import sqlite3

import pytest

from auto_model_monitor import Monitor, SourceError, SQLSource, performance_data
from tests.fakes import RecordingNotifier
from tests.small_disks import fill, small_disk_at

pytest.importorskip("sqlalchemy")


def monitor(url: str, folder, *rules: str) -> tuple[Monitor, RecordingNotifier]:
    notifier = RecordingNotifier()
    source = SQLSource(url, table="performance_data", model="model_name", cursor="id")
    return Monitor(source, list(rules), [notifier], log_dir=folder), notifier


def test_a_bad_model_beside_a_good_one(database_url, tmp_path):
    """The bad one of two models makes one alert, also across a restart, and one when it recovers."""
    rule = "accuracy < 90% for 2"
    for name, accuracy in (("model_1", 0.95), ("model_2", 0.80), ("model_1", 0.95)):
        performance_data.insert(database_url, model_name=name, accuracy=accuracy)
    first, _ = monitor(database_url, tmp_path, rule)
    assert first.check() == []
    performance_data.insert(database_url, model_name="model_2", accuracy=0.81)
    (alert,) = first.check()
    assert (alert.model, alert.reading.value, alert.resolved) == ("model_2", 0.81, False)
    assert first.check() == []
    first.close(5)
    second, _ = monitor(database_url, tmp_path, rule)
    assert second.check() == []
    performance_data.insert(database_url, model_name="model_2", accuracy=0.82)
    assert second.check() == []
    for _ in range(2):
        performance_data.insert(database_url, model_name="model_2", accuracy=0.95)
    (alert,) = second.check()
    assert (alert.model, alert.resolved) == ("model_2", True)
    second.close(5)


def test_a_monitor_outlives_a_locked_database(tmp_path, caplog):
    """While the database is locked the monitor logs it and goes on; the next look makes the alert."""
    path = tmp_path / "m.db"
    performance_data.insert(f"sqlite:///{path}", model_name="m", accuracy=0.5)
    watch, _ = monitor(f"sqlite:///{path}?timeout=0", tmp_path, "accuracy < 90%")
    with sqlite3.connect(path, isolation_level=None) as holder:
        holder.execute("begin exclusive")
        assert watch.check() == []
        holder.execute("rollback")
    assert "database is locked" in caplog.text
    assert [alert.model for alert in watch.check()] == ["m"]
    watch.close(5)


def test_a_source_offers_its_columns(database_url):
    """From the first look on the source knows its metrics, also while there is no row."""
    performance_data.insert(database_url, model_name="m", accuracy=0.5)
    source = SQLSource(database_url, table="performance_data", model="model_name", where="1 = 0")
    with pytest.raises(SourceError, match="no metric was read yet"):
        source.metric_names  # noqa: B018
    assert len(source.read()) == 0
    assert source.metric_names == ["accuracy", "recall", "precision", "f1", "auc"]


def test_a_full_disk(tmp_path):
    """A row for which there is no room is an error, and one that comes when there is room again is stored."""
    with small_disk_at(tmp_path / "disk", "1m") as disk:
        url = f"sqlite:///{disk}/m.db"
        performance_data.insert(url, model_name="m", accuracy=0.5)
        filler = fill(disk)
        with pytest.raises(SourceError, match=r"full|disk I/O error|unable to open"):
            performance_data.insert(url, model_name="x" * 100_000, accuracy=0.5)
        filler.unlink()
        performance_data.insert(url, model_name="later", accuracy=0.5)
        assert [row["model_name"] for row in performance_data.rows(url)] == ["m", "later"]
