"""Files beside checkpoints, look by look."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auto_model_monitor import LogEntry, ModelMonitor, MonitorConfig, SideFileSource, SourceError, Stage
from tests.fakes import RecordingNotifier
from tests.sources.conftest import ObedientClock
from tests.sources.side_files.events import scalar

EVENTS = "events.out.tfevents.1.host.1.0"


def values(source: SideFileSource, metric: str = "val_acc") -> list[float]:
    return [reading.value for reading in source.read() if reading.metric == metric]


def state(folder: Path, *accuracies: float, epochs: int = 10) -> Path:
    """Write what transformers has logged up to a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    history = [
        {"epoch": float(n), "eval_accuracy": value, "eval_loss": 1 - value / 100, "step": 100 * n}
        for n, value in enumerate(accuracies, 1)
    ]
    path = folder / "trainer_state.json"
    path.write_text(json.dumps({"log_history": history, "num_train_epochs": epochs}, indent=2))
    return path


def table(path: Path, *accuracies: float, first: int = 0, more: str = "") -> None:
    """Write a table as Lightning does."""
    rows = [f"{n},{value}{',' if more else ''}" for n, value in enumerate(accuracies, first)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([f"epoch,val_acc{more}", *rows, ""]))


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def test_rows_come_once_as_they_are_ended(tmp_path: Path) -> None:
    """A table that grows must yield each row once, when it is whole."""
    path = tmp_path / "metrics.csv"
    table(path, 70.0)
    source = SideFileSource(path)
    assert values(source) == [70.0]
    append(path, "1,80")
    assert values(source) == []
    append(path, ".5\n2,81.0")
    assert values(source) == [80.5]
    source.finish()
    assert values(source) == [81.0]
    assert source.ended


def test_a_table_written_anew_for_one_more_column_adds_its_new_rows(tmp_path: Path) -> None:
    """Lightning writes the whole table again when a metric comes up: nothing may come twice."""
    path = tmp_path / "metrics.csv"
    table(path, 70.0, 71.0)
    source = SideFileSource(path)
    assert values(source) == [70.0, 71.0]
    table(path, 70.0, 71.0, 72.0, more=",val_f1")
    batch = source.read()
    assert [reading.value for reading in batch] == [72.0]
    assert not batch.new_run
    append(path, "3,,0.5\n")
    assert [(r.metric, r.name) for r in source.read()] == [("val_f1", "metrics.csv:5")]


def test_a_table_begun_anew_is_another_training(tmp_path: Path) -> None:
    """Where the next run overwrites the table, its epochs begin again: that is a new run."""
    path = tmp_path / "results.csv"
    table(path, 70.0, 71.0, 72.0)
    source = SideFileSource(path)
    source.read()
    table(path, 60.0, 61.0)
    batch = source.read()
    assert ([r.value for r in batch], batch.new_run) == ([60.0, 61.0], True)


def test_a_resumed_training_goes_on_in_its_table(tmp_path: Path) -> None:
    """timm cuts off what a resumed training does again: only that is new, and it is the same run."""
    path = tmp_path / "summary.csv"
    table(path, 70.0, 71.0, 72.0, 73.0)
    source = SideFileSource(path)
    source.read()
    table(path, 70.0, 71.0, 72.5)
    batch = source.read()
    assert ([r.value for r in batch], batch.new_run) == ([72.5], False)


def test_each_checkpoint_s_copy_of_the_history_adds_its_end(tmp_path: Path) -> None:
    """Every checkpoint holds the whole history, and old ones are deleted: each entry must come once."""
    source = SideFileSource(tmp_path)
    assert len(source.read()) == 0
    state(tmp_path / "checkpoint-100", 70.0)
    assert values(source) == [70.0]
    state(tmp_path / "checkpoint-200", 70.0, 75.0)
    assert values(source) == [75.0]
    shutil.rmtree(tmp_path / "checkpoint-100")
    state(tmp_path / "checkpoint-300", 70.0, 75.0, 80.0)
    batch = source.read()
    assert [(r.value, r.name, r.epoch, r.step) for r in batch if r.metric == "val_acc"] == [
        (80.0, "trainer_state.json:3", 3, 300)
    ]
    assert batch[0].path == str(tmp_path / "checkpoint-300" / "trainer_state.json")
    state(tmp_path, 70.0, 75.0, 80.0)
    assert values(source) == []


def test_half_written_json_waits_for_the_next_look(tmp_path: Path) -> None:
    """A state that is being written must be read when it is whole, though its time and size stay."""
    whole = state(tmp_path / "x", 70.0, 80.0).read_text()
    path = tmp_path / "trainer_state.json"
    shutil.rmtree(tmp_path / "x")
    path.write_text(whole[:-40] + " " * 40)
    stamp = path.stat()
    source = SideFileSource(tmp_path)
    assert values(source) == []
    path.write_text(whole)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert values(source) == [70.0, 80.0]


def test_files_that_come_later_are_found(tmp_path: Path) -> None:
    """A directory that is not there yet, and folders that are made later, must be looked into."""
    source = SideFileSource(tmp_path / "runs")
    with pytest.raises(SourceError, match="it will be read when it is there"):
        source.read()
    table(tmp_path / "runs" / "version_0" / "metrics.csv", 70.0)
    assert values(source) == [70.0]
    (tmp_path / "runs" / "version_0" / EVENTS).write_bytes(scalar("val/acc", 75.0, 9))
    assert values(source) == [75.0]
    shutil.rmtree(tmp_path / "runs")
    with pytest.raises(SourceError):
        source.read()


