"""Numbers that are none: NaN and infinity in all the ways in which logs write them."""

from __future__ import annotations

import math

import pytest

from auto_model_monitor import LogReader

NAN, INF = math.nan, math.inf


def metrics_of(*lines: str) -> dict[str, float]:
    reader, found = LogReader(), {}
    for line in lines:
        parsed = reader.parse_line(line)
        found.update({} if parsed is None else parsed.metrics)
    return {name: value for name, value in found.items() if name not in ("epoch", "total_epochs")}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("train_loss: nan.0", {"train_loss": NAN}),
        ("train_loss=nan.000, val_loss=inf.0", {"train_loss": NAN, "val_loss": INF}),
        ("Epoch 1: 100%|##| 10/10 [00:01<00:00, 9.1it/s, v_num=0, train_loss=nan.0]", {"train_loss": NAN}),
        (
            "Epoch 1: 9%|# | 1/10 [00:01<00:09, loss=-inf.0, val_loss=nan.]",
            {"train_loss": -INF, "val_loss": NAN},
        ),
        ("loss=nan. stopping", {"train_loss": NAN}),
        ("val_loss: nan.", {"val_loss": NAN}),
        ("Loss is nan. Stopping training", {"train_loss": NAN}),
        ("Loss is nan, stopping training", {"train_loss": NAN}),
        ("val_loss: inf. best: 0.5", {"val_loss": INF}),
        ("loss: -nan", {"train_loss": NAN}),
        ("loss: -nan(ind), val_loss: nan(snan)", {"train_loss": NAN, "val_loss": NAN}),
        ("{'loss': nan, 'eval_loss': inf}", {"train_loss": NAN, "val_loss": INF}),
        ('{"val_loss": NaN, "train_loss": Infinity}', {"train_loss": INF, "val_loss": NAN}),
        ("loss: tensor(nan, device='cuda:0')", {"train_loss": NAN}),
        ("训练损失：nan。", {"train_loss": NAN}),
        ("第3轮 验证损失: inf.0", {"val_loss": INF}),
    ],
)
def test_what_is_no_number_is_read_as_such(line: str, expected: dict[str, float]) -> None:
    """NaN and infinity must be read however a program pads them or ends the sentence."""
    assert {name: repr(value) for name, value in metrics_of(line).items()} == {
        name: repr(value) for name, value in expected.items()
    }


@pytest.mark.parametrize(
    "line",
    [
        "loss file: nan.pt",
        "Epoch 1: val_loss improved from inf to 0.61234, saving model to x",
        "val_loss: nancy",
        "val_loss: inf.txt",
        "loss: info.0",
        "val_loss: nan.0.1",
        "skipped nan. in the data",
    ],
)
def test_a_word_that_only_looks_like_it_is_none(line: str) -> None:
    """A file's name, a word, and the start of a comparison must yield no NaN."""
    assert metrics_of(line) == {}


@pytest.mark.parametrize("cell", ["nan", "NaN", "nan.0", "nan.", "-nan", "-nan(ind)"])
def test_a_table_may_hold_it(cell: str) -> None:
    """A cell below a heading may be no number as well."""
    found = metrics_of("epoch  train_loss  val_loss", f"1  0.5  {cell}")
    assert (found["train_loss"], math.isnan(found["val_loss"])) == (0.5, True)
