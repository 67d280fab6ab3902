"""Lines of pairs: each key is a metric by its own name, unless it names a setting, a count or a time."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from pathlib import Path

import pytest

from auto_model_monitor import LogEntry, LogReader
from auto_model_monitor.log_parser.bulk_reader import BulkReader
from auto_model_monitor.sources.logs.log_handler import TrainingLogHandler

TIME = datetime(2026, 11, 20, tzinfo=timezone.utc)
COUNTS = ("epoch", "total_epochs", "learning_rate")

SILENT = (Path(__file__).parent / "silent_lines.txt").read_text(encoding="utf-8").splitlines()


def metrics(line: str) -> dict[str, float]:
    return {name: float(value) for name, value in LogReader().read(line, time=TIME).own_metrics.items()}


@pytest.mark.parametrize("line", SILENT)
def test_settings_prose_counts_and_times_give_no_metric(line: str) -> None:
    """A dump of settings, a model's summary, a progress text and a sentence hold no metric."""
    assert {name: value for name, value in metrics(line).items() if name not in COUNTS} == {}


@pytest.mark.parametrize(
    "line",
    [
        "Epoch 3 | loss 0.5 | my_score: 0.93 | kl_div: 0.01 | foo: 0.1",
        "epoch 3, loss: 0.5, my_score: 0.93, kl_div: 0.01, foo: 0.1",
        "epoch=3 loss=0.5 my_score=0.93 kl_div=0.01 foo=0.1",
        "Epoch 3\tloss 0.5\tmy_score 0.93\tkl_div 0.01\tfoo 0.1",
        "epoch: 3  loss: 0.5  my_score: 0.93  kl_div: 0.01  foo: 0.1",
        "Epoch 3: loss 0.5 my_score 0.93 kl_div 0.01 foo 0.1",
        "Epoch 3 - loss: 0.5 - my_score: 0.93 - kl_div: 0.01 - foo: 0.1",
        "[Epoch 3] loss=0.5; my_score=0.93; kl_div=0.01; foo=0.1",
        "2026-11-20 10:15:23,123 INFO epoch 3 | loss 0.5 | my_score 0.93 | kl_div 0.01 | foo 0.1 | wall 12.5",
        "epoch 3 | lr 0.1 | loss 0.5 | bsz 32 | my_score 0.93 | kl_div 0.01 | mem 8.1 | foo 0.1 | it/s 2.5",
    ],
)
def test_an_unknown_key_of_a_record_is_a_metric_of_its_own_name(line: str) -> None:
    """However the pairs are set apart, an unknown key beside a sure metric is taken, no count or time."""
    found = metrics(line)
    found.pop("learning_rate", None)
    assert found == {"epoch": 3, "train_loss": 0.5, "my_score": 0.93, "kl_div": 0.01, "foo": 0.1}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("loss 0.5 foo: 3", {"train_loss": 0.5}),
        ("loss: 0.5, foo bar baz: 3", {"train_loss": 0.5}),
        ("val_loss 0.4 (foo: 12)", {"val_loss": 0.4}),
        ("foo: 3 | val_acc 0.9", {"val_acc": 0.9}),
        ("val_acc 0.8 [best: 0.9]", {"val_acc": 0.8}),
        (
            "[Train] loss 0.5 acc 0.8 [Valid] loss 0.6 acc 0.7 [Test] loss 0.65 acc 0.69",
            {"train_loss": 0.5, "train_acc": 0.8, "val_loss": 0.6, "val_acc": 0.7}
            | {"test_loss": 0.65, "test_acc": 0.69},
        ),
        ("loss: 0.5 (0.4) acc: 0.8 (0.7) time: 0.1 (0.2)", {"train_loss": 0.4, "train_acc": 0.7}),
        (
            "1: 100%|██| 4/4 [00:01<00:00, 4.0it/s, loss=0.5, foo=0.3, v_num=3]",
            {"train_loss": 0.5, "foo": 0.3},
        ),
    ],
)
def test_an_unknown_key_takes_only_itself_out(line: str, found: dict[str, float]) -> None:
    """What is known of a line is read, whatever stands beside it."""
    assert metrics(line) == found


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Epoch 1 Best val_acc: 0.91, val_acc: 0.88", {"epoch": 1, "best_acc": 0.91, "val_acc": 0.88}),
        ("best loss: 0.3, loss: 0.4", {"best_loss": 0.3, "train_loss": 0.4}),
        ("val_f1: 0.7, best val_f1: 0.8", {"val_f1": 0.7, "best_val_f1": 0.8}),
        ("loss: 0.4 | best loss: 0.3 | acc: 0.8", {"train_loss": 0.4, "best_loss": 0.3, "train_acc": 0.8}),
        ("best_val_loss=0.3 val_loss=0.4", {"best_val_loss": 0.3, "val_loss": 0.4}),
        ("Best val loss: 0.3, acc: 0.9", {"best_val_loss": 0.3, "best_acc": 0.9}),
        ("Best epoch: 12 | val_loss: 0.3 | val_acc: 0.9", {"best_val_loss": 0.3, "best_acc": 0.9}),
    ],
)
def test_the_best_so_far_and_the_present_are_two_numbers(line: str, found: dict[str, float]) -> None:
    """``best X: a, X: b`` are two numbers of two names."""
    assert metrics(line) == found


