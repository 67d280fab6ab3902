"""The grammar of rules, and errors that point at the character."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auto_model_monitor import (
    Comparison,
    ConfigError,
    DiskRule,
    DivergedRule,
    NotFiniteRule,
    PlateauRule,
    StalledRule,
    ThresholdRule,
    parse_rule,
)
from tests.fakes import batch


@pytest.mark.parametrize(
    ("text", "threshold", "comparison", "metric", "inclusive"),
    [
        ("val_loss < 0.004", 0.004, Comparison.LOWER, "val_loss", False),
        ("val_loss<0.004", 0.004, Comparison.LOWER, "val_loss", False),
        ("acc >= 0.95", 0.95, Comparison.HIGHER, "acc", True),
        ("acc>95", 95, Comparison.HIGHER, "acc", False),
        ("nll <= -1.5e-3", -0.0015, Comparison.LOWER, "nll", True),
        ("eval/top-1@k.x > .5", 0.5, Comparison.HIGHER, "eval/top-1@k.x", False),
        ("准确率 ＞ 0.9", 0.9, Comparison.HIGHER, "准确率", False),
        ("nan < 3", 3, Comparison.LOWER, "nan", False),
        ("stalled >= 1", 1, Comparison.HIGHER, "stalled", True),
    ],
)
def test_a_threshold(text, threshold, comparison, metric, inclusive):
    """A metric, an operator and a number are a threshold on that metric, told at each improvement."""
    rule = parse_rule(text)
    assert isinstance(rule, ThresholdRule)
    assert (rule.threshold, rule.comparison, rule.metric) == (threshold, comparison, metric)
    assert (rule.inclusive, rule.every, rule.hold) == (inclusive, "improvement", 1)


def test_a_threshold_that_must_hold():
    """`for 3` requires three in a row, and alerts when they are there and when they are not."""
    rule = parse_rule("acc >= 0.95 for 3")
    assert isinstance(rule, ThresholdRule)
    assert (rule.every, rule.hold, rule.inclusive) == ("crossing", 3, True)
    assert [bool(rule.evaluate(batch(x, metric="acc"))) for x in (0.95, 0.95, 0.95, 0.96, 0.9)] == [
        False,
        False,
        True,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("text", "kind", "attributes"),
    [
        ("nan", NotFiniteRule, {}),
        ("  nan ", NotFiniteRule, {}),
        ("stalled 3x", StalledRule, {"after": "3x"}),
        ("stalled 2h", StalledRule, {"after": 7200.0}),
        ("stalled 90s", StalledRule, {"after": 90.0}),
        ("stalled 1.5min", StalledRule, {"after": 90.0}),
        ("stalled 1d", StalledRule, {"after": 86400.0}),
        ("plateau 10", PlateauRule, {"patience": 10}),
        ("diverged 3x", DivergedRule, {"factor": 3.0}),
        ("diverged 2.5", DivergedRule, {"factor": 2.5}),
        ("disk < 5GB", DiskRule, {"free": "5GB", "path": "/data"}),
        ("disk<5 GiB", DiskRule, {"free": "5GiB", "path": "/data"}),
        ("disk < 5%", DiskRule, {"free": "5%", "path": "/data"}),
    ],
)
def test_the_other_rules(text, kind, attributes):
    """Each rule has its word."""
    rule = parse_rule(text, path="/data")
    assert isinstance(rule, kind)
    assert {name: getattr(rule, name) for name in attributes} == attributes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("acc >= 0.95 once", {"once": True, "every": "improvement", "at_most_every": 0.0}),
        ("acc >= 0.95 by 5%", {"by": "5%", "every": "improvement"}),
        ("acc >= 0.95 by 0.01", {"by": "0.01", "every": "improvement"}),
        ("acc >= 0.95 at most every 1h", {"at_most_every": 3600.0, "every": "improvement"}),
        ("acc >= 0.95 until 0.92", {"until": 0.92, "every": "crossing", "hold": 1, "at_most_every": 3600.0}),
        ("acc < 0.9 for 3", {"every": "crossing", "hold": 3, "at_most_every": 3600.0}),
        ("acc < 0.9 for 3 until 0.92", {"until": 0.92, "hold": 3}),
        ("acc < 0.9 until 0.92 for 3", {"until": 0.92, "hold": 3}),
        ("acc < 0.9 for 3 at most every 10min", {"at_most_every": 600.0, "every": "crossing"}),
        (
            "acc>=0.9 at most every 2h by 1% for 2 once until .9",
            {"at_most_every": 7200.0, "by": "1%", "hold": 2, "once": True, "until": 0.9},
        ),
        ("准确率＞0.9 by 5％", {"by": "5%"}),
    ],
)
def test_what_stands_behind_a_threshold(text, expected):
    """`for`, `once`, `by`, `at most every` and `until` stand behind a comparison in any order."""
    rule = parse_rule(text)
    assert isinstance(rule, ThresholdRule)
    assert {name: getattr(rule, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "expected", "got", "column"),
    [
        ("acc > 1 by", "a least gain such as 5% or 0.01", "the end", 10),
        ("acc > 1 by 0", "a least gain such as 5% or 0.01", "'0'", 11),
        ("acc > 1 by -5%", "a least gain such as 5% or 0.01", "'-5%'", 11),
        ("acc > 1 at 1h", "'most', as in: at most every 1h", "'1h'", 11),
        ("acc > 1 at most 1h", "'every', as in: at most every 1h", "'1h'", 16),
        ("acc > 1 at most every 1", "a time such as 90s, 30min, 2h", "'1'", 22),
        ("acc > 1 at most every", "a time such as 90s, 30min, 2h", "the end", 21),
        ("acc > 0.9 until 0.95", "a number such as 0.92, 0.9 or lower", "'0.95'", 16),
        ("acc < 0.9 until 0.85", "a number such as 0.92, 0.9 or higher", "'0.85'", 16),
        ("acc < 0.9 until", "a number such as 0.92, 0.9 or higher", "the end", 15),
        ("acc > 1 once once", "the end of the rule", "'once'", 13),
        ("acc > 1 for 3 for 4", "the end of the rule", "'for'", 14),
        ("nan for 3", "the end of the rule", "'for'", 4),
        ("stalled 3x until 2", "the end of the rule", "'until'", 11),
        ("plateau 3 by", "a least gain such as 5% or 0.01", "the end", 12),
    ],
)
def test_an_error_behind_a_rule_points_at_the_character(text, expected, got, column):
    """What cannot stand behind a rule is shown with a mark under it, as any other error."""
    test_an_error_points_at_the_character(text, expected, got, column)


def test_a_rules_text_is_its_name():
    """The name keys the last alert: it is the text, however it is spaced."""
    assert (
        parse_rule(" acc>=0.95   for 3").name == "acc >= 0.95 for 3" == parse_rule("acc >= 0.95 for 3").name
    )


def test_the_direction_can_be_given():
    """The caller chooses the direction if the metric's name does not determine it."""
    rule = parse_rule("plateau 3", comparison="higher")
    assert isinstance(rule, PlateauRule)
    assert rule.comparison is Comparison.HIGHER


