"""Headings above metrics, and Keras' evaluations."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone

import pytest

from auto_model_monitor import LogReader
from auto_model_monitor.log_parser.bulk_reader import BulkReader
from auto_model_monitor.sources.logs.log_handler import TrainingLogHandler

TIME = datetime(2026, 11, 20, tzinfo=timezone.utc)


def read(text: str, reader: LogReader | None = None) -> list[dict[str, float]]:
    reader = reader or LogReader()
    entries = [reader.read(line, time=TIME) for line in text.split("\n")]
    return [dict(entry.own_metrics) for entry in entries if entry.own_metrics]


def in_pieces(text: str) -> list[dict[str, float]]:
    """Read each line with a reader of its own, made from the state of the last."""
    found, reader = [], LogReader()
    for line in text.split("\n"):
        fresh = LogReader()
        fresh.resume(json.loads(json.dumps(reader.state())))
        reader = fresh
        found += read(line, reader)
    return found


def handled(text: str) -> list[tuple[str, float]]:
    handler = TrainingLogHandler()
    for line in text.split("\n"):
        handler.handle(logging.LogRecord("t", logging.INFO, "", 0, "%s", (line,), None))
    return [(reading.metric, reading.value) for reading in handler.read()]


@pytest.mark.parametrize(
    ("heading", "split"),
    [
        ("Test Error: ", "test"),
        ("Eval", "val"),
        ("[Valid]", "val"),
        ("Validation:", "val"),
        ("***** Eval results *****", "val"),
        ("Evaluating...", "val"),
        ("Evaluating on the test set", "test"),
        ("--- Testing ---", "test"),
        ('"validation": {', "val"),
        ("  'test': {", "test"),
        ("Validation results", "val"),
        ("Running validation", "val"),
        ("2026-11-20 10:15:23,123 INFO Validation", "val"),
        ("=> Test set metrics:", "test"),
        ("验证集:", "val"),
        ("测试结果：", "test"),
        ("Train", "train"),
    ],
)
def test_a_heading_names_the_split_of_what_follows(heading: str, split: str) -> None:
    """Metrics below a heading are of its split, in every way of reading, each metric once."""
    text = f"loss: 0.7\n{heading}\nloss: 0.5, acc: 0.9\nf1: 0.8\nloss: 0.4"
    expected = [
        {"train_loss": 0.7},
        {f"{split}_loss": 0.5, f"{split}_acc": 0.9},
        {f"{split}_f1": 0.8},
        {"train_loss": 0.4},
    ]
    assert read(text) == in_pieces(text) == expected
    assert handled(text) == [pair for found in expected for pair in found.items()]
    twice = f"{text}\n{text}\n".encode()
    assert [parsed.metrics for _, parsed in BulkReader(LogReader()).parse(twice, 0)] == expected * 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Test\nEpoch 2\nloss: 0.5", [{"epoch": 2}, {"train_loss": 0.5}]),
        ("Test\nstep 200 loss: 0.5", [{"train_loss": 0.5}]),
        ("Test\ntrain_loss: 0.5\nloss: 0.4", [{"train_loss": 0.5}, {"train_loss": 0.4}]),
        ("Test\nValidation\nloss: 0.4", [{"val_loss": 0.4}]),
        ('"test": {\n"loss": 0.4\n},\n"loss": 0.5', [{"test_loss": 0.4}, {"train_loss": 0.5}]),
        ("Test\n" + "saved a file\n" * 12 + "loss: 0.5", [{"train_loss": 0.5}]),
        ("Test\n" + "saved a file\n" * 11 + "loss: 0.5", [{"test_loss": 0.5}]),
        ("Test loss is high today\nloss: 0.5", [{"train_loss": 0.5}]),
        ("Testing finished\nloss: 0.5", [{"train_loss": 0.5}]),
        ("loading validation data from /data\nloss: 0.5", [{"train_loss": 0.5}]),
        ("Test: 10000 images\nloss: 0.5", [{"train_loss": 0.5}]),
    ],
)
def test_a_heading_ends(text: str, found: list[dict[str, float]]) -> None:
    """An epoch, a step, another split, a brace, a repetition and twelve lines end it; prose begins none."""
    assert read(text) == in_pieces(text) == found


STEPS = [
    "step {} - loss: {:.4f} - acc: 0.9 - 12ms/step",
    "Step {}, loss {:.4f}, acc 0.9",
    "iter {} | loss: {:.4f} | acc: 0.9",
    "step={} loss={:.4f} acc=0.9",
    "Iteration {}: loss = {:.4f}, acc = 0.9",
]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("heading", ["Eval begin...", "Evaluating", "[Test]", "Validation:", "开始验证"])
@pytest.mark.parametrize("total", [157, 938])
def test_steps_of_an_evaluation_count_once_it_is_done(step: str, heading: str, total: int) -> None:
    """Below a heading, steps ``n/N`` that do not continue those of the training are the evaluation's."""
    split = "test" if "Test" in heading else "val"
    trained = [step.format(f"{n}/938", 0.5) for n in (468, 938)]
    evaluated = [step.format(f"{n}/{total}", 0.4) for n in range(10, total, 10)]
    text = "\n".join([*trained, heading, *evaluated, step.format(f"{total}/{total}", 0.3), trained[0]])
    training = {"train_loss": 0.5, "train_acc": 0.9}
    expected = [training, training, {f"{split}_loss": 0.3, f"{split}_acc": 0.9}, training]
    assert read(text) == in_pieces(text) == expected
    twice = f"{text}\n{text}\n".encode()
    assert [parsed.metrics for _, parsed in BulkReader(LogReader()).parse(twice, 0)] == expected * 2


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("heading", ["Eval begin...", "Evaluating", "[Test]", "Validation:", "开始验证"])
def test_steps_of_the_training_end_a_heading(step: str, heading: str) -> None:
    """A step that continues those above a heading is of the training, though no evaluation was read."""
    text = "\n".join([step.format("300/1000", 0.5), heading, "saved", step.format("310/1000", 0.4)])
    expected = [{"train_loss": 0.5, "train_acc": 0.9}, {"train_loss": 0.4, "train_acc": 0.9}]
    assert read(text) == in_pieces(text) == expected


