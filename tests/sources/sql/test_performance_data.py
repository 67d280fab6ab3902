"""The table of metrics: insertion, streaming, odd names, and triggers that fill it."""

from __future__ import annotations

import math
import re
import textwrap
import tracemalloc
from datetime import datetime, timezone

import pytest

from auto_model_monitor import ConfigError, SourceError, performance_data

pytest.importorskip("sqlalchemy")

METRICS = {"accuracy": 0.95, "recall": 0.90, "precision": 0.92, "f1": 0.91, "auc": 0.98}
ODD = ["x'); DROP TABLE performance_data; --", "两\nlines", "🚀 100% :name %s %(x)s", "m" * 10_000]


def statements(language: str) -> str:
    """Return the SQL that the module's docstring shows for a database."""
    blocks = re.findall(
        rf"\.\. code-block:: {language}\n\n(.*?)(?=\n\S|\Z)", performance_data.__doc__ or "", re.DOTALL
    )
    assert blocks
    return textwrap.dedent(blocks[0])


def test_the_first_row_creates_the_table(database_url):
    """The first row creates the table, and each comes back as a dictionary, with an id and a time."""
    performance_data.insert(database_url, model_name="model_1", **METRICS)
    performance_data.insert(database_url, model_name="model_2", accuracy=0.5)
    one, other = performance_data.rows(database_url)
    assert {name: one[name] for name in METRICS} == METRICS
    assert (other["model_name"], other["accuracy"], other["f1"]) == ("model_2", 0.5, None)
    assert other["id"] > one["id"]
    time = one["time"]
    moment = datetime.fromisoformat(time) if isinstance(time, str) else time
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    assert abs((datetime.now(timezone.utc) - moment).total_seconds()) < 60


@pytest.mark.parametrize("name", ODD, ids=["drop", "lines", "emoji", "long"])
def test_a_name_is_stored_literally(database_url, name):
    """Whatever a model is called, its name comes back as it was, and nothing of it is executed."""
    performance_data.insert(database_url, model_name=name, accuracy=0.5)
    performance_data.insert(database_url, model_name="other", accuracy=0.5)
    assert [row["model_name"] for row in performance_data.rows(database_url)] == [name, "other"]


def test_what_is_not_finite_is_no_value(database_url):
    """NaN and infinities are NULL in every database, and the numbers at the ends of a double survive."""
    performance_data.insert(database_url, model_name="m", accuracy=math.nan, recall=math.inf, f1=5e-324)
    performance_data.insert(database_url, model_name="m", accuracy=1.7976931348623157e308)
    one, other = performance_data.rows(database_url)
    assert (one["accuracy"], one["recall"], one["f1"]) == (None, None, 5e-324)
    assert other["accuracy"] == 1.7976931348623157e308


def test_rows_are_streamed(database_url, execute):
    """The first of 130,000 rows comes without the others, and the generator may be left."""
    performance_data.insert(database_url, model_name="m", accuracy=0.0)
    for _ in range(17):
        execute(
            "insert into performance_data (model_name, accuracy) select model_name, 0.5 from performance_data"
        )
    tracemalloc.start()
    rows = performance_data.rows(database_url)
    first = next(rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    rows.close()
    assert first["accuracy"] == 0
    assert peak < 8_000_000


def test_the_table_of_others_is_filled(database_url, execute):
    """A table without id and time, as it stands in a tutorial, is filled and read; a further column too."""
    quote = "`" if database_url.startswith("mysql") else '"'
    execute(
        f"create table performance_data (model_name varchar(50), accuracy float, recall float,"
        f" {quote}precision{quote} float, f1 float, auc float, {quote}latency p95{quote} float)"
    )
    performance_data.insert(database_url, model_name="model_1", **METRICS, **{"latency p95": 0.25})
    (row,) = performance_data.rows(database_url)
    assert row["latency p95"] == 0.25
    assert row["precision"] == pytest.approx(0.92)


def test_a_column_that_is_missing_is_named(database_url):
    """A metric for which the table has no column is an error that names the nearest."""
    performance_data.insert(database_url, model_name="m", latency_p95=0.2)
    with pytest.raises(ConfigError, match=r"no column 'latncy_p95' \(did you mean 'latency_p95'"):
        performance_data.insert(database_url, model_name="m", latncy_p95=0.2)
    with pytest.raises(ConfigError, match="accuracy: expected a number or None, got str"):
        performance_data.insert(database_url, model_name="m", accuracy="high")  # type: ignore[arg-type]
    assert len(list(performance_data.rows(database_url))) == 1


def test_a_table_that_is_missing_is_named(database_url):
    """To read a table that does not exist is an error, and creates neither a table nor a file."""
    with pytest.raises(SourceError, match=r"no such file|no table 'performance_data'"):
        next(performance_data.rows(database_url))
    performance_data.insert(database_url, model_name="m", accuracy=1)
    with pytest.raises(SourceError, match=r"no table 'performance_date' \(did you mean 'performance_data'"):
        next(performance_data.rows(database_url, table="performance_date"))


def test_the_password_stays_hidden(database_url):
    """A server that refuses the login, or is away, is an error without the password."""
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has no password")
    wrong = database_url.replace("s3cret%2Fpass", "h1dden%2Fword")
    away = re.sub(r":\d+/", ":1/", wrong)
    for url in (wrong, away):
        with pytest.raises(SourceError) as raised:
            performance_data.insert(url, model_name="m", accuracy=1)
        assert "h1dden" not in str(raised.value)
        assert "127.0.0.1" in str(raised.value)
        assert "monitor:***@" in str(raised.value)


def test_a_trigger_fills_the_table(database_url, execute):
    """The triggers that the docstring shows record the accuracy when labels arrive."""
    language = "postgresql" if database_url.startswith("postgresql") else "sqlite"
    if database_url.startswith("mysql"):
        pytest.skip("shown for SQLite and PostgreSQL")
    performance_data.insert(database_url, model_name="earlier", accuracy=1)
    execute("create table predictions (id integer primary key, model_name text, prediction int, label int)")
    execute(*re.split(r"\n\n(?=CREATE)", statements(language)))
    execute(
        "insert into predictions (id, model_name, prediction) values"
        " (1, 'a', 1), (2, 'a', 0), (3, 'b', 1), (4, 'c', 1)",
        "update predictions set label = 1 where model_name = 'a'",
        "update predictions set label = 1 where model_name = 'b'",
    )
    latest = {row["model_name"]: row["accuracy"] for row in performance_data.rows(database_url)}
    assert latest == {"earlier": 1, "a": 0.5, "b": 1}
    if language == "postgresql":  # a row for each statement and model
        assert len(list(performance_data.rows(database_url))) == 3
        execute("drop function record_accuracy cascade")