WORDS = "a metric such as val_loss, or one of disk, nan, stalled, plateau, diverged"
STALLED = "a number of usual gaps such as 3x, or a time such as 90s, 30min, 2h"


@pytest.mark.parametrize(
    ("text", "expected", "got", "column"),
    [
        ("", WORDS, "the end", 0),
        ("< 3", WORDS, "'<'", 0),
        ("val loss < 3", "one of < <= > >=", "'loss'", 4),
        ("0.5 < 0.6", WORDS, "'0.5'", 0),
        ("1e5 < 0.6", WORDS, "'1e5'", 0),
        ("-3 < x", WORDS, "'-3'", 0),
        ("val_loss", "one of < <= > >=", "the end", 8),
        ("val_loss = 3", "one of < <= > >=", "'='", 9),
        ("val_loss <> 3", "one of < <= > >=", "'<>'", 9),
        ("val_loss < ", "a number such as 0.004", "the end", 10),
        ("val_loss < abc", "a number such as 0.004", "'abc'", 11),
        ("val_loss < nan", "a number such as 0.004", "'nan'", 11),
        ("val_loss < 1.2.3", "a number such as 0.004", "'1.2.3'", 11),
        ("acc > 1 for", "a number of checkpoints such as 3", "the end", 11),
        ("acc > 1 for 0", "a number of checkpoints such as 3", "'0'", 12),
        ("acc > 1 for ever", "a number of checkpoints such as 3", "'ever'", 12),
        ("acc > 1 2", "the end of the rule", "'2'", 8),
        ("nan nan", "the end of the rule", "'nan'", 4),
        ("stalled", STALLED, "the end", 7),
        ("stalled 3", STALLED, "'3'", 8),
        ("stalled 3y", STALLED, "'3y'", 8),
        ("stalled 0.5x", STALLED, "'0.5x'", 8),
        ("stalled -3h", STALLED, "'-3h'", 8),
        ("plateau ten", "a number of checkpoints such as 10", "'ten'", 8),
        ("plateau ٣", "a number of checkpoints such as 10", "'٣'", 8),
        ("diverged 1x", "a factor above 1 such as 3x", "'1x'", 9),
        ("disk > 5GB", "'<'", "'>'", 5),
        ("disk < 5", "a size such as 5GB, 5GiB or 5%", "'5'", 7),
        ("disk < 5 apples", "a size such as 5GB, 5GiB or 5%", "'5'", 7),
        ("disk < GB", "a size such as 5GB, 5GiB or 5%", "'GB'", 7),
    ],
)
def test_an_error_points_at_the_character(text, expected, got, column):
    """What cannot be read is shown with a mark under it, what was expected there, and what was got."""
    with pytest.raises(ConfigError) as caught:
        parse_rule(text)
    assert str(caught.value) == f"expected {expected}, got {got}:\n    {text}\n    {' ' * column}^"