@pytest.mark.parametrize(
    ("heading", "split", "counts"),
    [
        ("***** Evaluating perplexity, Epoch 1/4 *****", "val", {"epoch": 1, "total_epochs": 4}),
        ("Validation epoch 3", "val", {"epoch": 3}),
        ("[Epoch 3] Validation:", "val", {"epoch": 3}),
        ("Epoch 3 - Test", "test", {"epoch": 3}),
        ("Computing validation accuracy", "val", {}),
        ("Testing BLEU, ROUGE (epoch 2)", "test", {"epoch": 2}),
        ("=== Evaluating F1 and loss ===", "val", {}),
    ],
)
def test_a_heading_may_name_a_metric_and_an_epoch(heading: str, split: str, counts: dict[str, float]) -> None:
    """What will be measured, and the epoch, stand in a heading as well."""
    text = f"{heading}\nppl: 14.6, loss: 1.3"
    found = {f"{split}_ppl": 14.6, f"{split}_loss": 1.3}
    assert read(text) == in_pieces(text) == [*([counts] if counts else []), found]


FIT = "Epoch 1/1\n313/313 {} - loss: 0.5000 - accuracy: 0.8000{}\n"
BARS = [
    "[==============================] - 1s 2ms/step",
    "━━━━━━━━━━━━━━━━━━━━ 1s 2ms/step",
    "- 1s",
    "- 1s - 2ms/step",
]


