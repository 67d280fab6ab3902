"""Names without a score, and the files of numbers beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auto_model_monitor import ModelMonitor, MonitorConfig
from auto_model_monitor.monitor.checkpoints import _directory
from tests.fakes import FakeClock, RecordingNotifier
from tests.sources.side_files.events import scalar


def state(folder: Path, *losses: float) -> None:
    """Write what transformers writes into a checkpoint."""
    folder.mkdir(parents=True)
    history = [{"epoch": float(n), "eval_loss": x, "step": 100 * n} for n, x in enumerate(losses, 1)]
    (folder / "trainer_state.json").write_text(json.dumps({"log_history": history}))


def hugging_face(folder: Path) -> None:
    state(folder / "checkpoint-100", 0.5)
    state(folder / "checkpoint-200", 0.5, 0.3)


def ultralytics(folder: Path) -> None:
    (folder / "weights").mkdir(parents=True)
    (folder / "weights" / "best.pt").touch()
    (folder / "results.csv").write_text("epoch,train/box_loss,val_loss\n1,2.0,0.5\n2,1.0,0.3\n")


def lightning(folder: Path) -> None:
    below = folder / "lightning_logs" / "version_0"
    below.mkdir(parents=True)
    (below / "metrics.csv").write_text("epoch,step,val_loss\n0,9,0.5\n1,19,0.3\n")


def tensorboard(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "last.ckpt").touch()
    (folder / "events.out.tfevents.1.host.1.0").write_bytes(
        scalar("val/loss", 0.5, 1) + scalar("val/loss", 0.25, 2)
    )


def mmengine(folder: Path) -> None:
    below = folder / "20261120_101010" / "vis_data"
    below.mkdir(parents=True)
    (folder / "epoch_1.pth").touch()
    (below / "scalars.json").write_text('{"val_loss": 0.5, "step": 1}\n{"val_loss": 0.3, "step": 2}\n')


def llama_factory(folder: Path) -> None:
    (folder / "checkpoint-200").mkdir(parents=True)
    (folder / "trainer_log.jsonl").write_text('{"current_steps": 200, "eval_loss": 0.25, "epoch": 1.0}\n')


TREES = [hugging_face, ultralytics, lightning, tensorboard, mmengine, llama_factory]


def watched(folder: Path, *rules: str, **settings: Any) -> tuple[ModelMonitor, RecordingNotifier]:
    notifier = RecordingNotifier()
    config = MonitorConfig(folder, log_dir=folder.parent / "logs", **settings)
    return ModelMonitor(config, rules=list(rules), notifiers=[notifier], clock=FakeClock()), notifier


@pytest.mark.parametrize("make", TREES)
@pytest.mark.parametrize("metric", ["val_loss", "eval_loss"])
def test_the_files_are_read_where_the_names_hold_no_score(
    tmp_path: Path, make: Callable[[Path], None], metric: str
) -> None:
    """A watch of a directory alerts from the files in it, under the metric's name in the rule, once."""
    folder = tmp_path / "run"
    make(folder)
    for expected in (1, 0):  # a second watch has nothing to repeat
        monitor, _ = watched(folder, f"{metric} < 0.4")
        alerts = [*monitor.check(), *monitor.check()]
        monitor.stop()
        assert [alert.reading.metric for alert in alerts if alert.reading] == [metric] * expected


def test_names_with_a_score_go_first(tmp_path: Path) -> None:
    """Where a name holds the score, no file is read, however many hold it too."""
    folder = tmp_path / "run"
    hugging_face(folder)
    (folder / "epoch=1-val_loss=0.35.ckpt").touch()
    monitor, _ = watched(folder, "val_loss < 0.4")
    (alert,) = monitor.check()
    monitor.stop()
    assert alert.reading is not None
    assert alert.reading.name == "epoch=1-val_loss=0.35.ckpt"


def test_a_value_waits_for_the_name_of_its_checkpoint(tmp_path: Path) -> None:
    """One value in a file beside no checkpoint may come just before the checkpoint: the name then counts."""
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "metrics.csv").write_text("epoch,val_loss\n0,0.31\n")
    monitor, _ = watched(folder, "val_loss < 0.4")
    assert monitor.check() == []
    (folder / "epoch=0-val_loss=0.31.ckpt").touch()
    (alert,) = monitor.check()
    (folder / "metrics.csv").write_text("epoch,val_loss\n0,0.31\n1,0.309\n")
    assert monitor.check() == []
    monitor.stop()
    assert alert.reading is not None
    assert alert.reading.name.endswith(".ckpt")


def test_once_the_files_are_read_names_repeat_nothing(tmp_path: Path) -> None:
    """A name that later holds a rounded score of the same metric makes no second alert."""
    folder = tmp_path / "run"
    ultralytics(folder)
    monitor, _ = watched(folder, "val_loss < 0.4")
    assert len(monitor.check()) == 1
    (folder / "epoch=2-val_loss=0.29.ckpt").touch()
    assert monitor.check() == []
    (folder / "results.csv").open("a").write("3,0.5,0.2\n")
    (alert,) = monitor.check()
    monitor.stop()
    assert alert.reading is not None
    assert (alert.reading.value, alert.reading.name) == (0.2, "results.csv:4")


@pytest.mark.parametrize("make", TREES)
def test_a_rule_about_any_number_reads_the_files(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """A rule without a metric, such as ``nan``, sees every metric of the files."""
    make(tmp_path / "run")
    (tmp_path / "run" / "summary.csv").write_text("epoch,train_loss\n1,nan\n")
    monitor, _ = watched(tmp_path / "run", "nan")
    (alert,) = monitor.check()
    monitor.stop()
    assert alert.reading is not None
    assert alert.reading.metric == "train_loss"


@pytest.mark.parametrize("make", TREES)
def test_a_threshold_without_a_metric_takes_no_number_of_a_file(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    """Files hold many metrics: a threshold that names none is compared with none of them."""
    make(tmp_path / "run")
    monitor, _ = watched(tmp_path / "run", threshold=0.4)
    assert monitor.check() == []
    monitor.stop()


def test_a_watch_of_scored_names_lists_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a name holds a score, an idle poll looks at the directory alone, and opens no file."""
    folder = tmp_path / "run"
    hugging_face(folder)
    (folder / "val_loss_0.5.pt").touch()
    source = _directory(MonitorConfig(folder, 0.4), None, [])
    source.read()
    import os

    paths: list[object] = []
    found = os.stat
    monkeypatch.setattr(os, "stat", lambda path, *a, **k: (paths.append(path), found(path, *a, **k))[1])
    source.read()
    assert set(map(str, paths)) == {str(folder)}
