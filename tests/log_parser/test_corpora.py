"""What frameworks print, and how much of it is read."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.log_parser.reading_score import Score, Truth, is_shown_as, key_of, recorded, score


@pytest.mark.parametrize(
    ("value", "number", "same"),
    [
        (0.41234567, 0.4123, True),
        (0.41234567, 0.41, True),
        (0.41234567, 0.4133, False),
        (1.23e-7, 1.23e-7, True),
        (123.456, 123, True),
        (math.nan, math.nan, True),
        (math.nan, 0.5, False),
    ],
)
def test_a_number_is_compared_to_the_digits_that_are_shown(value: float, number: float, same: bool) -> None:
    """A number is the one that was computed if it differs only by digits that are not shown."""
    assert is_shown_as(value, number) is same


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("val_accuracy", ("val", "acc")),
        ("valid_0's binary_logloss", ("val", "0binarylogloss")),
        ("eval/mean_reward", ("val", "meanreward")),
        ("val_top_1", ("val", "top1")),
        ("top1_acc", ("", "top1")),
        ("trainLoss", ("train", "loss")),
    ],
)
def test_a_name_is_compared_without_its_spelling(name: str, key: tuple[str, str]) -> None:
    """The same metric of the same split has one key however it is spelt."""
    assert key_of(name) == key


def test_the_score_counts_what_is_missed_and_what_is_made_up(tmp_path: Path) -> None:
    """A number that is not read costs recall, a made-up one precision, and a wrong epoch is counted."""
    log = tmp_path / "a.log"
    log.write_text("Epoch 1/2\nloss: 0.5123, val_loss: 0.6123\nEpoch 2/2\nloss: 0.4123, val_acc: 0.8123\n")
    truths = [
        Truth("train_loss", 0.51234, 1),
        Truth("train_loss", 0.41234, 1),
        Truth("val_loss", 0.6123, 1),
        Truth("val_loss", 0.7123, 2),
        Truth("test_acc", 0.8123, 2),
    ]
    found = score("a", log, truths)
    assert (found.expected, found.found, found.readings, found.true, found.wrong_epochs) == (4, 3, 4, 3, 1)
    assert len(found.misses) == 3


def test_every_corpus_is_read() -> None:
    """Of the recorded logs, 99.5 % of the numbers are read, 99.5 % of the readings true, no epoch wrong."""
    total = Score("total")
    for name, log, truths in recorded():
        total.add(score(name, log, truths))
    assert total.expected > 1500
    assert total.recall >= 0.995, total.misses
    assert total.precision >= 0.995, total.misses
    assert total.wrong_epochs == 0, total.misses
