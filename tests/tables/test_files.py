"""Files of rows: what does not fit is counted, and never costs the others."""

from __future__ import annotations

import gzip
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")

from auto_model_monitor import ConfigError, SourceError
from auto_model_monitor.tables import Labels, RowCondition, Windows, table_of


def test_a_late_label_meets_its_prediction(tmp_path: Path):
    """Each id is used once with its latest label; what has no counterpart is counted."""
    (tmp_path / "p.csv").write_text(
        "id,time,prediction,sex\n007,2026-11-27T08:00:00+08:00,1,f\n8,2026-11-27T23:00:00+08:00,1,m\n"
        "8,2026-11-27T22:00:00+08:00,0,m\n9,2026-11-28T23:00:00+08:00,0,\n9,x\n"
    )
    (tmp_path / "l.csv").write_text("id,label\n007,0\n8,0\n8,1\n99,1\n")
    start = datetime(2026, 11, 26, 16, tzinfo=timezone.utc)
    days = Windows("time", tuple(start + timedelta(days=day) for day in range(3)))
    labels = Labels(table=table_of(tmp_path / "l.csv"), id="id", label="label")
    table = table_of(tmp_path / "p.csv")
    with table.open(["time", "prediction", "sex"], id="id", time="time", labels=labels) as rows:
        assert rows.left_out() == {"duplicates": 1, "labels_unmatched": 1, "unreadable": 1}
        assert rows.counts([days, "sex", "label", "prediction"]) == {
            (0, "f", "0", "1"): 1,
            (0, "m", "1", "1"): 1,
            (1, None, None, "0"): 1,
        }


def test_a_row_that_does_not_fit_is_skipped_and_counted(tmp_path: Path):
    """Rows of CSV with too few or many cells, or a late value of another type, are counted as unreadable."""
    lines = [f"{number},0.5" for number in range(30_000)]
    path = tmp_path / "p.csv"
    path.write_text("\n".join(["id,score", *lines, "a", "1,2,3", "7,late"]) + "\n")
    with table_of(path).open(["score"]) as rows:
        assert rows.counts() == {(): 30_000}
        assert rows.left_out()["unreadable"] == 3


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz"])
def test_a_line_that_is_no_object_is_counted(tmp_path: Path, ending: str):
    """Lines that are no JSON objects are counted, and the others are read."""
    path = tmp_path / f"p{ending}"
    text = b'[1]\n{"id": 1, "score": 0.5}\nnot json\n5\n{"id": "b", "score": "x"}\n{"id": 2, "score": NaN}\n'
    path.write_bytes(gzip.compress(text) if ending.endswith("gz") else text)
    with table_of(path).open(["id", "score"]) as rows:
        assert rows.counts(["id"]) == {("1",): 1, ("b",): 1, ("2",): 1}
        assert [one.missing for one in rows.moments(["score"])[()]] == [2]
        assert rows.left_out()["unreadable"] == 3


def test_a_torn_last_line_waits_for_the_next_look(tmp_path: Path):
    """A last line that is being written is neither read nor counted; when it is complete it is a row."""
    path = tmp_path / "p.jsonl"
    path.write_text('{"id": 1, "score": 0.5}\n{"id": 2, "sc')
    with table_of(path).open(["id"]) as rows:
        assert (rows.counts(), rows.left_out()["unreadable"]) == ({(): 1}, 0)
    with path.open("a") as file:
        file.write('ore": 0.7}\n')
    with table_of(path).open(["id"]) as rows:
        assert (rows.counts(), rows.left_out()["unreadable"]) == ({(): 2}, 0)


def test_a_missing_column_names_the_nearest(tmp_path: Path):
    """The error about a missing column names the one that was probably meant, and those that there are."""
    (tmp_path / "p.csv").write_text("id,score\n1,0.5\n")
    with pytest.raises(
        SourceError, match=r"'scroe' \(did you mean 'score'\?\), got the columns 'id', 'score'"
    ):
        table_of(tmp_path / "p.csv").open(["scroe"]).__enter__()