def test_an_error_points_at_the_character_behind_chinese_ones():
    """On a terminal a Chinese character is as wide as two others, and the mark stands right all the same."""
    with pytest.raises(ConfigError) as caught:
        parse_rule("准确率 > 高")
    assert str(caught.value).splitlines()[2] == "    \u3000\u3000\u3000   ^"


@pytest.mark.parametrize("text", [None, 3, ["nan"], b"nan"])
def test_what_is_no_text_is_no_rule(text):
    """A value that is not a text is refused with its own form."""
    with pytest.raises(ConfigError, match="expected a rule as a text"):
        parse_rule(text)


_PIECES = st.sampled_from(
    [
        *"<>=% x\t\n",
        "<=",
        ">=",
        " ",
        "for",
        "once",
        "by",
        "5%",
        "at",
        "most",
        "every",
        "1h",
        "until",
        "nan",
        "stalled",
        "plateau",
        "diverged",
        "disk",
        "acc",
        "3",
        "3x",
        "5GB",
        "1e999",
        "٣",
        "²",
    ]
)


@given(st.lists(_PIECES, max_size=8).map("".join) | st.text(st.characters(codec=None, exclude_categories=())))
@example("a < 1e400")
@example("stalled 1e300d")
@example("disk < 1e308TB")
def test_any_text_is_a_rule_or_an_error_of_three_lines(text):
    """Whatever is written, the answer is a rule with a name, or an error that can be shown."""
    try:
        rule = parse_rule(text)
    except ConfigError as error:
        lines = str(error).split("\n")
        assert len(lines) == 3
        assert lines[2].strip() == "^"
        assert len(lines[2]) <= len(lines[1]) + 1
        str(error).encode()
    else:
        assert rule.name == parse_rule(rule.name).name


@pytest.mark.parametrize(
    "metric",
    [
        "metrics/mAP50(B)",
        "metrics/mAP50-95(B)",
        "metrics/precision(M)",
        "val/box_loss",
        "train/dfl_loss",
        "lr/pg0",
    ],
)
@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_a_column_of_a_table_is_a_metric_quoted_or_not(metric: str, quote: str) -> None:
    """The names in Ultralytics' results.csv stand in rules as they stand there."""
    for text in (f"{quote}{metric}{quote} > 0.9", f"{quote}{metric}{quote}>0.9 for 3"):
        rule = parse_rule(text)
        assert isinstance(rule, ThresholdRule)
        assert rule.metric == metric


@pytest.mark.parametrize("metric", ["(B)", "map(", "map)", "a(b)c", "'map", "''", "m(a)(b)"])
def test_brackets_and_quotes_that_do_not_close_a_name_are_none(metric: str) -> None:
    """A bracket stands around the end of a name only, and a quotation mark at both ends."""
    with pytest.raises(ConfigError, match="expected a metric"):
        parse_rule(f"{metric} > 0.9")
