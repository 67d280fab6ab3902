"""Lines that are known by their shape: the short way yields what the long way yields."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import LogReader
from tests.log_parser import fixture_lines

TEMPLATES = [
    "Train Loss: {}, Train Accuracy: {}%",
    "2025-10-29 10:15:23,123 - train - INFO - Validation Loss: {}, Validation Accuracy: {}%",
    "top1: {} top5: {}",
    "f1: {}, l2 loss: {}",
    "[{}]\ttrain-logloss:{}",
    "{{'loss': {}, 'epoch': {}}}",
    "Epoch {}: val_acc {}",
    "loss: -{} (best .{})",
    "step {} of {}",
    "Accuracy: {}/10000 ({}%)",
    "saved {} files in {} s",
]
NUMBERS = st.one_of(
    st.integers(0, 99999).map(str),
    st.floats(0, 1e6, allow_nan=False).map(repr),
    st.decimals(0, 100, places=4).map(str),
    st.sampled_from(["1.2.3", "3/10", "2.5s", "nan", "inf", "1e-05", "007", "0.", "5."]),
)


@given(st.sampled_from(TEMPLATES), st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=12))
def test_the_short_way_says_what_the_long_way_says(template: str, numbers: list[tuple[str, str]]) -> None:
    """A reader that has seen lines of the same shape reads a line as one that has seen none."""
    practised = LogReader()
    for pair in numbers:
        practised.parse_line(template.format(*pair))
    for pair in numbers:
        line = template.format(*pair)
        assert repr(practised.parse_line(line)) == repr(LogReader().parse_line(line)), line


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("top1: 0.5", "top3: 0.5"),
        ("top3: 0.5", "top2: 0.5"),
        ("r3: 0.5", "r2: 0.5"),
        ("x1: 3 f2: 0.5", "x1: 3 f1: 0.5"),
        ("Acc@1: 70.0", "Acc@5: 90.0"),
    ],
)
def test_digits_of_words_distinguish_shapes(first: str, second: str) -> None:
    """Two lines that differ in a digit of a metric's name are not mistaken for each other."""
    reader = LogReader()
    for line in (first, second, first):
        assert repr(reader.parse_line(line)) == repr(LogReader().parse_line(line))


@pytest.mark.parametrize(
    "line",
    [
        "Epochs: 11/20 of it",
        "step 3000: train loss 4.039, train loss 4.039040val",
        "loss: 0.5, loss: 2.5s, acc: 1.2.3, acc: 0.5",
        "accuracy: 5/10 (50%), accuracy: 0.5",
    ],
)
def test_a_line_that_says_a_thing_twice_says_it_twice_alike(line: str) -> None:
    """Where one of two numbers of a metric is none, the second reading of the line is as the first."""
    reader = LogReader()
    first = reader.parse_line(line)
    assert repr(reader.parse_line(line)) == repr(first)


def test_shapes_are_kept_in_bounded_memory() -> None:
    """However many shapes a log has, few are remembered, and it is read on all the same."""
    reader = LogReader()
    for number in range(10_000):
        reader.parse_line(
            f"val_loss: 0.5 {'x' * (number % 100)} {chr(97 + number % 26)}{'y' * (number // 100)}"
        )
    assert len(reader._shapes) <= 4096
    assert reader.parse_line("val_loss: 0.5") == ({"val_loss": 0.5}, "validation", None)


def test_half_a_character_is_read_the_long_way() -> None:
    """A line that cannot be encoded, as with an odd file's name in it, is read all the same."""
    reader = LogReader()
    for _ in range(2):
        assert reader.parse_line("val_loss: 0.5 \udc80") == ({"val_loss": 0.5}, "validation", None)


def test_the_fixture_holds_lines_of_one_shape() -> None:
    """What is tested here happens: programs write lines that differ only in their digits."""
    shapes = [
        line.text.translate(str.maketrans("123456789", "0" * 9)) for line in fixture_lines.lines("xgboost")
    ]
    assert len(set(shapes)) < len(shapes)
