"""Metrics in a database: what each look returns, whatever happens to the table and the server."""

from __future__ import annotations

import logging
import math
import os
import re
import signal
import sqlite3
from datetime import datetime, timezone

import pytest

from auto_model_monitor import (
    ConfigError,
    MissingExtraError,
    MonitorError,
    SourceError,
    SQLSource,
    performance_data,
)

pytest.importorskip("sqlalchemy")

CREATE = (
    "create table scores (id integer primary key, model_name varchar(40), accuracy double precision,"
    " recall numeric(6,4), note varchar(40))"
)


def found(source: SQLSource) -> list[tuple[str | None, str, float]]:
    return [(reading.model, reading.metric, reading.value) for reading in source.read()]


def test_each_row_is_read_once(database_url):
    """Each look returns the readings of new rows: one for each metric that is not NULL, with its model."""
    performance_data.insert(database_url, model_name="model_1", accuracy=0.95, recall=0.9)
    source = SQLSource(database_url, table="performance_data", model="model_name", cursor="id")
    assert found(source) == [("model_1", "accuracy", 0.95), ("model_1", "recall", 0.9)]
    assert found(source) == []
    performance_data.insert(database_url, model_name="model_2", precision=0.5)
    performance_data.insert(database_url, model_name="model_1", f1=0.25)
    assert found(source) == [("model_2", "precision", 0.5), ("model_1", "f1", 0.25)]
    assert found(source) == []


def test_a_reading_knows_its_row(database_url, execute):
    """Without a time, readings are ordered by the cursor, and their name says which row it was."""
    execute(CREATE, "insert into scores values (7, 'm', 0.5, 0.25, 'x')")
    source = SQLSource(database_url, table="scores", model="model_name")
    assert [(r.name, r.step, r.time, r.metric) for r in source.read()] == [
        ("id=7", 7, None, "accuracy"),
        ("id=7", 7, None, "recall"),
    ]
    assert "s3cret" not in repr(source) + source.name


def test_a_row_that_commits_late_is_not_missed(database_url, execute):
    """Rows whose ids come out of order are read, and so is a row that changed."""
    execute(CREATE, "insert into scores (id, accuracy) values (1, 0.1), (3, 0.3)")
    source = SQLSource(database_url, table="scores", metrics=["accuracy"])
    assert [value for _, _, value in found(source)] == [0.1, 0.3]
    execute("insert into scores (id, accuracy) values (2, 0.2), (4, 0.4)")
    assert [value for _, _, value in found(source)] == [0.2, 0.4]
    execute("update scores set accuracy = 0.5 where id = 3")
    assert [value for _, _, value in found(source)] == [0.5]
    assert found(source) == []


def test_a_first_look_reads_a_bounded_past(database_url, execute):
    """The first look reads the last rows alone, in their order; the next ones read on from there."""
    execute(CREATE, *(f"insert into scores (id, accuracy) values ({n}, {n})" for n in range(1, 11)))
    source = SQLSource(database_url, table="scores", metrics=["accuracy"], past=3)
    assert [value for _, _, value in found(source)] == [8, 9, 10]
    execute("insert into scores (id, accuracy) values (11, 11)")
    assert [value for _, _, value in found(source)] == [11]


def test_many_rows_of_one_cursor_value(tmp_path):
    """Three thousand rows of one moment, more than are read again, are read once."""
    with sqlite3.connect(tmp_path / "m.db") as connection:
        connection.execute("create table scores (time text, accuracy real)")
        rows = [(f"2026-11-28 0{n // 3000}:00:00", n) for n in range(6000)]
        connection.executemany("insert into scores values (?, ?)", rows)
    source = SQLSource(f"sqlite:///{tmp_path}/m.db", table="scores", cursor="time")
    assert len(source.read()) == 6000
    assert found(source) == []
    with sqlite3.connect(tmp_path / "m.db") as connection:
        connection.execute("insert into scores values ('2026-11-28 01:00:00', -1)")
    assert [value for _, _, value in found(source)] == [-1]


def test_an_emptied_table_begins_again(database_url, execute):
    """After a table was emptied and its ids began again, new rows are read."""
    execute(CREATE, *(f"insert into scores (id, accuracy) values ({n}, {n})" for n in (100, 101)))
    source = SQLSource(database_url, table="scores", metrics=["accuracy"])
    assert len(source.read()) == 2
    execute("delete from scores", "insert into scores (id, accuracy) values (1, 0.5)")
    assert found(source) == []
    assert [value for _, _, value in found(source)] == [0.5]


