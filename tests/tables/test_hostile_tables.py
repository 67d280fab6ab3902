"""Names, values and files that a table must withstand."""

from __future__ import annotations

import csv
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auto_model_monitor import ConfigError, MonitorError, SourceError
from auto_model_monitor.tables import DUPLICATES, Labels, RowCondition, table_of
from tests.tables.places import csv_file, json_lines, pandas_frame, sqlite_file

HOSTILE = "x\"'); DROP TABLE look; --\n,%(s)s :b ? 年龄"


@pytest.mark.parametrize("place", [csv_file, json_lines, pandas_frame], ids=lambda place: place.__name__)
def test_names_and_values_are_never_code(tmp_path: Path, place):
    """Columns and values that look like SQL are a name and a text."""
    rows = [{"id": str(number), HOSTILE: HOSTILE if number else 'o"x'} for number in range(3)]
    table = place(tmp_path, "rows", rows)
    with table.open([HOSTILE], id="id") as look:
        same = RowCondition(column=HOSTILE, operator="==", value=HOSTILE)
        assert look.counts(where=[same]) == {(): 2}
        assert look.counts([HOSTILE]) == {(HOSTILE,): 2, ('o"x',): 1}
        assert look.moments([HOSTILE])[()][0].missing == 3


def test_labels_of_every_type_meet(tmp_path: Path):
    """Labels written as ``1``, ``"1"``, ``true`` and ``1.0`` are one class, whatever the predictions are."""
    (tmp_path / "p.csv").write_text("id,prediction\n" + "".join(f"{number},1\n" for number in range(4)))
    answers = ["1", '"1"', "true", "1.0"]
    (tmp_path / "l.jsonl").write_text(
        "".join(f'{{"id": {number}, "label": {text}}}\n' for number, text in enumerate(answers))
    )
    labels = Labels(table=table_of(tmp_path / "l.jsonl"), id="id", label="label")
    with table_of(tmp_path / "p.csv").open(["prediction"], labels=labels) as look:
        assert look.counts(["prediction", "label"]) == {("1", "1"): 4}
        assert look.counts(where=[RowCondition(column="label", operator="==", value=1)]) == {(): 4}


def test_parquet_parts_keep_their_fractions(tmp_path: Path):
    """Parts of Parquet with other types are united: 2.5 stays 2.5, and a column may be missing in one."""
    duckdb.sql(f"COPY (SELECT 1 AS id, 2 AS score) TO '{tmp_path}/a.parquet'")
    duckdb.sql(f"COPY (SELECT 2 AS id, 2.5::DOUBLE AS score, 'f' AS sex) TO '{tmp_path}/b.parquet'")
    with table_of(tmp_path).open(["score", "sex"]) as look:
        assert look.moments(["score"])[()][0].total == 4.5
        assert look.counts(["sex"]) == {("f",): 1, (None,): 1}


def test_a_file_replaced_between_looks_is_read_anew(tmp_path: Path):
    """A look keeps its rows when the file is replaced; the next has the new ones."""
    path, other = tmp_path / "p.csv", tmp_path / "new.csv"
    path.write_text("id\n1\n2\n")
    table = table_of(path)
    with table.open(["id"], id="id") as look:
        other.write_text("id\n1\n2\n3\n")
        other.replace(path)
        assert look.counts() == {(): 2}
    with table.open(["id"], id="id") as look:
        assert look.counts() == {(): 3}


def test_a_half_written_parquet_file_is_an_error_of_this_look(tmp_path: Path):
    """A file without its end is reported with its name, for the next look to read."""
    (tmp_path / "p.parquet").write_bytes(b"PAR1 and no end")
    with pytest.raises(SourceError, match=r"p\.parquet"), table_of(tmp_path / "p.parquet").open(["id"]):
        pass


