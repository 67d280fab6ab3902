"""A line of top-k accuracies, and the line that ends a training."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from auto_model_monitor import LogReader

TIME = datetime(2026, 11, 20, tzinfo=timezone.utc)

TOP_K = {
    "{'top1': 78.92, 'top3': 92.34, 'top5': 96.78}": {
        "top1_acc": 78.92,
        "top3_acc": 92.34,
        "top5_acc": 96.78,
    },
    "{'epoch': 99, 'val_loss': 5}": {},
    "{'top1': 78.92, 'epoch': 99, 'total_epochs': 5, 'loss': 1}": {"top1_acc": 78.92},
    "{'step': 3, 'lr': 2, 'top5': 9}": {"top5_acc": 9.0},
    '{"val_acc": 99.9, "top1": 1, "top5": 3}': {"top1_acc": 1.0, "top5_acc": 3.0},
    "{'best_acc': 99, 'top_1': 78.9}": {"top1_acc": 78.9},
    "{'acc@1': 78.9, 'train_loss': nan, 'acc@5': 92}": {"top1_acc": 78.9, "top5_acc": 92.0},
    "{'top1': 1.5, 'other': {'val_loss': 5, 'epoch': 7}}": {"top1_acc": 1.5},
    "{top1: 1.5, epoch: 7}": {"top1_acc": 1.5},
    "{'epoch': [99, 98], 'top1': 2.5": {"top1_acc": 2.5},
    "{'__class__': 3, 'val_acc\": 1, 'top1': 4.5}": {"top1_acc": 4.5},
}


@pytest.mark.parametrize("dictionary", TOP_K)
def test_a_top_k_dictionary_gives_top_k_metrics_alone(dictionary: str) -> None:
    """Whatever keys the dictionary has, only ranks become metrics, and no epoch moves."""
    reader = LogReader()
    reader.read("Epoch [3/10] started", time=TIME)
    entry = reader.read(f"Validation Top-k Accuracy: {dictionary}", time=TIME)
    assert entry.own_metrics == TOP_K[dictionary]
    assert (reader.epoch, reader.total_epochs) == (3, 10)


@pytest.mark.parametrize("head", ["Top-k accuracy", "Val topk acc", "INFO: Test Top-K", "top_k_accuracy"])
def test_what_stands_beside_the_dictionary_is_read(head: str) -> None:
    """The other numbers of the line keep their names."""
    entry = LogReader().read(f"Epoch 4, val_loss: 0.5, {head}: {{'top5': 9, 'val_loss': 7}}", time=TIME)
    assert entry.metrics["epoch"] == 4
    assert entry.metrics["val_loss"] == 0.5


COMPLETED = {
    "Training complete! Best accuracy: 79.12%": {"best_acc": 79.12},
    "Training completed. Best val_loss: 0.31": {"best_val_loss": 0.31},
    "Training finished! Best val acc: 0.91 at epoch 7": {"best_acc": 0.91, "epoch": 7},
    "2026-11-20 10:00:00 INFO Training done, best_acc=0.93": {"best_acc": 0.93},
    "Finished training. val_loss: 0.2, val_acc: 0.9": {"val_loss": 0.2, "val_acc": 0.9},
    "训练完成！最佳验证准确率: 91.2%": {"best_acc": 91.2},
    "*** Training is complete: test accuracy = 0.88": {"test_acc": 0.88},
    "Training completed": {},
}


@pytest.mark.parametrize("line", COMPLETED)
def test_a_line_that_ends_the_training_keeps_its_metrics(line: str) -> None:
    """A line that reports the end has the stage ``completed``, with the numbers that it holds."""
    entry = LogReader().read(line, time=TIME)
    assert entry.stage is not None
    assert (entry.stage.value, entry.own_metrics) == ("completed", COMPLETED[line])


@pytest.mark.parametrize(
    "line",
    [
        "Training finished for epoch 3: loss 0.5",
        "Finished training epoch 3, loss: 0.5",
        "Training done, epoch 3: loss=0.5",
        "Training: epoch 3 done, loss: 0.5",
        "Training loss: 0.5",
    ],
)
def test_the_end_of_an_epoch_is_no_end_of_the_training(line: str) -> None:
    """A line about the end of one epoch's training has another stage."""
    entry = LogReader().read(line, time=TIME)
    assert entry.own_metrics["train_loss"] == 0.5
    assert entry.stage is not None
    assert entry.stage.value != "completed"