def test_null_nan_decimals_and_texts(tmp_path, caplog):
    """NULL is no reading, a decimal and a written number are; other texts are left out with a warning."""
    with sqlite3.connect(tmp_path / "m.db") as connection:
        connection.execute("create table scores (id integer primary key, accuracy decimal(5,4), auc real)")
        connection.executemany(
            "insert into scores (accuracy, auc) values (?, ?)",
            [(None, 0.5), ("0.25", None), ("n/a", None), ("nan", None), ("n/a", 1e999)],
        )
    source = SQLSource(f"sqlite:///{tmp_path}/m.db", table="scores")
    with caplog.at_level(logging.WARNING):
        values = found(source)
    assert values[:2] == [(None, "auc", 0.5), (None, "accuracy", 0.25)]
    assert math.isnan(values[2][2])
    assert values[3:] == [(None, "auc", math.inf)]
    assert [record.getMessage() for record in caplog.records] == [
        f"sqlite:///{tmp_path}/m.db scores: accuracy is no number but 'n/a'; such values are left out"
    ]


def test_numbers_of_servers(database_url, execute):
    """Decimals are floats; NaN, which PostgreSQL stores, is a reading, and is read once."""
    execute(CREATE, "insert into scores (id, accuracy, recall) values (1, 0.5, 0.1234)")
    source = SQLSource(database_url, table="scores")
    assert found(source) == [(None, "accuracy", 0.5), (None, "recall", 0.1234)]
    if database_url.startswith("postgresql"):
        execute("insert into scores (id, accuracy, recall) values (2, 'NaN', 'NaN')")
        assert [math.isnan(value) for _, _, value in found(source)] == [True, True]
        assert found(source) == []


def test_the_long_form(database_url, execute):
    """A table with a metric and a value a row is read too; what stands behind an @ is the group."""
    execute(
        "create table long_form (id integer primary key, model varchar(40), metric varchar(40),"
        " val numeric(9,4))",
        "insert into long_form values (1, 'a', 'accuracy', 0.5), (2, 'b', 'recall@sex:f', 0.75),"
        " (3, 'b', null, 1), (4, 'b', 'auc', null)",
    )
    source = SQLSource(database_url, table="long_form", model="model", metric="metric", value="val")
    assert [(r.model, r.metric, r.group, r.value) for r in source.read()] == [
        ("a", "accuracy", None, 0.5),
        ("b", "recall@sex:f", "sex:f", 0.75),
    ]


def test_times_are_utc(database_url, execute, caplog):
    """With a column of times a reading has its window's end in UTC; one without a zone is in `timezone`."""
    kind = {"mysql": "datetime", "postg": "timestamp", "sqlit": "text"}[database_url[:5]]
    execute(
        f"create table days (id integer primary key, day {kind}, accuracy double precision)",
        "insert into days values (1, '2026-11-28 08:00:00', 0.5), (2, null, 0.25)",
    )
    source = SQLSource(database_url, table="days", time="day", timezone="Asia/Shanghai")
    assert [(r.time, r.step, r.value) for r in source.read()] == [
        (datetime(2026, 11, 28, tzinfo=timezone.utc), None, 0.5)
    ]
    assert "the column 'day' has no time but None" in caplog.text


def test_a_condition_and_a_view(database_url, execute):
    """A condition in SQL chooses rows, and a view is read as a table is."""
    execute(
        CREATE,
        "insert into scores values (1, 'm', 0.5, null, '50% :done'), (2, 'm', 0.75, null, 'b')",
        "create view good as select id, accuracy from scores where accuracy > 0.6",
    )
    source = SQLSource(database_url, table="scores", where="note = '50% \\:done' or note is null")
    assert found(source) == [(None, "accuracy", 0.5)]
    assert found(SQLSource(database_url, table="good")) == [(None, "accuracy", 0.75)]
    execute("drop view good")


def test_reserved_and_odd_names_are_quoted(database_url, execute):
    """Tables and columns with names that SQL reserves, or with spaces and quotes, are read."""
    quote = "`" if database_url.startswith("mysql") else '"'
    names = [f"{quote}{name}{quote}" for name in ("order", "group", "precision", "F1 'macro'")]
    execute(
        f"create table {names[0]} ({names[1]} integer primary key, {names[2]} double precision,"
        f" {names[3]} double precision)",
        f"insert into {names[0]} values (1, 0.5, 0.25)",
    )
    source = SQLSource(database_url, table="order", cursor="group")
    assert found(source) == [(None, "precision", 0.5), (None, "F1 'macro'", 0.25)]


def test_a_missing_table_and_column_are_named_with_the_nearest(database_url, execute):
    """A table or column that is not there is an error that names the nearest, and the next look goes on."""
    with pytest.raises(SourceError, match=r"no such file|no table 'scores'; there are: none"):
        SQLSource(database_url, table="scores").read()
    execute(CREATE, "insert into scores (id, accuracy) values (1, 0.5)")
    for arguments, problem in (
        ({"table": "score"}, "no table 'score' (did you mean 'scores'?)"),
        ({"table": "scores", "model": "model_nam"}, "no column 'model_nam' (did you mean 'model_name'?)"),
        ({"table": "scores", "metrics": ["acuracy"]}, "no column 'acuracy' (did you mean 'accuracy'?)"),
        ({"table": "scores", "cursor": "created"}, "no column 'created'; there are: accuracy, id, "),
        ({"table": "scores", "cursor": "created"}, "; cursor= names one that grows"),
    ):
        with pytest.raises(SourceError, match=re.escape(problem)):
            SQLSource(database_url, **arguments).read()
    source = SQLSource(database_url, table="scores", metrics=["accuracy"])
    execute("alter table scores rename to old_scores")
    with pytest.raises(SourceError):
        source.read()
    execute("alter table old_scores rename to scores")
    assert found(source) == [(None, "accuracy", 0.5)]


