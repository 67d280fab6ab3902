"""Numbers that are no metrics: nothing may come of them, however a line is made."""

from __future__ import annotations

import string
from datetime import datetime, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auto_model_monitor import LogReader

TIME = datetime(2026, 11, 20, tzinfo=timezone.utc)

PROSE = r"""
saved 3 files in 2.5 s
saved loss in 0.5 s
Computed accuracy in 0.5 s
Python 3.11.7, torch 2.13.0, CUDA 12.4
Version: 1.2.3
accuracy: 1.2.3
loss: 10.0.0.1
val_loss: 2026-11-20
val_loss: 10:15:23
val_loss: 0x1f
val_loss: 12ms
val_loss: 5GB
val_loss: 1_000
val_loss: 1,234.5
val_loss: None
val_loss: n/a
val_loss: --
val_loss:
learning_rate decay 0.1
lr decay: 0.1
Loading weights from /data/exp_0.5/val_loss_0.3.pt
Saving checkpoint to runs/epoch=2-val_loss=0.12.ckpt
Saved /models/epoch_10_val_loss_0.003_acc_0.95.pt
Restored runs/val_acc=0.95/model.pt
see https://example.com/loss=0.5/acc=3
https://example.com/?acc=0.5
2026-11-20 10:15:23,123 - train - INFO - DataLoader with 4 workers, batch size: 32
Target accuracy: 0.95
target_acc=0.95
min_loss: 0.1
accuracy threshold 0.8
acc_threshold=0.8
Stopping when loss 0.01 is reached
early stopping at loss 0.01
Early stopping patience: 5, min_delta: 0.001
RuntimeError: CUDA error: 59
error: 404
errors: 3
exit code: 1
returns: 2
hits: 3
cache hits: 350, misses: 12
score 3
Using loss weight: 0.5, label smoothing: 0.1
loss_weight: 0.5
loss_scale: 65536.0
Namespace(lr_decay=0.1, loss_weight=0.5, epochs_per_save=3)
precision=16
precision: 32
val_loss did not improve from 0.5
Epoch 3: val_loss did not improve from 0.50000
Epoch 3: val_loss improved from 0.50000 to 0.40000, saving model to m.h5
reduced loss 0.5 by clipping
Resuming from epoch 5
checkpoint of epoch 5 saved in 2.3 s
the loss of epoch 5 was lower than that of epoch 4
loss of 3 packets
Total params: 18
trained 3.5 hours at 0.5 kWh
GPU 0 memory: 1.2 GB of 24.0 GB
eta: 0:02:05
time: 0.5
Warmup steps: 500
warmup_epochs=5
best_epoch: 4
Best epoch: 4
save every 5 epochs
the loss is computed over 10 batches of 0.5 s
Accuracy is 0.95 times what we want to reach
acc: 5 of 10
acc: 5/10
accuracy 3 / 10
loss: 10 ** 9
loss: 0.5 -> 0.4
loss: [0.5, 0.6]
loss: 0.5f
max_grad_norm=1.0
metric_for_best_model=loss
map_size=1099511627776
lr_scheduler_step=0.1
Train size: 50000, Val size: 10000
train: found 28 images in 3 classes
val: 10 images
test: 3 passed, 2 failed in 1.2s
Test results: passed: 5,973; failed: 9; error: 4
Training on 8 GPUs, gradient accumulation 4
Traceback: line 12, in loss
  File "train.py", line 12, in acc
press F1 0.5 times
top 5 reasons
iteration took 0.35 s
[LightGBM] [Info] Start training from score 0.518344
Speed: 0.0ms preprocess, 1.1ms inference, 0.0ms loss, 0.0ms postprocess per image
{"event": "request", "duration_ms": 12.5, "status": 200, "size": 3.5}
{"weights": {"loss_weight": 0.5}, "seed": 42, "dropout": 0.1}
{'users': 3, 'load': 0.5}
cat accuracy: 0.3
label smoothing loss weight: 0.1
损失函数权重: 0.5
用时 3.5 秒
共 10 轮
epoch
Epoch
inf
nan
0.5
-
:
"""

HOSTILE = r"""
Validation Top-k Accuracy: {'top1': __import__('os').system('true'), 'top3': 9**9}
Validation Top-k Accuracy: {'top1': open('/etc/passwd').read()}
Validation Top-k Accuracy: {'top1': (lambda: 0.5)()}
Validation Top-k Accuracy: {'top1': 10 ** 1000000}
Validation Top-k Accuracy: {'top1': [78.92], 'top3': (92.34,)}
{'loss': eval('0.5')}
{'loss': 0.5 if True else 1}
"""


