"""Formats that users add."""

from __future__ import annotations

import re

import pytest

from auto_model_monitor import ConfigError, LogPattern, LogReader, Stage


def metrics(pattern: str, line: str) -> dict[str, float] | None:
    said = LogPattern(pattern).parse_line(line)
    return None if said is None else dict(said.metrics)


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        (r"loss is (?P<val_loss>[0-9.]+)", "the loss is 0.25 now", {"val_loss": 0.25}),
        (r"loss is (?P<val_loss>[0-9.]+)", "the loss is 1.2e-05.", {"val_loss": 1.2e-05}),
        (r"loss is (?P<val_loss>\S+)", "loss is -inf, oh", {"val_loss": float("-inf")}),
        (r"(?P<a>\d+)% and (?P<b>\S+)", "82.5% and 78.9%, so", {"a": 82.5, "b": 78.9}),
        (r"loss is (?P<val_loss>\S+)", "loss is 1.2.3", None),
        (r"loss is (?P<val_loss>\S+)", "loss is unknown", None),
        (r"a(?P<x>\d)?b(?P<y>\d)", "ab5", {"y": 5.0}),
        (r"(?P<key>\w+)~(?P<value>\S+)", "a~0.5, b~3% c~x", {"a": 0.5, "b": 3.0}),
        (r"E(?P<epoch>\d+)/(?P<total_epochs>\d+)", "E3/9 L.5", {"epoch": 3, "total_epochs": 9}),
        (r"E(?P<epoch>\d+) L(?P<train_loss>\S+)", "E3 L.5", {"epoch": 3, "train_loss": 0.5}),
        (r"E(?P<epoch>\S+) ", "E3/9 x", {"epoch": 3, "total_epochs": 9}),
        (r"E(?P<epoch>\S+)", "E²", None),
        (r"E(?P<epoch>\S+)", "E-3", None),
        (r"E(?P<epoch>\S+)", "Enan", None),
        (r"E(?P<epoch>\S+)", "E2.5", {"epoch": 3}),
        (r"E(?P<total_epochs>\S+)", "E" + "9" * 5000, None),
        (r"(?i)LOSS (?P<x>\S+)", "loss 0.5", {"x": 0.5}),
    ],
)  # fmt: skip
def test_named_groups_are_metrics(pattern: str, line: str, expected: dict[str, float] | None) -> None:
    """A group is a metric under its name, its number read to the end; what is no number is left out."""
    assert metrics(pattern, line) == expected


def test_a_step_is_a_step() -> None:
    """The group ``step`` is the training's step and no metric."""
    said = LogPattern(r"at (?P<step>\d+): (?P<reward>\S+)", stage="training").parse_line("at 120: -3.5")
    assert said is not None
    assert (said.metrics, said.step, said.stage) == ({"reward": -3.5}, 120, Stage.TRAINING)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(", "unterminated subpattern"),
        ("loss", "named groups, such as 'loss is"),
        ("([0-9]+)", "which has none"),
        (r"(?P<key>\w+)", "has no group 'value'"),
        (r"(?P<value>\d+)", "has no group 'key'"),
        (None, "got None"),
        (re.compile(b"x"), "got re.compile"),
        (r"(?P<2>x)", "bad character in group name"),
    ],
)
def test_an_error_names_what_was_expected(pattern: object, told: str) -> None:
    """A regex that cannot work is refused in words that help to write one that does."""
    with pytest.raises(ConfigError, match="pattern: expected") as caught:
        LogPattern(pattern)  # type: ignore[arg-type]
    assert told in str(caught.value)


def test_an_unknown_stage_is_refused() -> None:
    """A stage that does not exist is refused, with those that do."""
    with pytest.raises(ConfigError, match=r"expected one of epoch_start, training, .*got 'warmup'"):
        LogPattern(r"(?P<x>\d)", stage="warmup")


def test_a_user_s_pattern_wins_and_the_rest_of_the_line_is_read_as_well() -> None:
    """A pattern that is added later is asked from then on, over what is known and beside it."""
    reader = LogReader()
    line = "loss: 0.5, quality ~ 0.9"
    assert reader.parse_line(line) == ({"train_loss": 0.5}, Stage.TRAINING, None)
    reader.add_pattern(r"quality ~ (?P<quality>\S+)")
    reader.add_pattern(LogPattern(r"loss: (?P<val_loss>[^,]+)", stage=Stage.VALIDATION))
    said = reader.parse_line(line)
    assert said is not None
    assert said.metrics == {"train_loss": 0.5, "quality": 0.9, "val_loss": 0.5}
    assert said.stage is Stage.VALIDATION
    assert reader.parse_line("nothing of note in 3 s") is None
    assert reader.parse_line("第七轮 quality ~ 0.95") == ({"quality": 0.95}, None, None)


def test_a_pattern_s_epoch_is_carried_along() -> None:
    """An epoch that a user's pattern finds is that of the lines that follow."""
    reader = LogReader([r"^pass (?P<epoch>\d+)$"])
    reader.parse_line("pass 7")
    assert reader.epoch == 7


def test_a_line_without_the_literal_is_not_searched() -> None:
    """A text that the regex needs is found out, so that most lines cost next to nothing."""
    pattern = LogPattern(r"the loss is (?P<x>\d+)|")
    assert pattern.literal == ""
    assert LogPattern(r"the loss is (?P<x>\d+)").literal == "the loss is "
    assert LogPattern(r"(?P<x>\d+)", literal="§").parse_line("5") is None


def test_an_optional_group_of_a_pattern_may_be_missing() -> None:
    """A line that lacks an optional group yields the numbers of the other groups."""
    pattern = LogPattern(r"done at (?P<step>\d+)(?: with (?P<val_loss>[0-9.]+))?")
    assert pattern.parse_line("done at 3") == ({}, None, 3)
    assert pattern.parse_line("done at 3 with 0.5") == ({"val_loss": 0.5}, None, 3)
