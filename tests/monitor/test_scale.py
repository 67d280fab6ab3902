"""A threshold on another scale than the values is questioned once; one on theirs is not."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from auto_model_monitor import ModelMonitor, MonitorConfig
from auto_model_monitor.monitor.checks.scale_check import scale_question
from tests.fakes import FakeClock, RecordingNotifier

WRONG = [
    ("val_acc", 90, [0.61, 0.72]),
    ("acc", 95.5, [0.91]),
    ("val_f1", 80, [0.1, 0.2, 0.3]),
    ("mAP50", 60, [0.55]),
    ("val/miou", 75, [0.5, 0.6]),
    ("wer", 5, [0.6, 0.5]),
    ("score", 90, [0.2, 0.3, 0.4]),
    ("val_loss", 90, [0.4, 0.3, 0.2]),
    ("val_acc", 0.9, [45.2]),
    ("top1_acc", 0.75, [12.5, 60.0]),
    ("dice", 0.8, [55.0]),
    ("test_auc", 0.95, [91.0, 92.0]),
    ("bleu", 0.3, [21.4]),
]
RIGHT = [
    ("val_acc", 0.9, [0.61, 0.72, 1.0]),
    ("val_acc", 90, [61.0, 72.0]),
    ("top1_acc", 75, [0.31]),
    ("val_loss", 0.5, [2.3, 1.9]),
    ("val_loss", 2, [0.9, 0.8, 0.7]),
    ("val_loss", 0.004, [0.9, 0.01]),
    ("ep_rew_mean", 200, [0.1, 0.2, 0.5, 0.6]),
    ("psnr", 30, [0.5, 0.6, 0.7]),
    ("mae", 0.5, [12.0, 3.0]),
    ("val_acc", 90, [float("nan")]),
    ("val_acc", 90, []),
    ("ppl", 20, [55.0, 30.0]),
    ("wer", 0.1, [1.3, 0.9]),
    ("score", 0.5, [55.0, 3.0]),
]


@pytest.mark.parametrize(("metric", "threshold", "values"), WRONG)
def test_another_scale_is_questioned(metric: str, threshold: float, values: list[float]) -> None:
    """90 against values of 0 to 1, and 0.9 against percentages, is a question with what may be meant."""
    question = scale_question(threshold, metric, values, enough=3)
    assert f"the threshold is {threshold:g}, but {metric}" in question
    assert question.endswith("meant?")


@pytest.mark.parametrize(("metric", "threshold", "values"), RIGHT)
def test_the_same_scale_is_none(metric: str, threshold: float, values: list[float]) -> None:
    """A threshold that the values may reach is no question."""
    assert scale_question(threshold, metric, values, enough=3) == ""


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("val_acc >= 90", ["val_acc_0.61.pt", "val_acc_0.72.pt"]),
        ("acc > 0.9", ["e1_acc=45.2.ckpt"]),
        ("dice >= 80 for 3", ["dice_0.5.pt", "dice_0.6.pt"]),
    ],
)
def test_a_watch_questions_once(
    tmp_path: Path, rule: str, names: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A watch logs the question once, at WARNING."""
    for name in names:
        (tmp_path / name).touch()
    config = MonitorConfig(tmp_path, log_dir=tmp_path / "logs")
    monitor = ModelMonitor(config, rules=[rule], notifiers=[RecordingNotifier()], clock=FakeClock())
    for _ in range(3):
        monitor.check()
    monitor.warn_at_the_end()
    monitor.stop()
    found = [r for r in caplog.records if "meant?" in r.getMessage()]
    assert [record.levelno for record in found] == [logging.WARNING]
