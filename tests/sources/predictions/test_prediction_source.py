"""Predictions as a source: windows, models, groups, late labels, and what bad input does."""

from __future__ import annotations

import logging
import math
import sqlite3
import time as clocks
from datetime import datetime, timedelta, timezone
from pathlib import Path
from unittest import mock

import pytest

from auto_model_monitor import ConfigError, PredictionLog, PredictionSource, SourceError
from tests.sources.predictions.tables_of_predictions import (
    FIRST,
    NOW,
    StandingClock,
    by_window,
    predictions,
    windows,
    write,
)

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")


def source_of(folder: Path, rows: list[dict[str, object]], **options: object) -> PredictionSource:
    options = {"timezone": "UTC", "clock": StandingClock(), **options}
    return PredictionSource(write(folder / "predictions.csv", rows), **options)  # type: ignore[arg-type]


def test_the_metrics_of_each_window_are_those_of_scikit_learn(tmp_path: Path):
    """Each window and each group has the metrics that scikit-learn and NumPy compute from its rows."""
    np = pytest.importorskip("numpy")
    sk = pytest.importorskip("sklearn.metrics")
    rows = predictions(days=3, a_day=240)
    batch = source_of(tmp_path, rows, groups=["sex"], min_rows=50).read()
    assert windows(batch) == ["2026-11-20", "2026-11-21", "2026-11-22"]
    for day in range(3):
        found = by_window(batch, f"2026-11-2{day}")
        for group in ("", "@sex:f", "@sex:m"):
            mine = rows[day * 240 : (day + 1) * 240]
            mine = [row for row in mine if not group or row["sex"] == group[-1]]
            y, p, s = ([row[name] for row in mine] for name in ("label", "prediction", "score"))
            expected = {
                "rows": len(mine),
                "accuracy": sk.accuracy_score(y, p),
                "precision": sk.precision_score(y, p),
                "recall": sk.recall_score(y, p),
                "f1": sk.f1_score(y, p),
                "f1_macro": sk.f1_score(y, p, average="macro"),
                "auc": sk.roc_auc_score(y, s),
                "log_loss": sk.log_loss(y, s),
                "latency_p95": np.percentile([row["latency"] for row in mine], 95),
                "throughput": len(mine) / 86_400,
                "error_rate": 0.0,
            }
            values = {name: found[f"{name}{group}"].value for name in expected}
            assert values == pytest.approx(expected, rel=1e-12, abs=1e-12)
        gap = abs(found["recall@sex:f"].value - found["recall@sex:m"].value)
        assert found["recall_gap@sex"].value == pytest.approx(gap, abs=1e-12)


def test_a_reading_states_its_window_rows_interval_and_group(tmp_path: Path):
    """A reading has the end of its window in UTC, its label in local time, its rows and its interval."""
    source = source_of(tmp_path, predictions(), groups=["sex"], min_rows=50, timezone="Asia/Shanghai")
    found = by_window(source.read(), "2026-11-21")
    accuracy, recall = found["accuracy"], found["recall@sex:f"]
    assert accuracy.time == datetime(2026, 11, 21, 16, tzinfo=timezone.utc)
    assert accuracy.rows == 200
    assert accuracy.low is not None
    assert accuracy.low < accuracy.value < (accuracy.high or 0)
    assert (accuracy.group, recall.group, found["recall_gap@sex"].group) == (None, "sex:f", "sex")


def test_a_window_is_judged_after_its_end(tmp_path: Path):
    """A window that still runs has no reading; once it has ended it has, without any new row."""
    clock = StandingClock(FIRST + timedelta(days=2, hours=23))
    source = source_of(tmp_path, predictions(), clock=clock)
    assert windows(source.read()) == ["2026-11-20", "2026-11-21"]
    assert list(source.read()) == []
    clock.time += timedelta(hours=1)
    assert windows(source.read()) == ["2026-11-22"]


def test_labels_that_come_late_change_their_windows_alone(tmp_path: Path):
    """A look after a label came returns the readings of its window that changed, and no others."""
    rows = predictions()
    labels = [{"id": row["id"], "label": row.pop("label")} for row in rows]
    path = write(tmp_path / "labels.csv", labels[:390])
    source = source_of(tmp_path, rows, labels=path)
    first = source.read()
    assert by_window(first, "2026-11-21")["labelled"].value == 0.95
    assert by_window(first, "2026-11-22").keys() == {
        *("rows", "labelled", "throughput", "latency_p50", "latency_p95", "latency_p99"),
        *("error_rate", "duplicates", "missing@prediction", "missing@score", "out_of_range@score"),
        *("missing@sex",),
    }
    write(path, labels[:400])
    second = source.read()
    assert windows(second) == ["2026-11-21"]
    assert by_window(second, "2026-11-21")["labelled"].value == 1.0
    assert "latency_p50" not in by_window(second, "2026-11-21")
    assert list(source.read()) == []


