"""The numbers of one training: of its output, the files that it writes and its checkpoints' names."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from auto_model_monitor.sources.logs.log_file import LogFileSource
from auto_model_monitor.sources.side_files.new_checkpoints import NewCheckpoints
from auto_model_monitor.sources.side_files.run_source import RunSource


def source(folder: Path, **options: object) -> RunSource:
    log = LogFileSource(folder / "logs" / "output.log")
    return RunSource(
        "train.py",
        log,
        [str(folder)],
        since=time.time() - 60,
        without=[str(folder / "logs")],
        **options,  # type: ignore[arg-type]
    )


def append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)


def values(batch: object, metric: str) -> list[float]:
    return [reading.value for reading in batch.series(metric)]  # type: ignore[attr-defined]


def test_a_fact_in_the_output_and_in_a_file_is_one_reading(tmp_path: Path):
    """A metric that the output rounds and a file holds in full is read from the output alone."""
    one = source(tmp_path)
    append(tmp_path / "logs/output.log", "Epoch 1 - val_loss: 0.123\n")
    append(
        tmp_path / "lightning_logs/version_0/metrics.csv", "epoch,step,val_loss,val_f1\n1,10,0.12345,0.5\n"
    )
    batch = one.read()
    assert values(batch, "val_loss") == [0.123]
    assert values(batch, "val_f1") == [0.5]


def test_a_file_that_holds_clearly_more_of_a_metric_takes_over(tmp_path: Path):
    """A metric that the output names once, as on resuming, is read from the file that goes on."""
    one = source(tmp_path)
    append(tmp_path / "logs/output.log", "Resumed - val_acc: 0.5\n")
    append(tmp_path / "results.csv", "epoch,val_acc\n")
    one.read()
    for epoch in range(1, 7):
        append(tmp_path / "results.csv", f"{epoch},{0.5 + epoch / 20}\n")
    assert values(one.read(), "val_acc") == [0.7, 0.75, 0.8]


def test_what_was_there_before_the_start_is_not_of_this_training(tmp_path: Path):
    """Rows, files and names from before the start do not count; what is added to them does."""
    append(tmp_path / "results.csv", "epoch,val_acc\n1,0.99\n")
    append(tmp_path / "ckpt/epoch_1_val_loss_0.001.pt", "")
    past = time.time() - 1000
    for path in (tmp_path / "results.csv", tmp_path / "ckpt/epoch_1_val_loss_0.001.pt"):
        os.utime(path, (past, past))
    one = source(tmp_path)
    assert len(one.read()) == 0
    append(tmp_path / "results.csv", "2,0.5\n")
    append(tmp_path / "ckpt/epoch_2_val_loss_0.3.pt", "")
    batch = one.read()
    assert values(batch, "val_acc") == [0.5]
    assert values(batch, "val_loss") == [0.3]
    last = one.checkpoints.last()
    assert last is not None
    assert last[0] == str(tmp_path / "ckpt/epoch_2_val_loss_0.3.pt")


def test_our_own_logs_are_no_source(tmp_path: Path):
    """The directory of our runs and logs below the working directory is left out."""
    one = source(tmp_path)
    append(tmp_path / "logs/metrics.csv", "epoch,val_acc\n1,0.5\n")
    assert len(one.read()) == 0


def test_a_large_data_set_below_the_working_directory_is_not_listed(tmp_path: Path):
    """A folder of thousands of files from before the start is not entered."""
    data = tmp_path / "data"
    data.mkdir()
    for number in range(1500):
        (data / f"{number:0200}.jpg").touch()
    if data.stat().st_size <= 1 << 18:
        pytest.skip("the size of a directory says nothing on this file system")
    append(data / "results.csv", "epoch,val_acc\n1,0.5\n")
    past = time.time() - 1000
    os.utime(data, (past, past))
    assert len(source(tmp_path).read()) == 0


@pytest.mark.parametrize(
    ("names", "last"),
    [
        (["out/checkpoint-500/model.safetensors", "out/checkpoint-500/optimizer.pt"], "out/checkpoint-500"),
        (["weights/last.pt", "weights/best.pt"], "weights/best.pt"),
        (["checkpoints/epoch=1-step=10.ckpt"], "checkpoints/epoch=1-step=10.ckpt"),
        (["train.py", "data.csv"], None),
    ],
)
def test_the_last_checkpoint_is_what_one_resumes_from(tmp_path: Path, names: list[str], last: str | None):
    """Of a checkpoint that is a folder the folder is named, of a folder of checkpoints the newest in it."""
    found = NewCheckpoints(since=0.0)
    seen: set[str] = set()
    for age, name in enumerate(reversed(names)):
        path = tmp_path / name
        append(path, "")
        os.utime(path, (time.time() - age, time.time() - age))
        for part in (path.parent, path):
            if str(part) not in seen and part != tmp_path:
                seen.add(str(part))
                found.add(str(part), str(part.relative_to(tmp_path)), True)
    written = found.last()
    assert (None if written is None else os.path.relpath(written[0], tmp_path)) == last


def test_what_another_wrapped_command_prints_is_of_another_training(tmp_path: Path):
    """Of two commands in one working directory with logs in two places none reads the other's output."""
    one = source(tmp_path)
    append(tmp_path / "other/runs/1/output.index", "")
    append(tmp_path / "other/runs/1/output.log", "Epoch 1 - loss: nan\nEpoch 2 - loss: nan\n")
    append(tmp_path / "mine/train.log", "Epoch 1 - loss: 0.5\nEpoch 2 - loss: 0.4\n")
    assert values(one.read(), "train_loss") == [0.5, 0.4]
