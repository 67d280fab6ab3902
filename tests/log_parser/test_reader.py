"""A log as a whole: what is carried along, what stands before a message, what a terminal would show."""

from __future__ import annotations

import json
import math
from datetime import datetime, timedelta, timezone

import pytest

from auto_model_monitor import ConfigError, LogReader, Stage
from auto_model_monitor.core import comparison

TIME = datetime(2025, 10, 29, 10, 15, 23, 456789, tzinfo=timezone.utc)


def test_the_epoch_is_carried_into_metrics_and_not_into_own_metrics() -> None:
    """An entry shows the epoch that the lines before it named; its own metrics are kept apart."""
    reader = LogReader()
    reader.read("Epoch [3/10] started", time=TIME)
    entry = reader.read("Validation macro_F1: 0.7654", time=TIME)
    assert dict(entry.metrics) == {"epoch": 3, "total_epochs": 10, "macro_f1": 0.7654}
    assert dict(entry.own_metrics) == {"macro_f1": 0.7654}
    assert (reader.epoch, reader.total_epochs) == (3, 10)
    assert all(type(entry.metrics[name]) is int for name in ("epoch", "total_epochs"))


def test_a_line_without_a_metric_carries_nothing() -> None:
    """A line without content, and one about the end of the training, have no metrics."""
    reader = LogReader()
    reader.read("Epoch [3/10] started", time=TIME)
    plain = reader.read("saved 3 files in 2.5 s", time=TIME)
    assert (dict(plain.metrics), plain.stage) == ({}, None)
    end = reader.read("Training completed", time=TIME)
    assert (dict(end.metrics), end.stage) == ({}, Stage.COMPLETED)


def test_an_entry_is_valid_json_whatever_the_numbers_are() -> None:
    """NaN and infinity, which JSON does not know, come out as null, and the time in UTC with its Z."""
    entry = LogReader().read(
        "Train Loss: nan, Train Accuracy: inf", time=TIME.astimezone(timezone(timedelta(hours=8)))
    )
    text = json.dumps(entry.as_json(), allow_nan=False)
    assert json.loads(text)["metrics"] == {"train_loss": None, "train_acc": None}
    assert json.loads(text)["timestamp"] == "2025-10-29T10:15:23.456Z"
    assert math.isnan(entry.metrics["train_loss"])


@pytest.mark.parametrize(
    ("prefix", "level", "time"),
    [
        ("2025-10-29 11:00:01,250 - train - INFO - ", "INFO", (11, 0, 1, 250000)),
        ("2025-10-29 11:00:01,250 WARNING ", "WARNING", (11, 0, 1, 250000)),
        ("2025-10-29 11:00:01,250 [ERROR] ", "ERROR", (11, 0, 1, 250000)),
        ("[2025-10-29 11:00:01] [train] [DEBUG] ", "DEBUG", (11, 0, 1, 0)),
        ("2025-10-29 11:00:01.250 | SUCCESS  | __main__:train:12 - ", "INFO", (11, 0, 1, 250000)),
        ("[INFO|trainer.py:398] 2025-10-29 11:00:01,250 >> ", "INFO", (11, 0, 1, 250000)),
        ("10/29 11:00:01 - mmengine - INFO - ", "INFO", (11, 0, 1, 0)),
        ("INFO 10-29 11:00:01 [train.py:12] ", "INFO", (11, 0, 1, 0)),
        ("2025/10/29 11:00:01 ", "ERROR", (11, 0, 1, 0)),
        ("[2025-10-29 11:00:01] ", "ERROR", (11, 0, 1, 0)),
        ("CRITICAL:root:", "CRITICAL", None),
        ("[INFO] ", "INFO", None),
        ("INFO - ", "INFO", None),
        ("[rank0]: ", "ERROR", None),
        ("(train pid=4711) ", "ERROR", None),
        ("[10/29 11:00:01 d2.utils.events]: ", "ERROR", (11, 0, 1, 0)),
        ("I1029 11:00:01.250000  4711 train.py:12] ", "ERROR", None),
    ],
)
def test_what_a_logging_format_puts_before_a_message_is_taken_off(
    prefix: str, level: str, time: tuple[int, ...] | None
) -> None:
    """Time and level of the line go before those given; the message is what the program wrote."""
    for message in ("Train Loss: 0.5234, Train Accuracy: 82.45%", "nothing of note in 3 s"):
        entry = LogReader().read(prefix + message, time=TIME, level="ERROR")
        assert (entry.message, entry.level) == (message, level)
        local = datetime(2025, 10, 29, *time).astimezone() if time else TIME
        assert entry.timestamp == local
        assert (entry.own_metrics.get("train_acc") == 82.45) is message.startswith("Train")


@pytest.mark.parametrize(
    ("stamp", "time"),
    [
        ("2025-10-29T11:00:01.250Z", datetime(2025, 10, 29, 11, 0, 1, 250000, tzinfo=timezone.utc)),
        ("2025-10-29T11:00:01+08:00", datetime(2025, 10, 29, 3, 0, 1, tzinfo=timezone.utc)),
        ("2025-13-29 11:00:01", TIME),
        ("2025-10-29 25:00:01", TIME),
    ],
)
def test_a_time_with_a_zone_is_kept_and_an_impossible_one_is_not_believed(stamp: str, time: datetime) -> None:
    """A zone that is written counts; what is no time leaves the time that was given."""
    assert LogReader().read(f"{stamp} INFO val_loss: 0.5", time=TIME).timestamp == time