def test_windows_older_than_late_are_not_counted_again(tmp_path: Path):
    """A label that comes after ``late`` changes nothing; one within does."""
    rows = predictions(days=8)
    labels = [{"id": row["id"], "label": row.pop("label")} for row in rows]
    path = write(tmp_path / "labels.csv", [label for label in labels if int(str(label["id"])) % 2])
    source = source_of(tmp_path, rows, labels=path, late="2d")
    assert len(windows(source.read())) == 8
    write(path, labels)
    # Windows that ended less than two days before noon of the 28th.
    assert windows(source.read()) == ["2026-11-26", "2026-11-27"]


def test_a_long_sleep_leaves_no_window_out(tmp_path: Path):
    """Windows that ended while the monitor slept longer than ``late`` are counted at the next look."""
    clock = StandingClock(FIRST + timedelta(days=1))
    source = source_of(tmp_path, predictions(days=8), clock=clock, late="1d")
    assert windows(source.read()) == ["2026-11-20"]
    clock.time = NOW
    assert windows(source.read()) == [f"2026-11-{day}" for day in range(21, 28)]


def test_the_first_look_counts_at_most_four_hundred_windows(tmp_path: Path):
    """Of 500 hours the latest 400 are counted."""
    rows = predictions(days=1, a_day=500)
    for number, row in enumerate(rows):
        row["time"] = (FIRST - timedelta(days=20) + timedelta(hours=number)).isoformat()
    batch = source_of(tmp_path, rows, window="1h", min_rows=1).read()
    assert len(windows(batch)) == 400
    assert windows(batch)[-1] == "2026-11-20 19:00"


def test_an_unchanged_table_costs_next_to_nothing(tmp_path: Path):
    """A look with nothing new opens no table."""
    source = source_of(tmp_path, predictions())
    now = clocks.time()
    with mock.patch("time.time", return_value=now + 3):  # the file is older than the step of any clock
        assert len(source.read()) > 0
        with mock.patch("auto_model_monitor.tables.duckdb_table.DuckDBTable.open") as opened:
            assert all(len(source.read()) == 0 for _ in range(1000))
    opened.assert_not_called()


def test_each_model_has_windows_of_its_own(tmp_path: Path):
    """Two models in one table have separate readings; a good one hides no bad one."""
    rows = predictions(a_day=300)
    for row in rows:
        row["model"] = "x'); DROP TABLE" if int(str(row["id"])) % 2 else "good"
        if row["model"] == "good":
            row["prediction"] = row["label"]
    batch = source_of(tmp_path, rows).read()
    assert by_window(batch, "2026-11-20", "good")["accuracy"].value == 1.0
    bad = by_window(batch, "2026-11-20", "x'); DROP TABLE")["accuracy"]
    assert bad.value < 0.9
    assert bad.rows == 150


def test_versions_are_groups(tmp_path: Path):
    """The metrics of each version of a model stand beside each other."""
    rows = predictions()
    for row in rows:
        row["version"] = "v2" if int(str(row["id"])) % 2 else "v1"
    found = by_window(source_of(tmp_path, rows).read(), "2026-11-20")
    assert {"accuracy@version:v1", "accuracy@version:v2", "accuracy_gap@version"} <= found.keys()


@pytest.mark.parametrize(
    ("label", "prediction", "absent", "there"),
    [
        (0, 0, {"precision", "recall", "f1", "auc"}, {"accuracy", "log_loss"}),
        (1, 0, {"precision", "auc"}, {"accuracy", "recall", "f1"}),
        (0, 1, {"recall", "auc"}, {"accuracy", "precision", "f1"}),
    ],
)
def test_one_class_and_a_zero_division_are_no_reading(
    tmp_path: Path, label: int, prediction: int, absent: set[str], there: set[str]
):
    """A metric that the rows of a window do not define has no reading, never 0."""
    rows = predictions(days=2)
    for row in rows[:200]:
        row |= {"label": label, "prediction": prediction}
    batch = source_of(tmp_path, rows).read()
    found = by_window(batch, "2026-11-20")
    assert not absent & found.keys()
    assert there <= found.keys()
    assert absent <= by_window(batch, "2026-11-21").keys()


