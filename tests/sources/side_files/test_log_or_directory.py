"""A path at which nothing is yet becomes a log or a directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from auto_model_monitor import LogFileSource, SideFileSource, SourceError
from auto_model_monitor.sources.side_files.log_or_directory import LogOrDirectorySource

DIRECTORY = {
    "metrics.csv": "epoch,val_loss\n1,0.5\n",
    "results.csv": "epoch,val_loss\n1,0.5\n",
    "trainer_log.jsonl": '{"current_steps": 1, "eval_loss": 0.5, "epoch": 1.0}\n',
    "log.tsv": "epoch\tval_loss\n1\t0.5\n",
    "train.log": "Epoch [1/2] started\nval_loss: 0.5\n",
}


def source_of(path: Path) -> LogOrDirectorySource:
    return LogOrDirectorySource(LogFileSource(path), SideFileSource(path))


@pytest.mark.parametrize("name", DIRECTORY)
def test_a_directory_that_comes_later_is_read(tmp_path: Path, name: str) -> None:
    """The directory's files are read once it is there, and it stays a directory."""
    path = tmp_path / "runs" / "7"
    source = source_of(path)
    for _ in range(2):
        with pytest.raises(SourceError, match="nothing is there"):
            source.read()
    path.mkdir(parents=True)
    assert len(source.read()) == 0
    (path / name).write_text(DIRECTORY[name])
    batch = source.read()
    assert [(reading.metric, reading.value) for reading in batch] == [("val_loss", 0.5)]
    assert source.continues(batch[0])


def test_a_log_that_comes_later_is_read(tmp_path: Path) -> None:
    """A file that comes is a log, to its end."""
    path = tmp_path / "out"
    source = source_of(path)
    with pytest.raises(SourceError):
        source.read()
    path.write_text("val_loss: 0.5")
    assert len(source.read()) == 0
    source.finish()
    assert [reading.value for reading in source.read()] == [0.5]
    assert source.ended
    assert source.metric_name("eval_loss") == "val_loss"
