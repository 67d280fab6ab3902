"""Checkpoints are complete or absent, are read by the package, and are limited in number."""

from __future__ import annotations

from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from auto_model_monitor.parsers import DefaultParser  # noqa: E402 - only where PyTorch is
from auto_model_monitor.sources.checkpoints.directory import DirectorySource  # noqa: E402
from auto_model_monitor.training.image_classifier.checkpoint_files import Checkpoints  # noqa: E402
from auto_model_monitor.training.image_classifier.weights import write  # noqa: E402


def test_the_package_reads_the_names(tmp_path: Path) -> None:
    """A directory source reads each checkpoint's accuracy, loss and epoch from its name."""
    checkpoints = Checkpoints(tmp_path, keep_last=5)
    checkpoints.save({}, epoch=3, loss=0.61234, accuracy=78.916)
    checkpoints.save({}, epoch=12, loss=1e-7, accuracy=100.0)
    checkpoints.save_last({})
    for metric, values in (("val_acc", {78.92, 100.0}), ("val_loss", {0.6123, 0.0})):
        readings = list(DirectorySource(tmp_path, DefaultParser(metric=metric)).read())
        assert {reading.value for reading in readings if reading.metric == metric} == values
        assert {reading.epoch for reading in readings} == {3, 12}


def test_the_best_and_the_last_are_kept(tmp_path: Path) -> None:
    """Of eight checkpoints the last two and the best are left; of equal ones the first is the best."""
    checkpoints = Checkpoints(tmp_path, keep_last=2)
    best = [
        checkpoints.save({}, epoch=epoch, loss=1.0, accuracy=accuracy)[1]
        for epoch, accuracy in enumerate([10.0, 30.0, 20.0, 90.0, 90.0, 50.0, 40.0, 60.0], start=1)
    ]
    assert best == [True, True, False, True, False, False, False, False]
    assert checkpoints.best == 90.0
    assert sorted(path.name[:7] for path in tmp_path.iterdir()) == ["epoch_4", "epoch_7", "epoch_8"]


def test_the_checkpoints_of_others_stay(tmp_path: Path) -> None:
    """The checkpoints of an earlier training in the folder are not deleted."""
    (tmp_path / "epoch_1_val_loss_0.5000_val_acc_50.00.pt").touch()
    checkpoints = Checkpoints(tmp_path, keep_last=1)
    for epoch in range(1, 5):
        checkpoints.save({}, epoch=epoch, loss=0.1, accuracy=99.0 + epoch / 10)
    assert sorted(path.name[:7] for path in tmp_path.iterdir()) == ["epoch_1", "epoch_4"]


def test_what_was_written_is_read_back_without_running_code(tmp_path: Path) -> None:
    """``torch.load(weights_only=True)`` reads a complete checkpoint."""
    contents = {"model": "resnet18", "classes": ["a", "b"], "state_dict": {"weight": torch.arange(6.0)}}
    path, _ = Checkpoints(tmp_path, keep_last=1).save(contents, epoch=1, loss=0.5, accuracy=50.0)
    found = torch.load(path, weights_only=True)
    assert found.pop("state_dict")["weight"].equal(torch.arange(6.0))
    assert found == {"model": "resnet18", "classes": ["a", "b"]}


def test_a_full_disk_leaves_the_old_file_and_no_half_one(tmp_path: Path) -> None:
    """A full disk raises an OSError and leaves the folder as it was."""
    resource = pytest.importorskip("resource")  # not on Windows
    path = tmp_path / "last.pt"
    write(path, {"weight": torch.zeros(3)})
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(OSError, match=r"last\.pt' could not be written: "):
            write(path, {"weight": torch.zeros(999_999)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [file.name for file in tmp_path.iterdir()] == ["last.pt"]
    assert path.read_bytes() == before