def test_the_next_version_is_another_training(tmp_path: Path) -> None:
    """Lightning makes a folder for each run: an alert about the next one is its own."""
    table(tmp_path / "version_0" / "metrics.csv", 70.0, 75.0, 80.0, 95.0)
    source = SideFileSource(tmp_path)
    assert values(source) == [70.0, 75.0, 80.0, 95.0]
    table(tmp_path / "version_1" / "metrics.csv", 60.0)
    batch = source.read()
    assert ([r.value for r in batch], batch.new_run) == ([60.0], True)
    later = tmp_path / "version_1" / "metrics.csv"
    os.utime(tmp_path / "version_0" / "metrics.csv", ns=(later.stat().st_mtime_ns - 10**9,) * 2)
    assert values(SideFileSource(tmp_path)) == [60.0]


def test_one_file_that_cannot_be_read_hides_no_other(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A file that is no file must be complained of once, and the others read."""
    (tmp_path / "summary.csv").mkdir()
    os.mkfifo(tmp_path / "scalars.json")
    table(tmp_path / "metrics.csv", 70.0)
    source = SideFileSource(tmp_path)
    assert values(source) == [70.0]
    append(tmp_path / "metrics.csv", "1,80.0\n")
    assert values(source) == [80.0]
    assert len({record.message for record in caplog.records}) == len(caplog.records) <= 2


def test_an_idle_look_opens_nothing(
    tmp_path: Path, clock: ObedientClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing has changed, nothing may be opened or listed, and what has changed alone is read."""
    for number in range(5):
        table(tmp_path / f"version_{number}" / "metrics.csv", 70.0)
        state(tmp_path / f"run_{number}" / "checkpoint-1", 70.0)
    clock.pass_by(3600)
    source = SideFileSource(tmp_path, clock=clock)
    source.read()
    opened: list[Any] = []
    os_open, builtin_open, listdir = os.open, open, os.listdir
    monkeypatch.setattr(os, "open", lambda *a, **k: (opened.append(a[0]), os_open(*a, **k))[1])
    monkeypatch.setattr("builtins.open", lambda *a, **k: (opened.append(a[0]), builtin_open(*a, **k))[1])
    monkeypatch.setattr(os, "listdir", lambda *a: (opened.append(a[0]), listdir(*a))[1])
    assert (len(source.read()), opened) == (0, [])
    state(tmp_path / "run_3" / "checkpoint-1", 70.0, 80.0)
    opened.clear()
    assert values(source) == [80.0]
    assert opened == [str(tmp_path / "run_3" / "checkpoint-1" / "trainer_state.json")]


def test_each_new_entry_is_handed_on(tmp_path: Path) -> None:
    """A listener gets the content of each new row, with its stage and its epoch."""
    state(tmp_path, 70.0)
    heard: list[LogEntry] = []
    source = SideFileSource(tmp_path, on_entry=heard.append)
    source.read()
    (entry,) = heard
    assert (entry.stage, entry.step, entry.message) == (Stage.VALIDATION, 100, "trainer_state.json:1")
    assert entry.metrics == {"epoch": 1, "total_epochs": 10, "val_acc": 70.0, "val_loss": pytest.approx(0.3)}
    source.read()
    assert len(heard) == 1


def test_what_is_there_may_be_left_out(tmp_path: Path) -> None:
    """From the end means: nothing of what is there."""
    table(tmp_path / "metrics.csv", 70.0)
    source = SideFileSource(tmp_path, from_start=False)
    assert len(source.read()) == 0
    append(tmp_path / "metrics.csv", "1,80.0\n")
    assert values(source) == [80.0]


@pytest.fixture
def alerted(tmp_path: Path) -> Iterator[Any]:
    """Look once as a restarted watch: ``alerted(folder)`` returns the values that it alerts of."""

    def look(folder: Path) -> list[float]:
        config = MonitorConfig(folder, log_dir=tmp_path / "logs", comparison_mode="higher")
        monitor = ModelMonitor(
            config,
            source=SideFileSource(folder),
            rules=["val_acc >= 90"],
            notifiers=[RecordingNotifier()],
        )
        try:
            return [alert.reading.value for alert in monitor.check() if alert.reading]
        finally:
            monitor.stop()

    return look


def test_a_watch_continues_after_a_restart(tmp_path: Path, alerted: Any) -> None:
    """An alert is not repeated although its checkpoint is gone, and a better value makes a new one."""
    folder = tmp_path / "out"
    state(folder / "checkpoint-100", 91.0)
    assert alerted(folder) == [91.0]
    assert alerted(folder) == []
    shutil.rmtree(folder / "checkpoint-100")
    state(folder / "checkpoint-200", 91.0, 90.5)
    assert alerted(folder) == []
    state(folder / "checkpoint-300", 91.0, 90.5, 92.0)
    assert alerted(folder) == [92.0]


def test_the_next_training_in_the_same_place_is_told(tmp_path: Path, alerted: Any) -> None:
    """A new training that overwrites the table makes an alert, however good the last one was."""
    table(tmp_path / "out" / "results.csv", 80.0, 95.0)
    assert alerted(tmp_path / "out") == [95.0]
    table(tmp_path / "out" / "results.csv", 80.0, 91.0)
    assert alerted(tmp_path / "out") == [91.0]