def test_a_newer_schema(database_url, execute, caplog):
    """A column that is added is read; one that is dropped is named once, and the others are read."""
    execute(CREATE, "insert into scores (id, accuracy) values (1, 0.5)")
    every = SQLSource(database_url, table="scores")
    some = SQLSource(database_url, table="scores", metrics=["accuracy", "recall"])
    assert found(every) == found(some) == [(None, "accuracy", 0.5)]
    execute(
        "alter table scores add column auc double precision",
        "alter table scores drop column recall",
        "insert into scores (id, accuracy, auc) values (2, 0.25, 0.75)",
    )
    assert found(every)[-2:] == [(None, "accuracy", 0.25), (None, "auc", 0.75)]
    assert found(some)[-1:] == [(None, "accuracy", 0.25)]
    assert found(some) == []
    assert caplog.text.count("no column 'recall'") == 1


def test_a_locked_database(tmp_path):
    """A locked SQLite file is an error, and the next look reads what was added."""
    path = tmp_path / "m.db"
    performance_data.insert(f"sqlite:///{path}", model_name="m", accuracy=0.5)
    source = SQLSource(f"sqlite:///{path}?timeout=0", table="performance_data")
    with sqlite3.connect(path, isolation_level=None) as holder:
        holder.execute("begin exclusive")
        with pytest.raises(SourceError, match="database is locked"):
            source.read()
        with pytest.raises(SourceError, match="database is locked"):
            performance_data.insert(f"sqlite:///{path}?timeout=0", model_name="m", accuracy=0.25)
        holder.execute("rollback")
    assert found(source) == [(None, "accuracy", 0.5)]


def test_a_file_that_is_no_database(tmp_path):
    """Another file in the place of a database is an error, not a crash."""
    (tmp_path / "m.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(SourceError, match="file is not a database"):
        SQLSource(f"sqlite:///{tmp_path}/m.db", table="scores").read()


@pytest.mark.servers
def test_a_server_that_goes_and_comes_back():
    """While a server is down each look is an error without its password; once it is back, the looks go on."""
    import subprocess

    from tests.servers.running_servers import postgresql_server
    from tests.waiting import until

    with postgresql_server() as url:
        performance_data.insert(url, model_name="m", accuracy=0.5)
        source = SQLSource(url, table="performance_data", metrics=["accuracy"])
        assert len(source.read()) == 1
        port = re.search(r":(\d+)/", url)[1]  # type: ignore[index]
        found_process = subprocess.run(
            ["pgrep", "-f", f"port={port}"], capture_output=True, text=True, check=True
        )
        process = int(found_process.stdout.split()[0])
        os.kill(process, signal.SIGSTOP)
        try:
            silent = SQLSource(f"{url}?connect_timeout=2", table="performance_data")
            with pytest.raises(SourceError, match="timeout"):
                silent.read()
        finally:
            os.kill(process, signal.SIGCONT)
        performance_data.insert(url, model_name="m", accuracy=0.25)
        until(lambda: len(source.read()) == 1)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"url": "nonsense"}, "url: expected one of SQLAlchemy"),
        ({"url": "foobar://monitor:s3cret@db/x"}, "url: expected one of SQLAlchemy"),
        ({"url": "mysql+pymysql://monitor:s3cret@db:port/x"}, "url: expected one of SQLAlchemy"),
        ({"metrics": []}, "metrics: expected at least one column"),
        ({"metrics": "accuracy"}, "metrics: expected a list"),
        ({"metric": "m"}, "value: expected a column, because metric is given"),
        ({"value": "v"}, "metric: expected a column, because value is given"),
        ({"metric": "m", "value": "v", "metrics": ["a"]}, "metrics: expected None"),
        ({"past": 0}, "past: expected at least 1 row"),
        ({"timezone": "Asia/Shangai"}, "timezone: expected a time zone"),
    ],
)
def test_settings_that_cannot_work(arguments, problem):
    """Each setting that cannot work is refused at construction, without the password."""
    with pytest.raises(ConfigError, match=re.escape(problem)) as raised:
        SQLSource(**({"url": "sqlite://", "table": "scores"} | arguments))
    assert "s3cret" not in str(raised.value)


def test_a_driver_that_is_missing_is_named():
    """A database whose driver is not installed names the package to install."""
    with pytest.raises(MissingExtraError, match="pip install oracledb") as raised:
        SQLSource("oracle+oracledb://monitor:s3cret@db/x", table="scores")
    assert isinstance(raised.value, MonitorError)
    assert "s3cret" not in str(raised.value)
