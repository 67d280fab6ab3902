"""Words and numbers that touch each other, and numbers before what no pair is."""

from __future__ import annotations

import pytest

from auto_model_monitor import LogReader


def read(line: str) -> tuple[dict[str, float], int | None]:
    parsed = LogReader().parse_line(line)
    return ({}, None) if parsed is None else (dict(parsed.metrics), parsed.step)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("epoch3 val_loss: .5", {"epoch": 3, "val_loss": 0.5}),
        ("Epoch03 - val_acc: 0.91", {"epoch": 3, "val_acc": 0.91}),
        ("epoch3: val_loss=.5", {"epoch": 3, "val_loss": 0.5}),
        ("[epoch3] train_loss: 0.5", {"epoch": 3, "train_loss": 0.5}),
        ("Epoch3/10 loss: 0.5", {"epoch": 3, "total_epochs": 10, "train_loss": 0.5}),
        ("ep12, val_acc=0.5", {"epoch": 12, "val_acc": 0.5}),
        ("2025-10-29 10:15:23 - INFO - epoch7 val_loss: 0.25", {"epoch": 7, "val_loss": 0.25}),
        ("val_loss:.5", {"val_loss": 0.5}),
    ],
)
def test_an_epoch_may_touch_its_number(line: str, expected: dict[str, float]) -> None:
    """A counter that is glued to its word counts."""
    assert read(line) == (expected, None)


def test_a_step_may_touch_its_number() -> None:
    """A step that is glued to its word counts."""
    assert read("step100 loss: 0.5") == ({"train_loss": 0.5}, 100)
    assert read("Iter20: val_loss 0.5") == ({"val_loss": 0.5}, 20)
    assert read("第100步 loss: 0.5") == ({"train_loss": 0.5}, 100)


@pytest.mark.parametrize(
    "line",
    [
        "step2_acc: 0.5",
        "loaded weights/epoch3.pt",
        "saved model_epoch3 to disk",
        "copied epoch3-step100.ckpt",
        "f1: 0.5, top1: 0.25",
        "resnet50 acc@1: 0.5",
    ],
)
def test_digits_that_belong_to_a_name_count_nothing(line: str) -> None:
    """The digits of a file's or a metric's name are neither epoch nor step."""
    metrics, step = read(line)
    assert ("epoch" in metrics, step) == (False, None)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("第1轮 val_acc: .9", {"epoch": 1, "val_acc": 0.9}),
        ("第3轮验证准确率：.91", {"epoch": 3, "val_acc": 0.91}),
        ("第3轮：验证损失0.31，验证准确率91.2%", {"epoch": 3, "val_loss": 0.31, "val_acc": 91.2}),
        ("第3/10轮 训练损失：0.5", {"epoch": 3, "total_epochs": 10, "train_loss": 0.5}),
        ("第5个epoch 验证准确率: 0.8", {"epoch": 5, "val_acc": 0.8}),
        ("第2回合 训练损失: 0.7", {"epoch": 2, "train_loss": 0.7}),
        ("轮次3：损失1.2", {"epoch": 3, "train_loss": 1.2}),
        ("epoch3损失0.5", {"epoch": 3, "train_loss": 0.5}),
        ("训练损失0.523 验证损失0.612", {"train_loss": 0.523, "val_loss": 0.612}),
        (
            "训练损失0.523验证损失0.612验证准确率0.9",
            {"train_loss": 0.523, "val_loss": 0.612, "val_acc": 0.9},
        ),
        ("用时3.5秒，损失0.5", {"train_loss": 0.5}),
        ("共训练10轮，最佳验证准确率0.95", {"best_acc": 0.95}),
        ("第3轮 训练损失: 0.523 验证损失: 0.612", {"epoch": 3, "train_loss": 0.523, "val_loss": 0.612}),
    ],
)
def test_chinese_puts_no_blank_before_a_number(line: str, expected: dict[str, float]) -> None:
    """A number that touches a Chinese word is read, and counts what the word says."""
    assert read(line)[0] == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("损失 loss: 1.97", {"train_loss": 1.97}),
        ("损失(loss)：1.97", {"train_loss": 1.97}),
        ("准确率 acc: 0.9", {"acc": 0.9}),
        ("验证损失 val_loss: 0.3", {"val_loss": 0.3}),
        ("学习率 lr: 0.001", {"learning_rate": 0.001}),
        ("学习率(lr)：1e-4", {"learning_rate": 1e-4}),
        ("验证集 准确率 accuracy: 0.9", {"val_acc": 0.9}),
    ],
)
def test_a_thing_named_in_two_languages_is_one(line: str, expected: dict[str, float]) -> None:
    """A metric that is named in Chinese and in English is the one of its usual name."""
    assert read(line)[0] == expected


@pytest.mark.parametrize(
    "line", ["用时3秒", "当损失低于0.5时停止", "损失函数2", "共10张图", "准确率提升2个点"]
)
def test_chinese_prose_holds_no_metric(line: str) -> None:
    """A time, a goal, a count and a difference are no metrics in Chinese either."""
    assert read(line)[0] == {}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("loss: 0.5 - 21ms/step", {"train_loss": 0.5}),
        ("val_acc 0.93 - 21ms/step", {"val_acc": 0.93}),
        ("val_acc: 0.93 - 1s 21ms/step", {"val_acc": 0.93}),
        (
            "313/313 - 1s - loss: 0.35 - accuracy: 0.87 - 21ms/step",
            {"train_loss": 0.35, "train_acc": 0.87},
        ),
        ("val_acc 0.93 [3/10]", {"val_acc": 0.93}),
        ("val_loss: 0.31 [00:12<00:30, 3.2it/s]", {"val_loss": 0.31}),
        ("Epoch 3: val_loss 0.31 [best 0.29]", {"epoch": 3, "val_loss": 0.31}),
    ],
)
def test_a_speed_or_a_bracket_may_follow(line: str, expected: dict[str, float]) -> None:
    """A metric before `` - 21ms/step`` or `` [`` is read."""
    assert read(line)[0] == expected