def test_colours_and_overwritten_text_are_left_out() -> None:
    """A line is what a terminal would show in the end."""
    bar = "\x1b[32mEpoch 1\x1b[0m: 10%|█ | 1/9 [00:01<00:09, 1.0it/s, loss=0.9]"
    line = bar + "\r\x1b[1mval_loss: 0.5\x1b[0m\r   \r"
    entry = LogReader().read(line, time=TIME)
    assert (entry.message, dict(entry.own_metrics)) == ("val_loss: 0.5", {"val_loss": 0.5})


def test_a_bar_yields_what_is_new_only() -> None:
    """A progress bar that continues to show the last validation does not repeat it in the next epoch."""
    reader = LogReader()
    bar = "Epoch {}: {}%|███| {}/4 [00:01<00:01, 9.0it/s, loss={}, val_loss={}, val_acc={}]"
    found = [
        reader.parse_line(bar.format(*state))
        for state in [
            (0, 100, 4, 0.7, 0.6, 0.8),
            (1, 25, 1, 0.6, 0.6, 0.8),
            (1, 25, 1, 0.6, 0.6, 0.8),
            (1, 100, 4, 0.5, 0.55, 0.8),
        ]
    ]
    assert [said and said.metrics for said in found] == [
        {"epoch": 0, "train_loss": 0.7, "val_loss": 0.6, "val_acc": 0.8},
        {"epoch": 1, "train_loss": 0.6},
        None,
        {"epoch": 1, "train_loss": 0.5, "val_loss": 0.55, "val_acc": 0.8},
    ]
    assert [said and said.stage for said in found] == [Stage.EPOCH_END, Stage.TRAINING, None, Stage.EPOCH_END]


def test_a_validation_counts_when_its_bar_is_full() -> None:
    """What a validation's bar shows on its way is of a part of the data."""
    reader = LogReader()
    assert reader.parse_line("Val:  50%|██  | 5/10 [00:01<00:01, 9.0it/s, loss=0.4]") is None
    full = reader.parse_line("Val: 100%|████| 10/10 [00:02<00:00, 9.0it/s, loss=0.5]")
    assert full is not None
    assert (full.metrics, full.stage) == ({"val_loss": 0.5}, Stage.VALIDATION)


def test_a_state_is_json_and_resumes_everything() -> None:
    """The state for a restart is plain JSON, and an empty one starts from nothing."""
    reader = LogReader()
    for line in (
        "Epoch 2/9",
        "epoch  train_loss  valid_loss",
        "Epoch 2: 9%|█ | 1/9 [0:01<0:01, 9it/s, val_loss=nan, val_acc=0.5]",
    ):
        reader.parse_line(line)
    state = json.loads(json.dumps(reader.state(), allow_nan=False))
    fresh = LogReader()
    fresh.resume(state)
    assert (fresh.epoch, fresh.total_epochs) == (2, 9)
    said = fresh.parse_line("3      0.5         0.4")
    assert said is not None
    assert said.metrics == {"epoch": 3, "train_loss": 0.5, "val_loss": 0.4}
    fresh.resume({})
    assert (fresh.epoch, fresh.parse_line("3      0.5         0.4")) == (None, None)


def test_an_invalid_pattern_is_refused_where_it_is_given() -> None:
    """A reader refuses an invalid regex immediately."""
    with pytest.raises(ConfigError, match="unterminated"):
        LogReader(["("])
    with pytest.raises(ConfigError, match="named groups"):
        LogReader().add_pattern("loss ([0-9]+)")


@pytest.mark.parametrize("word", sorted({*comparison._DIRECTIONS, *comparison._UNDIRECTED} - {"metrics"}))
def test_each_metric_that_rules_know_is_read(word: str) -> None:
    """A metric of which the direction is known is one in a log, too."""
    said = LogReader().parse_line(f"val_{word}: 0.5")
    assert said is not None
    assert list(said.metrics.values()) == [0.5]


@pytest.mark.parametrize(
    "head", ["epoch,train_loss,val_loss", "step  train_loss  val_loss", "epoch\ttrain_loss\tval_loss"]
)
@pytest.mark.parametrize(
    "row", [",,", ",0.5,0.4", "1,,", "x,0.5,0.4", "9" * 5000 + " 0.5 0.4", "1/ 0.5 0.4", "1 2", "- - -"]
)
def test_a_line_that_is_no_row_below_headings_says_nothing(head: str, row: str) -> None:
    """What stands below a table's headings and is none of its rows is read as any other line."""
    reader = LogReader()
    assert reader.parse_line(head) is None
    assert reader.parse_line(row) is None


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        ("epoch 5 val_acc 1", {"val_acc": 1.0}),
        ("epoch 5 loss 2 val_acc 0", {"train_loss": 2.0, "val_acc": 0.0}),
        ("epoch 5 loss 3 of 4", {}),
        ("epoch 5 saved 1 loss 2 curves", {}),
        ("val_acc 1", {}),
    ],
)
def test_a_whole_score_of_an_epoch_is_one(line: str, metrics: dict[str, float]) -> None:
    """A score that is printed as a whole number after a mere space counts where the line names its epoch."""
    found = LogReader().read(line, time=TIME).own_metrics
    assert {name: value for name, value in found.items() if name != "epoch"} == metrics