@pytest.mark.parametrize("line", PROSE.strip().split("\n"))
def test_a_number_in_prose_gives_nothing(line: str) -> None:
    """Counts, times, versions, dates, paths, settings and wishes are no metrics."""
    entry = LogReader().read(line, time=TIME)
    assert dict(entry.own_metrics) == {}
    assert dict(entry.metrics) == {}
    assert entry.message


@pytest.mark.parametrize("line", HOSTILE.strip().split("\n"))
def test_a_dict_that_is_no_dict_of_numbers_gives_nothing(line: str) -> None:
    """What stands in braces is never evaluated, and only what is a number is one."""
    assert LogReader().parse_line(line) is None


@pytest.mark.parametrize(
    ("line", "metrics"),
    [
        ("AdamW(lr=0.002, momentum=0.9) with weight(decay=0.0)", {"learning_rate": 0.002}),
        ("Namespace(lr=0.1, loss_weight=0.5, num_epochs=3)", {"learning_rate": 0.1, "total_epochs": 3}),
        ("Namespace(lr=0.1, acc=0.5, epochs=30, val_loss=0.1)", {"learning_rate": 0.1, "total_epochs": 30}),
        ("Config(batch_size=32, loss=0.1)", {}),
        ("TrainingArguments(warmup_steps=10, eval_loss=0.1, loss=0.2)", {}),
        ("INFO eval_args(loss=0.5, acc=0.2, f1=0.3)", {}),
        ("__(acc=0.5)", {"acc": 0.5}),
        ("model.HParams(acc=0.5, val_acc=0.9)", {}),
        ("Args: acc=0.5, epochs=30", {"total_epochs": 30}),
        ("iou=0.7, box=7.5, cls=0.5, degrees=0.1, shear=0.2, scale=0.3, hsv_h=0.015, mosaic=1.0", {}),
    ],
)
def test_settings_give_the_learning_rate_and_the_epochs_at_most(line: str, metrics: dict[str, float]) -> None:
    """A dump of settings holds how fast and how long a training learns, and no metric."""
    said = LogReader().parse_line(line)
    assert (dict(said.metrics) if said else {}) == metrics


WORDS = [
    "the",
    "a",
    "of",
    "in",
    "to",
    "from",
    "with",
    "and",
    "by",
    "at",
    "saved",
    "loaded",
    "copied",
    "read",
    "wrote",
    "started",
    "3",
    "worker",
    "file",
    "files",
    "batch",
    "images",
    "samples",
    "GPU",
    "seconds",
    "bytes",
    "request",
    "cache",
    "index",
    "shard",
    "queue",
    "model",
    "checkpoint",
    "host",
    "port",
    "node",
    "rank",
    "user",
    "took",
    "using",
    "found",
    "skipped",
    "done",
    "retry",
    "seed",
    "data",
    "step",
]
NUMBERS = st.one_of(
    st.integers(0, 10**6).map(str),
    st.floats(0, 1000, allow_nan=False).map(lambda value: f"{value:.3f}"),
    st.sampled_from(["2026-11-20", "10:15:23", "1.2.3", "2.5s", "12ms", "3/10", "5GB", "0x1f", "/a/b_0.5/c"]),
)


@given(
    st.lists(st.one_of(st.sampled_from(WORDS), NUMBERS), max_size=14), st.sampled_from([" ", ", ", ": ", "="])
)
@example(["step", "3"], ": ")
def test_words_of_no_metric_give_none(pieces: list[str], between: str) -> None:
    """Whatever words and numbers stand side by side: without a metric's name there is no metric."""
    said = LogReader().parse_line(between.join(pieces))
    assert said is None or not said.metrics


@given(st.text(alphabet=string.printable + "损失准确率：，│█\x1b\0\r\b\ud800", max_size=120), st.booleans())
def test_no_line_makes_a_reader_fail(line: str, in_table: bool) -> None:
    """Any text whatever is read without an error, and its entry can be written as JSON."""
    reader = LogReader()
    if in_table:
        reader.parse_line("epoch  train_loss  val_loss")
    first = reader.parse_line(line)
    entry = reader.read(line, time=TIME)
    assert entry.as_json().keys() == {"timestamp", "level", "message", "metrics", "stage"}
    assert first is None or all(isinstance(value, int | float) for value in first.metrics.values())