def test_an_empty_window_and_too_few_rows_have_no_metric(tmp_path: Path):
    """A day without rows has no reading at all, one with too few their number alone."""
    rows = [row for row in predictions(days=3) if not 200 <= int(str(row["id"])) < 400][:250]
    batch = source_of(tmp_path, rows).read()
    assert windows(batch) == ["2026-11-20", "2026-11-22"]
    assert by_window(batch, "2026-11-22").keys() == {"rows", "labelled", "duplicates"}


def test_scores_that_are_missing_or_no_probabilities(tmp_path: Path):
    """NaN is a missing score; one of 1.5 takes the log loss away, keeps the AUC, and is counted."""
    rows = predictions(days=2)
    for row in rows[:20]:
        row["score"] = "nan"
    rows[200]["score"] = 1.5
    batch = source_of(tmp_path, rows).read()
    first, second = by_window(batch, "2026-11-20"), by_window(batch, "2026-11-21")
    assert (first["missing@score"].value, first["auc"].rows) == (0.1, 180)
    assert math.isfinite(first["log_loss"].value)
    assert "log_loss" not in second
    assert "auc" in second
    assert second["out_of_range@score"].value == 0.005


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Africa/Cairo", "2026-04-24", 23),
    ],
)
def test_a_day_on_which_the_clock_changes(tmp_path: Path, zone: str, day: str, hours: int):
    """Rows every minute of three local days: the day of the change has as many as its hours."""
    middle = datetime.fromisoformat(f"{day}T12:00+00:00")
    rows = predictions(days=1, a_day=3 * 1440)
    for number, row in enumerate(rows):
        row["time"] = (middle - timedelta(days=1.5) + timedelta(minutes=number)).isoformat()
    found = by_window(source_of(tmp_path, rows, timezone=zone).read(), day)
    assert found["rows"].value == hours * 60
    assert found["throughput"].value == pytest.approx(1 / 60)


def test_times_without_a_zone_are_in_that_of_the_source(tmp_path: Path):
    """Midnight without a zone is midnight in Shanghai, not in London."""
    rows = predictions(days=1)
    for row in rows:
        row["time"] = "2026-11-21 00:30:00"
    source = source_of(tmp_path, rows, timezone="Asia/Shanghai")
    assert windows(source.read()) == ["2026-11-21"]


