"""Whole trainings of seconds: their logs, their checkpoints and their errors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("PIL")

from auto_model_monitor.core.errors import ConfigError  # noqa: E402 - only where PyTorch is
from auto_model_monitor.log_parser import LogReader  # noqa: E402
from auto_model_monitor.training.image_classifier.arguments import read_arguments  # noqa: E402
from auto_model_monitor.training.image_classifier.device_choice import NoMemoryError, explain_out_of_memory  # noqa: E402
from auto_model_monitor.training.image_classifier.interruption import Interruption  # noqa: E402
from auto_model_monitor.training.image_classifier.learning import DivergedError, NoImagesError  # noqa: E402
from auto_model_monitor.training.image_classifier.training_loop import TrainingLoop  # noqa: E402

METRICS = {
    *("epoch", "total_epochs", "learning_rate", "train_loss", "train_acc", "val_loss", "val_acc"),
    *("macro_f1", "micro_f1", "mAP", "precision", "recall", "top1_acc", "top3_acc"),
}
Train = Callable[..., list[str]]


@pytest.fixture
def train(colours: Callable[..., Path], tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Train:
    """Train on red, green and blue images, and return the lines that were logged."""
    folders = {"train-path": colours("train"), "val-path": colours("val", count=3)}
    caplog.set_level(logging.INFO, logger="auto_model_monitor")

    def run(**changes: Any) -> list[str]:
        options = {
            "model": "resnet18",
            "num-classes": 3,
            **folders,
            "save-path": tmp_path / "saved",
            "batch-size": 4,
            "num-epochs": 2,
            "learning-rate": 1e-3,
            **{name.replace("_", "-"): value for name, value in changes.items()},
        }
        caplog.clear()
        TrainingLoop(
            read_arguments([f"--{name}={value}" for name, value in options.items()]), Interruption()
        ).train()
        return caplog.messages

    return run


def read(lines: list[str]) -> list[dict[str, float]]:
    """Return the metrics of each epoch as the package's own reader finds them."""
    reader, epochs = LogReader(), []
    for line in lines:
        logged = dict(reader.read(line, time=datetime.now(timezone.utc)).own_metrics)
        if "epoch" in logged:
            epochs.append({})
        if epochs:
            epochs[-1].update(logged)
    return epochs


def rounded(scores: dict[str, Any]) -> dict[str, Any]:
    """Return the scores, top-k ones too, with the six digits that the log shows."""
    return {
        name: rounded(value) if isinstance(value, dict) else float(f"{value:.6g}")
        for name, value in scores.items()
    }


def test_every_metric_in_the_log_is_the_one_that_was_computed(train: Train, tmp_path: Path) -> None:
    """The log reader finds 16 metrics per epoch: those of the checkpoint, rounded to six digits."""
    epochs = read(train(num_epochs=3, keep_last=3))
    assert [epoch["epoch"] for epoch in epochs] == [1, 2, 3]
    for logged in epochs:
        (path,) = (tmp_path / "saved").glob(f"epoch_{logged['epoch']}_*.pt")
        kept = rounded(torch.load(path, weights_only=True)["scores"])
        assert logged["val_loss"] == kept["val_loss"]
        assert logged["val_acc"] == kept["accuracy"]
        assert logged["mAP"] == kept["mean_average_precision"]
        assert {f"top{k}_acc": value for k, value in kept["top"].items()} == {
            name: logged[name] for name in ("top1_acc", "top3_acc")
        }
        for name in ("macro_f1", "micro_f1", "precision", "recall", "epoch"):
            assert logged[name] == kept[name]
        assert set(logged) - {"best_acc"} == METRICS
    assert max(logged.get("best_acc", 0) for logged in epochs) == max(logged["val_acc"] for logged in epochs)


