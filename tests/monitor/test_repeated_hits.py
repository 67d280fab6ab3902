"""A hit that an earlier run beat raises no alert, and is logged with what starts over."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from auto_model_monitor import ModelMonitor, MonitorConfig
from tests.fakes import FakeClock, RecordingNotifier


def look(folder: Path, rule: str, *later: str, resume: bool = True) -> int:
    """Watch once, let names come, watch once more; return the number of alerts."""
    config = MonitorConfig(folder, log_dir=folder.parent / "logs")
    monitor = ModelMonitor(
        config, rules=[rule], notifiers=[RecordingNotifier()], clock=FakeClock(), resume=resume
    )
    found = len(monitor.check())
    for name in later:
        (folder / name).touch()
        found += len(monitor.check())
    monitor.stop()
    return found


@pytest.mark.parametrize(
    ("rule", "first", "worse", "equal"),
    [
        ("val_loss < 0.4", "val_loss_0.31.pt", "val_loss_0.35.pt", "e9_val_loss_0.31.pt"),
        ("acc >= 0.9", "e1_acc=0.95.ckpt", "e2_acc=0.9.ckpt", "e3_acc=0.95.ckpt"),
        ("wer < 10", "wer_5.5.pt", "wer_9.5.pt", "run2_wer_5.5.pt"),
        ("val_f1 > 0.5", "val_f1_0.8.pt", "val_f1_0.6.pt", "b_val_f1_0.8.pt"),
        ("dice > 0.5", "dice=0.81.pt", "dice=0.55.pt", "x-dice=0.81.pt"),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_the_first_hit_that_was_beaten_before_is_logged(
    tmp_path: Path,
    rule: str,
    first: str,
    worse: str,
    equal: str,
    is_there: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is logged once, as a warning where the alerted checkpoint is gone; a better one is an alert."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / first).touch()
    (folder / "other_lr_0.5.pt").touch()
    assert look(folder, rule) == 1
    if not is_there:
        (folder / first).unlink()
        (folder / worse).touch()
    with caplog.at_level(logging.INFO):
        assert look(folder, rule, worse, equal) == 0
    found = [r for r in caplog.records if "no better than" in r.getMessage()]
    assert [record.levelno for record in found] == [logging.INFO if is_there else logging.WARNING]
    assert worse in found[0].getMessage()
    assert "--fresh or resume=False" in found[0].getMessage()


def test_a_new_run_logs_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """With resume=False the hit is an alert, and there is nothing to explain."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "val_loss_0.3.pt").touch()
    assert look(folder, "val_loss < 0.4") == 1
    assert look(folder, "val_loss < 0.4", "val_loss_0.35.pt", resume=False) == 1
    assert "no better than" not in caplog.text
