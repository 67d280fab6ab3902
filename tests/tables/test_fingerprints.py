"""A look is saved while nothing changes, and never when a label comes late."""

from __future__ import annotations

import sqlite3
import time as clocks
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")

import sqlalchemy as sa

from auto_model_monitor import PredictionSource
from auto_model_monitor.tables import table_of
from tests.sources.predictions.tables_of_predictions import StandingClock, predictions
from tests.tables.places import arrow_table, database, pandas_frame, polars_frame, polars_lazy_frame

CHANGES = [
    "UPDATE answers SET label = 0 WHERE id = '7'",
    "UPDATE answers SET label = 1 WHERE id = '7'",
    "INSERT INTO answers VALUES ('20', 1)",
    "DELETE FROM answers WHERE id = '20'",
    "UPDATE answers SET id = '21' WHERE id = '3'",
]


def urls() -> list:
    servers = (pytest.param(name, marks=pytest.mark.servers) for name in ("mariadb_url", "postgresql_url"))
    return ["DELETE", "WAL", *servers]


@pytest.fixture(params=urls())
def url(request, tmp_path: Path) -> str:
    if request.param.endswith("_url"):
        return request.getfixturevalue(request.param)
    place = f"sqlite:///{tmp_path / 'rows.db'}"
    with sa.create_engine(place).connect() as connection:
        connection.execute(sa.text(f"PRAGMA journal_mode = {request.param}"))
    return place


@pytest.fixture
def later():
    """The files are older than the step of any clock."""
    now = clocks.time
    with mock.patch("time.time", side_effect=lambda: now() + 3):
        yield


def test_a_database_tells_each_change(url: str, later: None):
    """The state of a table stays equal over looks, and differs after each change of another connection."""
    table = database(url, "answers", [{"id": str(number), "label": number % 2} for number in range(20)])
    writer = sa.create_engine(url)
    with writer.connect() as connection:
        for change in CHANGES:
            before = table.fingerprint()
            with table.open(["label"], id="id") as rows:
                assert sum(rows.counts().values()) in (20, 21)
            assert table.fingerprint() == before is not None
            connection.execute(sa.text(change))
            connection.commit()
            assert table.fingerprint() != before, change
    writer.dispose()


@pytest.mark.servers
def test_a_view_tells_nothing(mariadb_url: str, postgresql_url: str):
    """Of a view of a server only a look can tell."""
    for url in (mariadb_url, postgresql_url):
        database(url, "answered", [{"id": "1", "label": 1}])
        with sa.create_engine(url, poolclass=sa.pool.NullPool).begin() as connection:
            connection.execute(sa.text("CREATE VIEW shown AS SELECT id, label FROM answered"))
        try:
            assert table_of(url, table="shown").fingerprint() is None
        finally:
            with sa.create_engine(url, poolclass=sa.pool.NullPool).begin() as connection:
                connection.execute(sa.text("DROP VIEW shown"))


def test_a_late_label_in_a_database_is_a_reading(tmp_path: Path):
    """A look at unchanged tables returns nothing, and one after a label was updated its accuracy."""
    url = f"sqlite:///{tmp_path / 'rows.db'}"
    rows = predictions(days=1)
    database(
        url, "predictions", [{"id": str(row["id"]), "time": row["time"], "prediction": 1} for row in rows]
    )
    database(url, "answers", [{"id": str(row["id"]), "label": 1} for row in rows])
    source = PredictionSource(
        f"{url}#predictions", f"{url}#answers", timezone="UTC", clock=StandingClock(), version=None
    )
    assert {r.metric: r.value for r in source.read()}["accuracy"] == 1.0
    assert list(source.read()) == []
    with sa.create_engine(url).begin() as connection:
        connection.execute(sa.text("UPDATE answers SET label = 0 WHERE id = '3'"))
    assert {r.metric: r.value for r in source.read()}["accuracy"] == 1 - 1 / len(rows)


@pytest.mark.servers
def test_frames_that_cannot_change_are_counted_once(tmp_path: Path):
    """Tables of PyArrow and frames of Polars stay as they were given; lazy and pandas' frames may change."""
    rows = [{"id": "1", "label": 1}, {"id": "2", "label": 0}]
    same = [place(tmp_path, "rows", rows).fingerprint() for place in (arrow_table, polars_frame)]
    assert None not in same
    other = [place(tmp_path, "rows", rows).fingerprint() for place in (polars_lazy_frame, pandas_frame)]
    assert other == [None, None]
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(rows)
    table = table_of(frame)
    frame[0, "label"] = 5
    frame.extend(polars.DataFrame(rows))
    with table.open(["label"]) as look:
        assert look.counts(["label"]) == {("1",): 1, ("0",): 1}


@pytest.mark.parametrize("kind", ["csv", "sqlite"])
def test_a_change_within_one_tick_of_the_clock_is_seen(tmp_path, kind):
    """A file that was just written has no fingerprint: another write could leave its times as they are."""
    path = tmp_path / f"rows.{kind}"
    if kind == "csv":
        path.write_text("id,label\n1,0\n")
        table = table_of(str(path))
    else:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE rows (id INTEGER, label INTEGER)")
        table = table_of(f"sqlite:///{path}", table="rows")
    now = path.stat().st_mtime
    with mock.patch("time.time", return_value=now + 0.001):
        assert table.fingerprint() is None
    with mock.patch("time.time", return_value=now + 3):
        assert table.fingerprint() is not None