def test_a_session_reads_no_other_file(tmp_path: Path):
    """A query cannot read files beside the given ones, nor load an extension."""
    from auto_model_monitor.tables.duckdb_session import duckdb_session

    (tmp_path / "secret.csv").write_text("id\n1\n")
    with duckdb_session("rows", "UTC", []) as session:
        for query in (f"FROM read_csv('{tmp_path}/secret.csv')", "INSTALL httpfs", "SET threads = 1"):
            with pytest.raises(SourceError):
                session.execute(query)


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://monitor:hush%40hush@127.0.0.1:1/db", "sqlite:////nowhere/hush.db", "x://:hush"],
)
def test_a_password_is_never_shown(url: str):
    """Names and errors of a database hold no password."""
    pytest.importorskip("psycopg")
    with pytest.raises(MonitorError) as raised:
        table_of(url, table="rows").columns()
    assert "hush@" not in str(raised.value)
    assert "hush%40" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_missing_table_and_column_name_the_nearest(tmp_path: Path):
    """A database's table and column that are missing are answered with the nearest."""
    sqlite_file(tmp_path, "predictions", [{"id": "1", "score": 0.5}])
    url = f"sqlite:///{tmp_path / 'rows.db'}"
    with pytest.raises(SourceError, match="did you mean 'predictions'"):
        table_of(url, table="prediction").columns()
    with pytest.raises(SourceError, match="did you mean 'score'"):
        table_of(url, table="predictions").open(["scores"]).__enter__()


@pytest.mark.parametrize(
    "make",
    [lambda: table_of("rows.xlsx"), lambda: table_of("p.csv", timezone="Mars"), lambda: table_of(object())],
)
def test_what_is_no_table_is_a_configuration_error(make):
    """A file of another format, an unknown time zone and a strange object are refused."""
    with pytest.raises(ConfigError, match="expected"):
        make()


CELLS = st.sampled_from(["", "1", "2.5", "nan", " 7 ", "-3"])


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from("abcd"), CELLS, st.sampled_from(["", "f", " m"])), min_size=1))
def test_cleaning_twice_equals_once(tmp_path: Path, raw: list[tuple[str, str, str]]):
    """Rows that were deduplicated, converted and filled stay as they are when that happens again."""

    def cleaned(path: Path) -> list[dict[str, object]]:
        with table_of(path).open(["id", "age", "sex"], id="id", fill={"age": "median"}) as look:
            found = [{k: v for k, v in row.items() if k != DUPLICATES} for row in look.records()]
        return sorted(found, key=lambda row: str(row["id"]))

    first, second = tmp_path / "1.csv", tmp_path / "2.csv"
    with first.open("w", newline="") as file:
        csv.writer(file).writerows([("id", "age", "sex"), *raw])
    once = cleaned(first)
    with second.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "age", "sex"])
        writer.writeheader()
        writer.writerows(once)
    assert cleaned(second) == once
    assert len(once) == len({one for one, _, _ in raw})
    ages = [row["age"] for row in once]
    assert all(age is None or math.isfinite(float(str(age))) for age in ages)


def test_what_a_killed_process_left_is_removed(tmp_path: Path):
    """The first look of a process removes the folders of killed ones, and none that is in use."""
    code = """
import sys
from auto_model_monitor.tables.scratch_folder import scratch_folder
with scratch_folder() as folder:
    print(folder, flush=True)
    sys.stdin.readline()
"""
    processes = []
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | {"TMPDIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        processes.append((process, Path(process.stdout.readline().strip())))
    (killed, left), (living, used) = processes
    (tmp_path / "auto-model-monitor-look-link").symlink_to(Path(__file__).parent)
    (left / "spilt").write_text("rows")
    killed.kill()
    killed.wait()
    assert left.exists()
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=environment, input="\n", check=True, text=True)
    assert not left.exists()
    assert used.exists()
    living.communicate("\n")
    assert [path.name for path in tmp_path.iterdir()] == ["auto-model-monitor-look-link"]