def test_times_in_the_future_wait_and_warn_once(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Rows of next year are judged next year; the log says so once, the other windows are judged."""
    rows = predictions(days=2)
    for row in rows[300:]:
        row["time"] = "2027-11-21T00:00:00Z"
    clock = StandingClock()
    source = source_of(tmp_path, rows, clock=clock)
    with caplog.at_level(logging.WARNING):
        assert windows(source.read()) == ["2026-11-20", "2026-11-21"]
        clock.time += timedelta(days=1)
        source.read()
    assert [r.message.partition(": a window")[0] for r in caplog.records] == [
        f"{tmp_path / 'predictions.csv'}: expected times until now, got 2027-11-21T00:00:00+00:00"
    ]


def test_times_that_are_none_are_counted(tmp_path: Path):
    """Rows without a readable time are in no window, and their number is a reading."""
    rows = predictions(days=2)
    for row in rows[:3]:
        row["time"] = None
    batch = source_of(tmp_path, rows).read()
    assert {r.metric: r.value for r in batch if r.time is None}["undated"] == 3
    assert by_window(batch, "2026-11-20")["rows"].value == 197


def test_a_regression_has_errors_instead_of_classes(tmp_path: Path):
    """Labels that are numbers give MAE, RMSE and R², and no accuracy."""
    sk = pytest.importorskip("sklearn.metrics")
    rows = predictions(days=1)
    for row in rows:
        del row["score"]
        row["label"] = 1e6 + int(str(row["id"])) % 17 + 0.25
        row["prediction"] = 1e6 + int(str(row["id"])) % 13
    found = by_window(source_of(tmp_path, rows).read(), "2026-11-20")
    y, p = [row["label"] for row in rows], [row["prediction"] for row in rows]
    assert found["mae"].value == pytest.approx(sk.mean_absolute_error(y, p), rel=1e-12)
    assert found["rmse"].value == pytest.approx(sk.root_mean_squared_error(y, p), rel=1e-12)
    assert found["r2"].value == pytest.approx(sk.r2_score(y, p), rel=1e-12)
    assert not {"accuracy", "f1_macro"} & found.keys()


def test_errors_by_their_types(tmp_path: Path):
    """Failed predictions are a rate, and one of each type."""
    rows = predictions(days=1)
    for row in rows[:10]:
        row |= {"error": "TimeoutError", "prediction": None, "score": None}
    rows[10]["error"] = "ValueError"
    found = by_window(source_of(tmp_path, rows).read(), "2026-11-20")
    assert (found["error_rate"].value, found["error_rate"].rows) == (0.055, 200)
    assert found["error_rate@error:TimeoutError"].value == 0.05
    assert found["error_rate@error:TimeoutError"].group == "error:TimeoutError"
    assert found["missing@prediction"].value == 0.05


def test_a_reference_table_gives_references_and_expected_values(tmp_path: Path):
    """The evaluation of the training gives each reading its reference, and the features what is usual."""
    trained = predictions(days=1, seed=7)
    rows = predictions(days=1)
    for number, (row, old) in enumerate(zip(rows, trained, strict=True)):
        row |= {"age": 200 if number < 4 else 40, "city": "Atlantis" if number < 6 else "Paris"}
        old |= {"age": number % 80, "city": "Paris" if number % 2 else "Rome"}
        old["prediction"] = old["label"]
        del old["time"]
    reference = write(tmp_path / "train.csv", trained)
    source = source_of(tmp_path, rows, groups=["sex"], min_rows=50, reference=reference)
    found = by_window(source.read(), "2026-11-20")
    assert found["accuracy"].reference == found["recall@sex:f"].reference == 1.0
    assert found["recall_gap@sex"].reference == 0.0
    assert found["throughput"].reference is None
    assert found["out_of_range@age"].value == 0.02
    assert found["new_categories@city"].value == 0.03


def test_a_reference_may_be_numbers(tmp_path: Path):
    """Metrics that are known by heart serve as a reference too."""
    found = by_window(source_of(tmp_path, predictions(), reference={"accuracy": 0.93}).read(), "2026-11-20")
    assert (found["accuracy"].reference, found["recall"].reference) == (0.93, None)


def test_what_cleaning_has_left_out_is_read_too(tmp_path: Path):
    """Doubled rows, labels of nobody, and missing values of a feature are readings."""
    rows = predictions(days=1)
    labels = [{"id": row["id"], "label": row.pop("label")} for row in rows]
    for row in rows:
        row["age"] = None if int(str(row["id"])) < 50 else 30
    path = write(tmp_path / "labels.csv", [*labels, {"id": 77777, "label": 1}])
    batch = source_of(tmp_path, [*rows, rows[-1]], labels=path).read()
    found = by_window(batch, "2026-11-20")
    assert (found["duplicates"].value, found["rows"].value, found["missing@age"].value) == (1, 200, 0.25)
    assert {r.metric: r.value for r in batch if r.time is None} == {
        "labels_unmatched": 1,
        "unreadable": 0,
        "undated": 0,
    }


def test_a_column_that_was_named_and_is_missing_is_an_error(tmp_path: Path):
    """The error names the role, the column and the nearest one; a default name may be absent."""
    rows = predictions()
    with pytest.raises(
        SourceError, match=r"prediction: expected a column 'predicton' in .*'prediction' meant"
    ):
        source_of(tmp_path, rows, prediction="predicton").read()
    with pytest.raises(SourceError, match=r"groups: expected a column 'gender'"):
        source_of(tmp_path, rows, groups=["gender"]).read()
    for row in rows:
        row["when"] = row.pop("time")
    with pytest.raises(SourceError, match="time: expected a column 'time'"):
        source_of(tmp_path, rows).read()
    assert windows(source_of(tmp_path, rows, time="when").read())


def test_labels_without_the_id_are_an_error(tmp_path: Path):
    """Labels can be joined only where both tables have the id."""
    labels = write(tmp_path / "labels.csv", [{"key": 1, "label": 1}])
    with pytest.raises(SourceError, match=r"id: expected a column 'id' in .*labels.csv, got key, label"):
        source_of(tmp_path, predictions(), labels=labels).read()


def test_a_positive_label_that_never_occurs_warns_once(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    """Labels good and bad without ``positive`` have an accuracy, and the log says what to set."""
    rows = predictions(days=2)
    for row in rows:
        row |= {name: "bad" if row[name] else "good" for name in ("label", "prediction")}
    with caplog.at_level(logging.WARNING):
        found = by_window(source_of(tmp_path, rows).read(), "2026-11-20")
    assert "accuracy" in found
    assert "recall" not in found
    assert [r.message.partition(":")[0] for r in caplog.records] == ["positive"]
    assert "recall" in by_window(source_of(tmp_path, rows, positive="bad").read(), "2026-11-20")


def test_the_folder_of_a_prediction_log_needs_no_settings(tmp_path: Path):
    """What a PredictionLog writes is read from its folder, labels and all."""
    clock = StandingClock(datetime.now(timezone.utc) + timedelta(days=1, hours=1))
    source = PredictionSource(tmp_path / "log", timezone="UTC", clock=clock)  # the folder comes later
    log = PredictionLog(tmp_path / "log", model="credit", version="v1")
    for number in range(120):
        with log.prediction(id=str(number), features={"age": 30}) as row:
            row.prediction, row.score = 1, 0.9
        log.label(id=str(number), label=number % 4 > 0)
    log.close()
    accuracy = [r for r in source.read() if r.metric == "accuracy"]
    assert [(r.model, r.value, r.rows) for r in accuracy] == [("credit", 0.75, 120)]


def test_a_file_that_is_empty_yet_has_no_readings(tmp_path: Path):
    """Before the first prediction there is nothing to read; a path that is not there is an error."""
    path = tmp_path / "predictions.csv"
    source = PredictionSource(path, timezone="UTC", clock=StandingClock())
    with pytest.raises(SourceError, match="is the path right"):
        source.read()
    path.touch()
    assert list(source.read()) == []
    write(path, predictions())
    assert len(windows(source.read())) == 3


def test_a_source_names_its_metrics(tmp_path: Path):
    """All that it can produce is offered, before there is a label."""
    rows = predictions()
    for row in rows:
        row["label"] = None
    source = source_of(tmp_path, rows, groups=["sex"])
    offered = set(source.metric_names)
    assert {"accuracy", "recall@sex:*", "recall_gap@sex", "labelled", "missing@sex", "mae"} <= offered
    assert "acuracy" not in offered
    plain = {metric for metric in by_window(source_of(tmp_path, predictions()).read(), "2026-11-20")}
    assert plain <= offered


def test_the_identity_is_that_of_the_place_and_the_windows(tmp_path: Path):
    """The same settings are the same watch; another window or column is another."""
    rows = predictions()
    one = source_of(tmp_path, rows)
    assert one.identity == source_of(tmp_path, rows).identity
    assert one.identity != source_of(tmp_path, rows, window="1h").identity
    assert one.identity != source_of(tmp_path, rows, label="answer").identity


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"window": "5h"}, "window: expected"),
        ({"late": "soon"}, "late: expected"),
        ({"min_rows": 0}, "min_rows: expected"),
        ({"timezone": "Asia/Beijing"}, "timezone: expected"),
        ({"task": "ranking"}, "task: expected"),
        ({"groups": "sex"}, "groups: expected"),
        ({"ranges": {"age": (9, 1)}}, "ranges: expected"),
    ],
)
def test_settings_that_cannot_work_are_refused(tmp_path: Path, options: dict[str, object], problem: str):
    """The error names the setting and what it expects."""
    with pytest.raises(ConfigError, match=problem):
        source_of(tmp_path, predictions(), **options)


def test_tables_of_a_database(tmp_path: Path):
    """Predictions and labels in a database have the same metrics as in files; the URL names the table."""
    rows = predictions()
    labels = [{"id": row["id"], "label": row["label"]} for row in rows]
    with sqlite3.connect(tmp_path / "model.db") as database:
        database.execute("CREATE TABLE answers (id INTEGER, time TEXT, prediction INTEGER, score REAL)")
        database.execute("CREATE TABLE truths (id INTEGER, label INTEGER)")
        for row in rows:
            values = [row[name] for name in ("id", "time", "prediction", "score")]
            database.execute("INSERT INTO answers VALUES (?, ?, ?, ?)", values)
        database.executemany("INSERT INTO truths VALUES (:id, :label)", labels)
    database.close()
    url = f"sqlite:///{tmp_path / 'model.db'}"
    source = PredictionSource(f"{url}#answers", f"{url}#truths", timezone="UTC", clock=StandingClock())
    found, same = source.read(), source_of(tmp_path, rows).read()
    for window in windows(same):
        for metric in ("rows", "labelled", "accuracy", "recall", "auc", "log_loss"):
            value = by_window(found, window)[metric].value
            assert value == pytest.approx(by_window(same, window)[metric].value, rel=1e-12)
    assert list(source.read()) == []


@pytest.mark.parametrize(
    ("setting", "value"),
    [("ranges", {"age": ["a", 1]}), ("categories", {"age": 5}), ("reference", {"accuracy": "good"})],
)
def test_a_value_of_the_wrong_kind_is_an_error_of_the_settings(setting, value, tmp_path):
    """A range, a category or a reference that is of another kind is named, whatever it holds."""
    with pytest.raises(ConfigError, match=f"{setting}: expected"):
        PredictionSource(tmp_path / "p.csv", **{setting: value})