def test_a_missing_file_is_an_error_and_an_empty_one_is_not(tmp_path: Path):
    """A path that is not there is an error; an empty file and an empty folder have no rows for now."""
    with pytest.raises(SourceError, match="is the path right"):
        table_of(tmp_path / "none.csv").open(["id"]).__enter__()
    (tmp_path / "empty.csv").touch()
    for place in (tmp_path / "empty.csv", tmp_path, tmp_path / "*.jsonl"):
        with table_of(place).open(["id"], id="id") as rows:
            assert rows.counts(["id"]) == {}
        assert table_of(place).columns() == {}


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A look leaves no temporary file."""
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "p.csv").write_text("id\n1\n")
    with table_of(tmp_path / "p.csv").open(["id"], id="id") as rows:
        assert rows.counts() == {(): 1}
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_column_of_f_is_no_truth_value(tmp_path: Path):
    """A group whose only value is ``f`` or ``t`` keeps its name, and true is the label 1."""
    (tmp_path / "p.csv").write_text("sex,label\nf,true\nf,false\n")
    with table_of(tmp_path / "p.csv").open(["sex", "label"]) as rows:
        assert rows.counts(["sex", "label"]) == {("f", "1"): 1, ("f", "0"): 1}


def test_a_value_that_begins_with_a_hash_is_a_value(tmp_path: Path):
    """Rows that begin with ``#`` are rows, whether lines end as on Windows or not."""
    for end in ("\n", "\r\n"):
        (tmp_path / "p.csv").write_bytes(end.join(["id;score", "#1;0.5", "2;0.7", ""]).encode())
        with table_of(tmp_path / "p.csv").open(["id", "score"]) as rows:
            assert rows.counts(["id", "score"]) == {("#1", "0.5"): 1, ("2", "0.7"): 1}


def test_the_name_of_a_file_is_no_pattern(tmp_path: Path):
    """A file called x[1].csv is read itself, and not x1.csv beside it, wherever both lie."""
    for name, city in (("x[1]", "a"), ("x1", "b"), ("y*", "c"), ("y2", "d")):
        (tmp_path / f"{name}.csv").write_text(f"id,city\n1,{city}\n")
        (tmp_path / f"{name}.jsonl").write_text(f'{{"id": 1, "city": "{city}"}}\n')
    for ending in ("csv", "jsonl"):
        for name, city in (("x[1]", "a"), ("y*", "c")):
            with table_of(tmp_path / f"{name}.{ending}").open(["city"]) as rows:
                assert rows.counts(["city"]) == {(city,): 1}
    with table_of(tmp_path).open(["city"]) as rows:
        assert rows.counts(["city"]) == {(city,): 2 for city in "abcd"}


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize("bad", ["2026-13-45", "x", "n/a"])
def test_a_time_that_is_none_is_counted(tmp_path: Path, ending: str, bad: str):
    """A row whose time cannot be read is counted as unreadable or as one without a time, in every format."""
    times = [bad, "2026-11-18T00:00:00Z", bad]
    lines = [f'{{"time": "{time}"}}' for time in times] if ending == "jsonl" else ["time", *times]
    (tmp_path / f"p.{ending}").write_text("\n".join(lines) + "\n")
    with table_of(tmp_path / f"p.{ending}").open(["time"], time="time") as rows:
        undated = rows.counts((), [RowCondition(column="time", operator="missing")])
        assert undated.get((), 0) + rows.left_out()["unreadable"] == 2


@pytest.mark.parametrize(
    "time", ["294247-01-10 04:00:54", "0001-01-01 00:00:00", "9999-12-31 23:59:59", "1e300", "1.7e18"]
)
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_a_time_beyond_the_calendar_costs_no_other_row(tmp_path: Path, time: str, zone: str):
    """Of one absurd time the span says the nearest that there is; the other rows are read."""
    other = "1764000000" if "e" in time else "2026-11-18 08:00:00"
    (tmp_path / "p.csv").write_text(f"time\n{time}\n{other}\n")
    with table_of(tmp_path / "p.csv", timezone=zone).open(["time"], time="time") as rows:
        first, last = rows.span("time") or (None, None)
        assert first is not None
        assert last is not None
        assert first < last
        assert {first.year, last.year} & {1, 9998, 9999}
        assert rows.counts() == {(): 2}


