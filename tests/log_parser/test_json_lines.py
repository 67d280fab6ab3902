"""JSON objects around the lines of a program, and escapes in them."""

from __future__ import annotations

import json

import pytest

from auto_model_monitor import LogReader

TEXT = "Epoch 3/10 - loss: 0.5 - val_acc: 0.96"
METRICS = {"epoch": 3, "total_epochs": 10, "train_loss": 0.5, "val_acc": 0.96}


@pytest.mark.parametrize(
    "line",
    [
        {"log": f"{TEXT}\n", "stream": "stdout", "time": "2026-11-27T19:45:00.1Z"},
        {"log": f"\x1b[32m{TEXT}\x1b[0m\r\n", "stream": "stderr", "time": "2026-11-27T19:45:00.1Z"},
        {"asctime": "2026-11-27 19:45:00", "levelname": "INFO", "message": TEXT},
        {"event": TEXT, "level": "info", "timestamp": "2026-11-27T19:45:00Z"},
        {"text": f"{TEXT}\n", "record": {"level": {"name": "INFO", "no": 20}}},
        {"time": "2026-11-27T19:45:00Z", "level": "INFO", "msg": TEXT},
        {"MESSAGE": TEXT, "PRIORITY": "6"},
    ],
)
def test_the_text_in_an_object_is_read_as_a_line(line: dict[str, object]) -> None:
    """What a container's or a logger's JSON object holds as its message reads as the line itself."""
    for text in (json.dumps(line), json.dumps(line, ensure_ascii=False, separators=(",", ":"))):
        parsed = LogReader().parse_line(text)
        assert parsed is not None
        assert parsed.metrics == METRICS


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ({"log": "val_loss: 0.31\n", "stream": "stdout"}, {"val_loss": 0.31}),
        ({"message": "第4轮 验证损失: 0.31"}, {"epoch": 4, "val_loss": 0.31}),
        ({"验证准确率": 0.91, "epoch": 2}, {"epoch": 2, "val_acc": 0.91}),
        ({"message": "epoch done", "val_acc": 0.9, "epoch": 3}, {"epoch": 3, "val_acc": 0.9}),
        ({"message": "loss: nan"}, {"train_loss": "nan"}),
        ({"event": "evaluated", "val_loss": 0.25}, {"val_loss": 0.25}),
    ],
)
def test_escapes_are_decoded(line: dict[str, object], expected: dict[str, object]) -> None:
    """A key or a text whose characters are written as escapes reads as these characters."""
    parsed = LogReader().parse_line(json.dumps(line))
    assert parsed is not None
    assert {name: "nan" if value != value else value for name, value in parsed.metrics.items()} == expected


@pytest.mark.parametrize("line", ['{"log":"val_loss: 0.31', '{"log": 5}', '{"message": "saved"}', "{" * 5000])
def test_an_object_that_is_none_is_a_line(line: str) -> None:
    """An object that was cut, or holds nothing, raises nothing."""
    LogReader().parse_line(line)