TWICE = [
    ("val_acc: 91.2 | val_accuracy: 80.5", {"val_acc": 91.2, "val_accuracy": 80.5}),
    ("loss: 0.5 loss: 0.6", {"train_loss": 0.5}),
    ("Val Loss: 0.5, Loss: 0.4", {"val_loss": 0.5, "loss": 0.4}),
    ("[Valid] loss 0.4 val_loss 0.5", {"loss": 0.4, "val_loss": 0.5}),
    ("eval_loss=0.5, val_f1=0.6, val_loss=0.7", {"val_loss": 0.5, "val_f1": 0.6}),
    ("accuracy: 0.9 acc: 0.8", {"accuracy": 0.9, "acc": 0.8}),
]


@pytest.mark.parametrize(("line", "found"), TWICE)
def test_a_metric_named_twice_reads_the_same_whether_its_shape_is_known(
    line: str, found: dict[str, float]
) -> None:
    """First and later lines of a shape, in bulk and one by one, heard or not, give the same numbers."""
    reader = LogReader()
    parsed = [reader.parse_line(line) for _ in range(3)]
    assert [each and each.metrics for each in parsed] == [found] * 3
    flat: list[object] = []
    data = (line + "\n").encode() * 3
    rest = [parsed.metrics for _, parsed in BulkReader(LogReader()).sift(data, 0, lambda: flat)]
    assert rest == [found]
    assert [(flat[at], flat[at + 1]) for at in range(0, len(flat), 5)] == [*found.items()] * 2


@pytest.mark.parametrize(
    "text",
    [
        "loss=0.5\racc=0.9",
        "loss=0.5\facc=0.9",
        "loss=0.5\x1cacc=0.9",
        "val_loss: 0.5\r",
        "val_loss: 0.5\r\n",
        "val_loss: 0.5\nval_acc: 0.9",
        "val_loss: 0.5\u2028val_acc: 0.9",
        "val_acc: 91.2 | val_accuracy: 80.5",
    ],
)
def test_a_record_reads_the_same_whether_somebody_listens(text: str) -> None:
    """Line breaks inside a record mean the same with and without a listener, as in a file."""
    entries: list[LogEntry] = []
    found = []
    for handler in (TrainingLogHandler(), TrainingLogHandler(on_entry=entries.append)):
        for _ in range(2):
            handler.handle(logging.LogRecord("t", logging.INFO, "", 0, text, None, None))
        found.append([(reading.metric, reading.value) for reading in handler.read()])
    assert found[0] == found[1]
    assert len(found[0]) == sum(len(entry.own_metrics) for entry in entries) > 0