@pytest.mark.parametrize("name", ["__id", "__blank", "__duplicates", "", "a\\u0000b"])
def test_a_column_of_a_reserved_name_is_not_read(tmp_path: Path, name: str):
    """A column whose name no engine takes, or that is used within, costs no row."""
    (tmp_path / "p.jsonl").write_text(f'{{"id": 1, "{name}": 2}}\n' * 3)
    table = table_of(tmp_path / "p.jsonl")
    assert list(table.columns()) == ["id"]
    with table.open(["id"], id="id") as rows:
        assert rows.left_out() == {"duplicates": 2, "unreadable": 0}


@pytest.mark.parametrize("place", ["a\0b", "x" * 5000 + ".csv"])
def test_a_path_that_cannot_be_is_an_error(place: str):
    """A path that no system takes is a wrong setting, of which the error shows the beginning."""
    with pytest.raises(ConfigError, match=r"expected a path, got one .{,60}: '.{3,61}'$"):
        table_of(place)


@pytest.mark.parametrize("before", [0, 200, 60_000])
@pytest.mark.parametrize("behind", [1, 200, 60_000])
def test_a_quotation_mark_that_is_never_closed_costs_its_own_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, before: int, behind: int
):
    """Rows before and behind it are read, and a warning names the file."""
    good = [f"{number},2026-11-18T00:00:00Z,1" for number in range(before + behind)]
    bad = '"x,2026-11-18T00:00:00Z,1'
    path = tmp_path / "p.csv"
    path.write_text("\n".join(["id,time,prediction", *good[:before], bad, *good[before:]]) + "\n")
    with table_of(path).open(["prediction"], id="id") as rows:
        assert before + behind <= rows.counts()[()] <= before + behind + 1
    assert "never closed" in caplog.text


def test_cells_with_line_ends_and_quotes_are_read_as_before(tmp_path: Path):
    """Where quotation marks are closed, a cell may hold commas, quotes and line ends."""
    path = tmp_path / "p.csv"
    path.write_text('id,city\n1,"a, ""b""\nc"\n2,"d"\n')
    with table_of(path).open(["city"]) as rows:
        assert rows.counts(["city"]) == {('a, "b"\nc',): 1, ("d",): 1}


@pytest.mark.parametrize("label_ids", ["BIGINT", "DOUBLE", "VARCHAR"])
def test_whole_ids_meet_their_labels(tmp_path: Path, label_ids: str):
    """Ids that are whole numbers meet labels whose ids are such, floating point numbers or text."""
    import duckdb

    for name, rows in (
        ("p", "SELECT unnest([1, 2, 3, 3, NULL, 5]) AS id, unnest([0, 1, 0, 1, 1, 1]) AS prediction"),
        (
            "l",
            f"SELECT unnest([1, 2, 2, 3, 9, NULL])::{label_ids} AS id, unnest([0, 0, 1, 1, 1, 1]) AS label",
        ),
    ):
        duckdb.execute(f"COPY ({rows}) TO '{tmp_path / name}.parquet'")
    labels = Labels(table=table_of(tmp_path / "l.parquet"), id="id", label="label")
    with table_of(tmp_path / "p.parquet").open(["prediction"], id="id", labels=labels) as rows:
        assert rows.left_out() == {"duplicates": 1, "labels_unmatched": 1, "unreadable": 0}
        counted = {("0", "0"): 1, ("1", "1"): 2, (None, "1"): 2}
        assert rows.counts(["label", "prediction"]) == counted


def test_lines_of_json_are_sampled_when_they_change(tmp_path: Path, monkeypatch):
    """Each file is sampled again after it has changed, and only then."""
    from auto_model_monitor.tables import json_sample

    sampled = []
    sample = json_sample._sampled_rows
    monkeypatch.setattr(
        json_sample, "_sampled_rows", lambda path: sampled.append(Path(path).name) or sample(path)
    )
    old, new = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    old.write_text('{"id": 1, "age": null}\n')
    new.write_text('{"id": 1, "AGE": 3}\n')
    table = table_of(tmp_path)
    assert table.columns() == {"id": "number", "age": "text"}
    new.write_text('{"id": "x", "age": 3}\n')
    assert table.columns() == {"id": "text", "age": "number"}
    with table.open(["id"]) as rows:
        assert rows.counts(["id"]) == {("1",): 1, ("x",): 1}
    assert sampled == ["a.jsonl", "b.jsonl", "b.jsonl"]
