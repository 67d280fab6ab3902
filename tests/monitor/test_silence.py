"""A watch that can never match logs one early warning, with what to type; a healthy one logs none."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auto_model_monitor import BaseParser, CustomParser, ModelMonitor, MonitorConfig
from tests.fakes import FakeClock, RecordingNotifier

Warnings = Callable[..., list[str]]


@pytest.fixture
def warnings(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Warnings:
    """Watch a folder for ten minutes; return the warnings, and assert when the first one came."""

    def watch(
        folder: Path,
        *rules: str,
        then: Callable[[Path], object] = lambda folder: None,
        within: float = 60.0,
        **settings: Any,
    ) -> list[str]:
        clock = FakeClock()
        config = MonitorConfig(folder, log_dir=tmp_path / "logs", **settings)
        monitor = ModelMonitor(config, rules=rules, notifiers=[RecordingNotifier()], clock=clock)
        caplog.clear()
        with caplog.at_level(logging.INFO):
            for look in range(11):
                monitor.check()
                if look == 5:
                    assert caplog.text.count("WARNING") <= 1
                    then(folder)
                elif clock.seconds <= 1000 + within:
                    seen = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
                clock.advance(config.check_interval)
            monitor.warn_at_the_end()
        monitor.stop()
        found = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
        assert found[:1] == seen[:1] or then.__name__ != "<lambda>"
        return found

    return watch


def make(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if not path.suffix or path.name.startswith("checkpoint-") else path.touch()
    return folder


def state(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    history = [{"epoch": 1.0, "eval_loss": 0.5, "eval_accuracy": 0.9, "step": 100}]
    (folder / "trainer_state.json").write_text(json.dumps({"log_history": history}))


TWO = [f"epoch_{n}_val_loss_0.{9 - n}_val_acc_0.{n}.pt" for n in (1, 2)]


@pytest.mark.parametrize(
    ("names", "asked", "held"),
    [
        (TWO, "val_los", "val_loss, val_acc: is val_loss meant?"),
        (TWO, "val_f1", "val_loss, val_acc"),
        (["epoch=1-val_loss=0.5.ckpt"], "val_lss", "val_loss: is val_loss meant?"),
        (["best_model_1_val_accuracy=0.9300.pt"], "vall_accuracy", "val_accuracy: is val_accuracy meant?"),
        (["e1_mAP50_0.5.pth", "e2_mAP50_0.6.pth"], "map_50x", "mAP50"),
        (["ckpt-dice_0.81.pt", "ckpt-dice_0.82.pt"], "dise", "dice: is dice meant?"),
    ],
)
def test_a_metric_that_no_name_holds(
    tmp_path: Path, warnings: Warnings, names: list[str], asked: str, held: str
) -> None:
    """A metric that no name holds is reported once with those that the names hold."""
    (text,) = warnings(make(tmp_path / "run", *names), f"{asked} < 0.001")
    assert f"no metric {asked}; these names hold {held}" in text


@pytest.mark.parametrize(
    ("pattern", "names", "fits"),
    [
        (r"loss-([0-9.]+)", ["val_loss_0.5.pt"], r"val_loss_([0-9.]+)"),
        (r"acc=([0-9.]+)", ["model-acc_0.91.h5", "model-acc_0.92.h5"], r"acc_([0-9.]+)"),
        (r"VAL_LOSS_([0-9.]+)", ["e1_val_loss_0.5.pt"] * 1, r"val_loss_([0-9.]+)"),
        (r"ep(?P<epoch>\d+)_f1_([0-9.]+)", ["epoch3-f1=0.5.pt"], r"epoch(?P<epoch>[0-9]+)-f1=([0-9.]+)"),
        (r"^dice([0-9.]+)", ["unet_dice_0.7.pth", "unet_dice_0.8.pth"], r"dice_([0-9.]+)"),
    ],
)
def test_a_pattern_that_matches_nothing(
    tmp_path: Path, warnings: Warnings, pattern: str, names: list[str], fits: str
) -> None:
    """A pattern that matches no name is reported once, with one that reads a number."""
    (text,) = warnings(make(tmp_path / "run", *names), threshold=0.1, parser=CustomParser(pattern))
    assert f"the pattern {pattern!r} fits no name" in text
    assert f"the pattern {fits!r} reads 0." in text


@pytest.mark.parametrize(
    "names",
    [
        ["a/val_loss_0.5.pt", "a/val_loss_0.4.pt"],
        [
            "version_0/checkpoints/epoch=1-val_loss=0.5.ckpt",
            "version_0/checkpoints/epoch=2-val_loss=0.4.ckpt",
        ],
        ["fold1/best_val_loss_0.5.pt", "fold2/best_val_loss_0.4.pt"],
        ["weights/05-0.31.keras", "weights/06-0.30.keras"],
        ["run.1/ckpt_0.5_100.pt", "run.1/ckpt_0.4_200.pt"],
    ],
)
@pytest.mark.parametrize("settings", [{"threshold": 0.1}, {"threshold": 0.1, "check_interval": 300}])
def test_checkpoints_one_level_below(
    tmp_path: Path, warnings: Warnings, names: list[str], settings: dict[str, Any]
) -> None:
    """Scores in the folders below are reported once, with the option that reads them."""
    (text,) = warnings(make(tmp_path / "run", *names), **settings)
    assert "--recursive finds 2" in text
    assert "recursive=True" in text


def test_files_beside_the_checkpoints(tmp_path: Path, warnings: Warnings) -> None:
    """Files that hold metrics are named, with their metrics where that of the rule is misspelt."""
    state(tmp_path / "run" / "checkpoint-100")
    (text,) = warnings(tmp_path / "run", threshold=0.1)
    assert "trainer_state.json is here, with val_loss, val_acc: use logs" in text
    (text,) = warnings(tmp_path / "run", "eval_los < 0.1")
    assert "no metric eval_los; trainer_state.json here holds val_loss, val_acc" in text
    assert warnings(tmp_path / "run", "eval_loss < 0.1") == []
    make(tmp_path / "yolo", "weights/best.pt", "weights/last.pt")
    (tmp_path / "yolo" / "results.csv").write_text("epoch,metrics/mAP50(B)\n1,0.5\n")
    (text,) = warnings(tmp_path / "yolo" / "weights", threshold=0.1)
    assert f"results.csv is in the folder above: use logs {tmp_path / 'yolo'}" in text


@pytest.mark.parametrize(
    ("names", "holds"),
    [
        (["epoch_1.pt", "epoch_2.pt", "epoch_3.pt"], "counts and settings (epoch)"),
        (["lr_0.001_bs_32.pth", "lr_0.001_bs_64.pth"], "counts and settings (lr, bs)"),
        (["checkpoint-100", "checkpoint-200"], "counts and settings (checkpoint)"),
        (["model_step_1000.safetensors"], "counts and settings (model_step)"),
        ([f"part{n}.bin" for n in range(12)], "12 names"),
        (["best.pt", "final.pt"], "holds a score"),
        ([f"trial_{n}" for n in range(10)], "counts and settings (trial)"),
    ],
)
def test_nothing_but_settings(tmp_path: Path, warnings: Warnings, names: list[str], holds: str) -> None:
    """Names that hold no score, and nothing else that would help, are reported once, with what to do."""
    (text,) = warnings(make(tmp_path / "run", *names), "val_loss < 0.1")
    assert holds in text
    assert "put it into the names" in text


def test_a_parser_of_a_user(tmp_path: Path, warnings: Warnings) -> None:
    """A parser that returns no score is reported by its name."""

    class Mine(BaseParser):
        def parse(self, filename: str) -> Any:
            return None, None

    (text,) = warnings(make(tmp_path / "run", *TWO), threshold=0.1, parser=Mine())
    assert "Mine finds no score" in text


def scored_later(folder: Path) -> None:
    (folder / "epoch_9_val_loss_0.5.pt").touch()


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["last.ckpt"],
        ["config.yaml", "train.py", "hparams.json", "requirements.txt", "README.md", "log.txt"],
        ["code", "src", ".git"],
        ["events.out.tfevents.1.host.1.0", "args.json", "last.pt"],
        [f"sample_{n}.png" for n in range(30)],
        ["epoch_1_val_loss_0.9.pt", "last.pt", "best.pt", "opt_1.pt", "opt_2.pt", "opt_3.pt"],
        ["tmp_1.pt", "tmp_2.pt", "tmp_3.pt", "a.pt.tmp"],
    ],
)
@pytest.mark.parametrize("settings", [{}, {"check_interval": 1}, {"check_interval": 600}])
def test_a_healthy_watch_has_no_warning(
    tmp_path: Path, warnings: Warnings, names: list[str], settings: dict[str, Any]
) -> None:
    """What stands in a directory before the first score comes is no reason to warn."""
    folder = make(tmp_path / "run", *names)
    folder.mkdir(exist_ok=True)
    assert warnings(folder, "val_loss < 0.001", then=scored_later, **settings) == []


def test_a_watch_of_the_disk_needs_no_names(tmp_path: Path, warnings: Warnings) -> None:
    """A rule about the disk alone depends on no name."""
    assert warnings(make(tmp_path / "run", "a_1.pt", "a_2.pt", "a_3.pt"), "disk < 1%") == []


def test_a_short_watch_warns_at_its_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A training that ends within a second gets the warning when its watch ends."""
    config = MonitorConfig(make(tmp_path / "run", "epoch_1.pt"), log_dir=tmp_path / "logs")
    with ModelMonitor(config, rules=["val_loss < 0.1"], notifiers=[RecordingNotifier()]):
        pass
    assert len([r for r in caplog.records if "put it into the names" in r.getMessage()]) == 1