@pytest.mark.parametrize("bar", BARS)
@pytest.mark.parametrize("val", ["", " - val_loss: 0.6000 - val_accuracy: 0.7000"])
def test_keras_evaluation_is_no_training(bar: str, val: str) -> None:
    """A line of Keras below ``Epoch n/N`` is of the training, one behind that epoch of a test."""
    evaluation = f"40/40 {bar} - loss: 0.4000 - accuracy: 0.9000"
    partial = f"20/40 {bar} - loss: 0.3000 - accuracy: 0.9500"
    text = FIT.format(bar, val) + partial + "\n" + evaluation + "\n" + FIT.format(bar, val) + evaluation
    epoch = {"train_loss": 0.5, "train_acc": 0.8} | ({"val_loss": 0.6, "val_acc": 0.7} if val else {})
    tested = {"test_loss": 0.4, "test_acc": 0.9}
    counts = {"epoch": 1, "total_epochs": 1}
    assert read(text) == in_pieces(text) == [counts, epoch, tested] * 2


@pytest.mark.parametrize("bar", BARS)
def test_a_line_of_keras_without_an_epoch_stays_a_training(bar: str) -> None:
    """``fit(epochs=1)`` prints no epoch, so that its line is read as before."""
    assert read(f"40/40 {bar} - loss: 0.4000") == [{"train_loss": 0.4}]


_IMPROVED = "Metric {} improved by 0.1 >= min_delta = 0.0. New best score: {}"
_REACHED = "Epoch {}, global step {}: '{}' reached {} (best {}), saving model to '/out/a.ckpt' as top 1"


def epochs_of_best(text: str) -> list[tuple[float, int | None]]:
    """Return the best scores of a log, and the epochs that they are given."""
    found, reader = [], LogReader()
    for line in text.split("\n"):
        fresh = LogReader()
        fresh.resume(json.loads(json.dumps(reader.state())))
        entry = fresh.read(line, time=TIME)
        reader = fresh
        epoch = entry.metrics.get("epoch")
        best = [value for name, value in entry.own_metrics.items() if name.startswith("best_")]
        found += [(value, None if epoch is None else int(epoch)) for value in best]
    return found


@pytest.mark.parametrize(
    ("between", "epoch"),
    [
        ("", None),
        ("Epoch 0/3  ━━━━━━━━━ 8/8 0:00:00 • 0:00:00 120.1it/s", None),
        ("        val_acc: 0.625 train_loss_epoch: 0.683", None),
        ("Epoch 0/3 ━━━━━━ 8/8 0:00:00 val_loss: 0.645\n    train_acc: 0.574", None),
        ("`Trainer.validate` is called", None),
        ("Epoch 1:  50%|█████     | 4/8 [00:00<00:00, 9.01it/s, v_num=0]", 1),
        ("Epoch 1: 100%|██████████| 8/8 [00:00<00:00, 9.01it/s, val_loss=0.588, val_acc=0.66]", 1),
        ("Epoch 1/3 started", 1),
    ],
)
@pytest.mark.parametrize("metric", ["val_loss", "val_acc", "eval/f1"])
def test_a_best_score_ahead_of_its_epoch_is_not_of_the_one_before(
    metric: str, between: str, epoch: int | None
) -> None:
    """Lightning's best score has the epoch that has begun, and none after the line that ends an epoch."""
    lines = [
        _IMPROVED.format(metric, 0.645),
        _REACHED.format(0, 8, metric, 0.6451, 0.6451),
        *between.split("\n"),
        _IMPROVED.format(metric, 0.588),
    ]
    assert epochs_of_best("\n".join(lines)) == [(0.645, None), (0.588, epoch)]


def test_a_best_score_is_named_in_lines_that_nothing_improved() -> None:
    """What Lightning says as it stops early is the best of its metric."""
    line = (
        "Monitored metric val_loss did not improve in the last 3 records. Best score: 0.463. Signaling stop."
    )
    assert read(line) == [{"best_val_loss": 0.463}]


