"""The formats and the samples of the specification."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from auto_model_monitor import LogReader, Stage

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
    assert (dict(entry.own_metrics), entry.stage) == (said, stage)


@pytest.mark.parametrize(
    ("line", "said", "stage"),
    [
        ("epoch [3/10] Started", {"epoch": 3, "total_epochs": 10}, "epoch_start"),
        ("Epoch 3/10", {"epoch": 3, "total_epochs": 10}, "epoch_start"),
        ("Epoch (3/10) started...", {"epoch": 3, "total_epochs": 10}, "epoch_start"),
        ("Epoch: 3", {"epoch": 3}, "epoch_start"),
        ("=== Epoch 3 / 10 ===", {"epoch": 3, "total_epochs": 10}, "epoch_start"),
        ("Starting epoch 3 of 10", {"epoch": 3, "total_epochs": 10}, "epoch_start"),
        ("第 3/10 轮开始", {"epoch": 3, "total_epochs": 10}, "epoch_start"),
        ("train loss: 0.5234, train acc: 82.45 %", {"train_loss": 0.5234, "train_acc": 82.45}, "training"),
        (
            "Training Loss = 0.5234 | Accuracy = 82.45%",
            {"train_loss": 0.5234, "train_acc": 82.45},
            "training",
        ),
        ("TRAIN LOSS: 5.2E-1; TRAIN ACC: .8245", {"train_loss": 0.52, "train_acc": 0.8245}, "training"),
        ("train_loss=0.5234 train_acc=82.45", {"train_loss": 0.5234, "train_acc": 82.45}, "training"),
        ("训练损失：0.5234，训练准确率：82.45%", {"train_loss": 0.5234, "train_acc": 82.45}, "training"),
        ("Train Loss: nan, Train Accuracy: 10%", {"train_loss": "nan", "train_acc": 10.0}, "training"),
        ("Train Loss: -Inf", {"train_loss": "-inf"}, "training"),
        ("Train Loss: 1e-5", {"train_loss": 1e-5}, "training"),
        ("Val Loss: 0.6123, Val Acc: 78.92%", {"val_loss": 0.6123, "val_acc": 78.92}, "validation"),
        ("valid loss 0.6123 | valid acc 0.7892", {"val_loss": 0.6123, "val_acc": 0.7892}, "validation"),
        ("Validation - Loss: 0.6123, Accuracy: 78%", {"val_loss": 0.6123, "val_acc": 78.0}, "validation"),
        ("Eval loss: 0.6123, eval accuracy: 0.78", {"val_loss": 0.6123, "val_acc": 0.78}, "validation"),
        ("验证损失: 0.6123, 验证准确率: 78.92%", {"val_loss": 0.6123, "val_acc": 78.92}, "validation"),
        ("Validation Macro F1: 0.7654", {"macro_f1": 0.7654}, "validation"),
        ("val_macro_f1=0.7654 val_micro_f1=0.7892", {"macro_f1": 0.7654, "micro_f1": 0.7892}, "validation"),
        ("Validation F1 (macro): 0.7654", {"macro_f1": 0.7654}, "validation"),
        ("Validation mAP: 81.23%", {"mAP": 81.23}, "validation"),
        ("val mAP = 0.8123", {"mAP": 0.8123}, "validation"),
        ("Val Precision: 0.8234, Recall: 0.7892", {"precision": 0.8234, "recall": 0.7892}, "validation"),
        ("Precision: 0.8234", {"precision": 0.8234}, None),
        ("Validation top1: 78.92, top5: 96.78", {"top1_acc": 78.92, "top5_acc": 96.78}, "validation"),
        (
            'Validation Top-K Accuracy = {"top1": 0.78, "top3": 0.92}',
            {"top1_acc": 0.78, "top3_acc": 0.92},
            "validation",
        ),
        ("Top-1 Accuracy: 78.92%, Top-5 Accuracy: 96.78%", {"top1_acc": 78.92, "top5_acc": 96.78}, None),
        ("learning_rate: 1e-4", {"learning_rate": 1e-4}, None),
        ("Current LR: 0.0001", {"learning_rate": 0.0001}, None),
        ("lr=0.0001", {"learning_rate": 0.0001}, None),
        ("学习率：0.0001", {"learning_rate": 0.0001}, None),
        ("Best model saved with accuracy: 79.12%", {"best_acc": 79.12}, "epoch_end"),
        ("Best Accuracy: 79.12%", {"best_acc": 79.12}, "epoch_end"),
        ("best_acc: 0.7912", {"best_acc": 0.7912}, "epoch_end"),
        ("best val acc = 79.12", {"best_acc": 79.12}, "epoch_end"),
        ("最佳准确率: 79.12%", {"best_acc": 79.12}, "epoch_end"),
        ("New best model saved with val loss: 0.51", {"best_val_loss": 0.51}, "epoch_end"),
        ("Training finished in 3h", {}, "completed"),
        ("Training is complete.", {}, "completed"),
        ("=== Finished training ===", {}, "completed"),
        ("训练完成", {}, "completed"),
        ("Epoch 3 finished", {"epoch": 3}, "epoch_end"),
        ("Training finished for epoch 3", {"epoch": 3}, "epoch_end"),
    ],
)
def test_near_variants_are_read_as_well(line: str, said: dict[str, float | str], stage: str | None) -> None:
    """What a person would write in place of a specified line gives the same fields and stage."""
    entry = LogReader().read(line, time=TIME)
    found = None if entry.stage is None else entry.stage.value
    expected = {name: float(value) for name, value in said.items()}
    assert repr(({name: float(value) for name, value in entry.own_metrics.items()}, found)) == repr(
        (expected, stage)
    )
