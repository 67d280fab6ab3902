"""Tables whose columns change within the file, as where a run was started again with another metric."""

from __future__ import annotations

from pathlib import Path

import pytest

from auto_model_monitor.sources.side_files.csv_table import CsvTable

FIRST = "epoch,train/loss,val/loss\n1,0.9,0.8\n"


@pytest.mark.parametrize(
    ("heading", "row", "expected"),
    [
        ("epoch,train/loss,metrics/mAP,val/loss", "3,0.5,0.71,0.4", {"mAP": 0.71, "val_loss": 0.4}),
        ("epoch,val/loss", "3,0.4", {"val_loss": 0.4}),
        ("epoch,val/loss,train/loss", "3,0.4,0.5", {"train_loss": 0.5, "val_loss": 0.4}),
        ("epoch,train/loss,val/loss,val/acc", "3,0.5,0.4,0.9", {"val_loss": 0.4, "val_acc": 0.9}),
        ("epoch, train/loss, val/loss", "3,0.5,0.4", {"train_loss": 0.5, "val_loss": 0.4}),
    ],
)
def test_a_second_heading_names_the_columns_below_it(
    tmp_path: Path, heading: str, row: str, expected: dict[str, float]
) -> None:
    """Below a second heading each cell must be read under its own column."""
    path = tmp_path / "metrics.csv"
    path.write_text(f"{FIRST}{heading}\n{row}\n")
    last = list(CsvTable(str(path)).entries(at_end=True))[-1].parsed.metrics
    assert {name: last[name] for name in expected} == expected


def test_an_empty_cell_and_a_bell_hide_nothing(tmp_path: Path) -> None:
    """A control character in a cell must hide no value, nor is a row without numbers a heading."""
    path = tmp_path / "metrics.csv"
    path.write_text(f"{FIRST}2,,\n3,0.5\x07,0.4\x1b[0m\n")
    assert list(CsvTable(str(path)).entries(at_end=True))[-1].parsed.metrics["val_loss"] == 0.4
