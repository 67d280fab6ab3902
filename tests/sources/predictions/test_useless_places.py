"""Places that hold no predictions: a person hears of it, once."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")

from auto_model_monitor import ConfigError, Monitor, PredictionSource, Renderer, SourceError


def test_a_pipe_and_a_device_are_refused(tmp_path: Path):
    """A pipe or a device in place of a file is an error that says what it is, and never blocks."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    for name, kind in (("pipe.csv", "a pipe"), ("zero.csv", "a device")):
        with pytest.raises(SourceError, match=f"expected a file or a folder of files, got {kind}"):
            PredictionSource(tmp_path / name).read()


@pytest.mark.parametrize("content", [None, b"", b"\0\xff garbage\n" * 200, b"[1]\n5\nnull\n"])
def test_a_place_without_rows_is_reported_once(tmp_path: Path, content: bytes | None, caplog):
    """An empty folder or file, and lines that are no JSON objects, are one warning, not silence."""
    path = tmp_path / "p.jsonl"
    path.mkdir() if content is None else path.write_bytes(content)
    source = PredictionSource(path)
    for _ in range(3):
        assert len(source.read()) == 0
        os.utime(path, (len(caplog.records) + 1,) * 2)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "no row that can be read yet; expected a file of CSV with a header" in caplog.text


def test_a_table_without_times_is_reported_once(tmp_path: Path, caplog):
    """Rows of which none has a time are a warning that names the column, beside their count."""
    path = tmp_path / "p.csv"
    path.write_text("id,time,label\n" + "1,soon,0\n" * 5)
    assert {reading.metric for reading in PredictionSource(path).read()} >= {"undated"}
    assert "in the column 'time', got none in" in caplog.text


@pytest.mark.parametrize(
    "settings",
    [
        {"late": "99999999999d"},
        {"window": "9999999d"},
        {"late": "-1d"},
        {"reference": {"accuracy": math.nan}},
    ],
)
def test_a_setting_that_no_calendar_or_metric_has_is_refused(tmp_path: Path, settings):
    """A time beyond all calendars and a reference that is no number are wrong settings, not faults."""
    with pytest.raises(ConfigError, match="expected a"):
        PredictionSource(tmp_path / "p.csv", **settings)


def test_all_times_of_a_message_are_in_the_zone_of_the_source(tmp_path: Path):
    """The label of a window, its end and the time of the look are in one zone, that of the source."""
    path = tmp_path / "p.csv"
    path.write_text("id,time,prediction,label\n" + "1,2026-11-20 23:00:00,0,1\n" * 3)
    source = PredictionSource(path, timezone="Asia/Shanghai", id=None, min_rows=1)
    monitor = Monitor(source, ["accuracy < 90%"], [], log_dir=None)
    message = Renderer(language="en").render(monitor.check()[0])
    assert "2026-11-20 (→ 2026-11-21 00:00:00 UTC+08:00)" in message.text
    assert message.text.count("UTC+08:00") == message.text.count("UTC") == 2


def test_a_table_whose_rows_all_fail_is_reported_once(tmp_path: Path, caplog):
    """A CSV file of which no row can be read is a warning beside its count."""
    path = tmp_path / "p.csv"
    rows = [b"%d,2026-11-20 00:00:00,\xe6\n" % number for number in range(60)]
    path.write_bytes(b"id,time,city\n" + b"".join(rows))
    readings = PredictionSource(path, encoding="utf-8").read()
    assert {reading.metric: reading.value for reading in readings}["unreadable"] == 60
    assert "none of 60 lines can be read" in caplog.text
