"""The formats and the samples of the specification."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from auto_model_monitor.log_patterns import LogReader, Stage

TIME = datetime(2025, 10, 29, 10, 15, 23, tzinfo=timezone.utc)


def test_the_three_samples_come_out_verbatim() -> None:
    """The specification's three entries are made of their lines, the epoch carried along."""
    reader = LogReader()
    found = [
        reader.read(line, time=TIME).as_json()
        for line in (
            "Epoch [3/10] started",
            "Train Loss: 0.5234, Train Accuracy: 82.45%",
            "Validation Loss: 0.6123, Validation Accuracy: 78.92%",
        )
    ]
    stamp = "2025-10-29T10:15:23.000Z"
    assert found == [
        {
            "timestamp": stamp,
            "level": "INFO",
            "message": "Epoch [3/10] started",
            "metrics": {"epoch": 3, "total_epochs": 10},
            "stage": "epoch_start",
        },
        {
            "timestamp": stamp,
            "level": "INFO",
            "message": "Train Loss: 0.5234, Train Accuracy: 82.45%",
            "metrics": {"epoch": 3, "total_epochs": 10, "train_loss": 0.5234, "train_acc": 82.45},
            "stage": "training",
        },
        {
            "timestamp": stamp,
            "level": "INFO",
            "message": "Validation Loss: 0.6123, Validation Accuracy: 78.92%",
            "metrics": {"epoch": 3, "total_epochs": 10, "val_loss": 0.6123, "val_acc": 78.92},
            "stage": "validation",
        },
    ]


@pytest.mark.parametrize(
    ("line", "said", "stage"),
    [
        ("Epoch [3/10] started", {"epoch": 3, "total_epochs": 10}, Stage.EPOCH_START),
        ("Validation macro_F1: 0.7654", {"macro_f1": 0.7654}, Stage.VALIDATION),
        ("Validation micro_F1: 0.7892", {"micro_f1": 0.7892}, Stage.VALIDATION),
        ("Validation mAP: 0.8123", {"mAP": 0.8123}, Stage.VALIDATION),
        ("Validation Precision: 0.8234", {"precision": 0.8234}, Stage.VALIDATION),
        ("Validation Recall: 0.7892", {"recall": 0.7892}, Stage.VALIDATION),
        ("Learning Rate: 0.0001", {"learning_rate": 0.0001}, None),
        (
            "Validation Top-k Accuracy: {'top1': 78.92, 'top3': 92.34, 'top5': 96.78}",
            {"top1_acc": 78.92, "top3_acc": 92.34, "top5_acc": 96.78},
            Stage.VALIDATION,
        ),
        ("New best model saved with Accuracy: 79.12%", {"best_acc": 79.12}, Stage.EPOCH_END),
        ("Training completed", {}, Stage.COMPLETED),
    ],
)
def test_each_format_gives_its_fields(line: str, said: dict[str, float], stage: Stage | None) -> None:
    """Each of the specified formats gives its fields and its stage."""
    entry = LogReader().read(line, time=TIME)
    assert (dict(entry.said), entry.stage) == (said, stage)
