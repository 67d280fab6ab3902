"""``evaluate``: train and production side by side, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auto_model_monitor.cli import main as cli

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")

TRAIN = "target,prediction,sex\n" + "1,1,f\n0,0,m\n" * 45 + "1,0,f\n0,1,m\n" * 5
PRODUCTION = "target,prediction,sex\n" + "1,1,f\n0,0,m\n" * 40 + "1,0,f\n0,1,m\n" * 10


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("train.csv").write_text(TRAIN)
    Path("production.csv").write_text(PRODUCTION)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = cli.main(["evaluate", *arguments])
    return (status, *capsys.readouterr())


def test_train_and_production_stand_side_by_side(capsys: pytest.CaptureFixture[str]):
    """Each metric has both values with their rows and intervals, and the gap with its own."""
    status, out, _ = run(capsys, "train.csv", "production.csv", "--label", "target")
    assert status == 0
    [line] = [line for line in out.splitlines() if line.startswith("accuracy ")]
    assert line.split("  ")[0] == "accuracy"
    assert "0.9 [0.826, 0.945]  100  0.8 [0.711, 0.867]  100" in line
    assert line.rstrip().endswith("-0.1 [-0.199, -0.000149]")


def test_programs_get_json(capsys: pytest.CaptureFixture[str]):
    """--json gives the same numbers in full, of the groups too."""
    command = ["train.csv", "production.csv", "--label", "target", "--group", "sex", "--json"]
    status, out, _ = run(capsys, *command)
    found = json.loads(out)
    assert status == 0
    assert found["train"]["accuracy"]["value"] == 0.9
    assert found["production"]["recall"] == found["production"]["recall@sex:f"] | {
        name: found["production"]["recall"][name] for name in ("value", "rows", "low", "high")
    }
    assert found["gap"]["accuracy"]["value"] == pytest.approx(-0.1)
    assert "recall@sex:m" not in found["production"]  # no positives there: not enough data


def test_a_missing_column_is_named_with_the_nearest(capsys: pytest.CaptureFixture[str]):
    """A misspelt column is an error that names the right one."""
    status, _, errors = run(capsys, "train.csv", "production.csv", "--label", "targte")
    assert status == 1
    assert "expected a column 'targte' in train.csv" in errors
    assert "'target' meant?" in errors


def test_rows_that_define_nothing_are_not_enough_data(capsys: pytest.CaptureFixture[str]):
    """Without labels there is no metric: status 1, and what to do."""
    Path("production.csv").write_text("prediction\n1\n0\n")
    status, out, errors = run(capsys, "train.csv", "production.csv")
    assert status == 1
    assert "rows" in out
    assert "Not enough data" in errors


def test_a_file_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]):
    """The error names the file; there is no traceback."""
    status, _, errors = run(capsys, "train.csv", "nowhere.csv", "--label", "target")
    assert status == 1
    assert "nowhere.csv" in errors
    assert "Traceback" not in errors