@pytest.mark.parametrize("bar", BARS)
@pytest.mark.parametrize("done", ["1/2", "1/3", "39/40", "9/10", "312/313"])
def test_a_bar_of_keras_that_lacks_one_batch_is_not_done(bar: str, done: str) -> None:
    """Keras counts from 1: the last batch but one of an evaluation is no result."""
    total = done.partition("/")[2]
    tested = f"{total}/{total} {bar} - loss: 0.4000"
    text = FIT.format(bar, "") + f"{done} {bar} - loss: 0.3000\n" + tested
    assert read(text)[1:] == [{"train_loss": 0.5, "train_acc": 0.8}, {"test_loss": 0.4}]


@pytest.mark.parametrize(
    ("line", "split"),
    [
        ("Eval samples: 1000, loss=0.312, acc=0.91", "val"),
        ("Validation took 3.2s, loss=0.312, acc=0.91", "val"),
        ("Test batches: 10, loss: 0.312, accuracy: 0.91", "test"),
        ("[Dev] 20 batches in 3.1s | loss: 0.312 | acc: 0.91", "val"),
        ("Evaluating (5.1 s, 1000 images): loss=0.312, acc=0.91", "val"),
        ("2026-11-20 10:15:23,123 INFO Evaluation time: 3.2s, loss: 0.312, acc: 0.91", "val"),
        ("Results on dev set: loss=0.312 acc=0.91", "val"),
        ("Performance on the test set: loss=0.312 acc=0.91", "test"),
        ("Scores of the best model on the validation split: loss=0.312, acc=0.91", "val"),
        ("Evaluating on the test data: loss=0.312, acc=0.91", "test"),
    ],
)
def test_the_beginning_of_a_line_names_its_split(line: str, split: str) -> None:
    """A split's word at the beginning, and a phrase that ends with ``dev set``, name the line's split."""
    prefix = "best_" if "best" in line else ""
    expected = {f"{split}_loss": 0.312, f"{split}_acc": 0.91}
    assert read(line) == [expected if not prefix else {f"best_{split}_loss": 0.312, "best_acc": 0.91}]


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        ("Eval num_timesteps=2000, episode_reward=82.00 +/- 3.50", {"episode_reward": 82.0}),
        ("Training on 8 GPUs, loss=0.5", {"train_loss": 0.5}),
        ("Eval time 3 s, train loss: 0.5, val loss: 0.4", {"train_loss": 0.5, "val_loss": 0.4}),
        ("test_every: 10, loss: 0.5, acc: 0.9", {"train_loss": 0.5, "train_acc": 0.9}),
        ("Testimony 3, loss=0.5", {"train_loss": 0.5}),
    ],
)
def test_the_beginning_of_a_line_names_no_split_otherwise(line: str, metrics: dict[str, float]) -> None:
    """Names, longer words and metrics that name their own split do not take the one of the beginning."""
    assert read(line) == [metrics]


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        ("Val loss decreased (0.351200 --> 0.342100).  Saving model ...", {"best_val_loss": 0.3421}),
        ("Validation loss decreased (inf --> 0.342100)", {"best_val_loss": 0.3421}),
        ("val_loss decreased (0.3512 -> 0.3421)", {"best_val_loss": 0.3421}),
        ("Valid accuracy increased (0.81 --> 0.82)", {"best_acc": 0.82}),
        ("Eval loss improved (0.3512 → 0.3421)", {"best_val_loss": 0.3421}),
        ("Epoch 3: validation loss decreased (0.3512 => 0.3421)", {"epoch": 3, "best_val_loss": 0.3421}),
        ("Validation loss has decreased (0.3512 --> 0.3421)", {"best_val_loss": 0.3421}),
        ("val_f1 improved (81.2% --> 82.5%)", {"best_val_f1": 82.5}),
    ],
)
def test_an_improvement_gives_the_better_number(line: str, metrics: dict[str, float]) -> None:
    """Of ``(old --> new)`` behind the name of a validation's metric, the new one is the best so far."""
    assert read(line) == [metrics]


@pytest.mark.parametrize("line", ["Test time decreased (3 -> 2)", "Val batches increased (10 --> 20)"])
def test_an_improvement_of_no_metric_is_none(line: str) -> None:
    """What counts or takes time is no best score."""
    assert read(line) == []