def test_the_lines_are_those_of_the_specification(train: Train) -> None:
    """The log lines have the formats and the order of the specification."""
    lines = train(num_epochs=1)
    beginnings = [
        "Training resnet18 with", "12 images of 3 classes to train on and 9 to validate on, scaled to 8",
        "Epoch [1/1] started", "Learning Rate: ", "Train Loss: ", "Validation Loss: ",
        "Validation macro_F1: ", "Validation micro_F1: ", "Validation mAP: ",
        "Validation Precision: ", "Validation Recall: ",
        "Validation Top-k Accuracy: {'top1': ", "Saved epoch_1_val_loss_",
        "New best model saved with Accuracy: ", "Training completed",
    ]  # fmt: skip
    assert len(lines) == len(beginnings)
    assert all(line.startswith(beginning) for line, beginning in zip(lines, beginnings, strict=True))


def test_colours_are_learnt(train: Train) -> None:
    """Four epochs suffice to separate red, green and blue."""
    assert read(train(num_epochs=4))[-1]["val_acc"] == 100.0


def test_the_same_seed_gives_the_same_numbers(train: Train) -> None:
    """On a CPU two trainings with one seed log the same lines, and another seed gives others."""
    first = train(seed=7, num_epochs=1)
    assert train(seed=7, num_epochs=1) == first
    assert train(seed=8, num_epochs=1) != first


def test_a_transformer_learns_too(train: Train) -> None:
    """A ViT trains on the same images, mirrored too, in batches down to one image."""
    (epoch,) = read(train(model="vit-tiny", num_epochs=1, batch_size=11, image_size=8))
    assert 0 <= epoch["val_acc"] <= 100


def test_a_last_batch_of_one_image_does_no_harm(train: Train) -> None:
    """A last batch of one image, which cannot be normalised, is skipped."""
    assert len(read(train(batch_size=11))) == 2


def test_a_loss_that_is_no_number_ends_the_training(train: Train, tmp_path: Path, caplog: Any) -> None:
    """A loss of NaN is logged, writes no checkpoint, and raises an error with advice."""
    with pytest.raises(DivergedError, match=r"the training loss is nan in epoch 1: .* lower --learning-rate"):
        train(learning_rate=1e30)
    assert any(line.startswith("Train Loss: nan, ") for line in caplog.messages)
    assert list((tmp_path / "saved").iterdir()) == []


def test_progress_is_no_metric(train: Train) -> None:
    """Long epochs log progress lines, which the log reader ignores."""
    lines = train(num_epochs=1, progress_every=1e-9)
    within = [line for line in lines if " so far" in line]
    assert {line.split(" ")[0] for line in within} == {"read", "trained", "validated"}
    reader = LogReader()
    assert [reader.parse_line(line) for line in within] == [None] * len(within)


def test_images_that_all_break_end_the_training(train: Train, colours: Callable[..., Path]) -> None:
    """If no image can be read, the error states it."""
    folder = colours("broken")
    for file in folder.rglob("*.png"):
        file.write_bytes(b"")
    with pytest.raises(NoImagesError, match="not one batch of images could be read"):
        train(train_path=folder, image_size=8)


def test_a_missing_card_is_reported(train: Train) -> None:
    """Without a card, the error has what PyTorch sees and what to do."""
    with pytest.raises(
        ConfigError, match=r"--device: expected (a CUDA device for 'cuda:99', got none|one of the)"
    ):
        train(device="cuda:99")


def test_a_folder_that_cannot_be_written_is_reported(train: Train, tmp_path: Path) -> None:
    """A file at the path of the folder is reported before the training starts."""
    (tmp_path / "taken").touch()
    with pytest.raises(
        ConfigError, match=r"--save-path: expected a folder to write to, got '.*taken': File exists"
    ):
        train(save_path=tmp_path / "taken")


def test_full_memory_is_reported() -> None:
    """PyTorch's error about memory becomes one line of advice."""
    message = "out of memory with --batch-size=64: try a smaller --batch-size"
    with pytest.raises(NoMemoryError, match=message), explain_out_of_memory(64):
        torch.empty(1 << 50)


def test_other_errors_are_left_as_they_are() -> None:
    """An error that is not about memory keeps its own text."""
    with pytest.raises(RuntimeError, match="must match"), explain_out_of_memory(64):
        torch.ones(2) + torch.ones(3)
