"""The grammar of rules, and errors that point at the character."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auto_model_monitor import (
    Comparison,
    ConfigError,
    CrossingRule,
    DiskRule,
    DivergedRule,
    Level,
    NotFiniteRule,
    PlateauRule,
    StalledRule,
    ThresholdRule,
    parse_rule,
)
from auto_model_monitor.rules import DampedRule
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


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("90%", 0.9),
        ("99.9%", 0.999),
        ("0.3％", 0.003),
        ("1e1%", 0.1),
        ("-5%", -0.05),
        ("200ms", 0.2),
        ("1.5s", 1.5),
        ("2min", 120.0),
        ("1h", 3600.0),
        ("1e-3", 0.001),
    ],
)
@pytest.mark.parametrize("crossing", [True, False])
def test_a_number_may_have_a_unit(text, number, crossing):
    """`90%` is exactly 0.9, and a latency is a number of seconds."""
    rule = parse_rule(f"metric > {text}", crossing=crossing)
    assert isinstance(rule, CrossingRule if crossing else ThresholdRule)
    assert rule.threshold == number


HOUR = 3600.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "accuracy < 90%",
            {"threshold": 0.9, "comparison": Comparison.LOWER, "hold": 1, "at_most_every": HOUR},
        ),
        ("accuracy < 90%", {"level": Level.WARNING, "repeat": 0.0, "against": None, "once": False}),
        ("accuracy <= 90% for 2", {"hold": 2, "hold_seconds": 0.0, "inclusive": True}),
        ("latency_p95 > 200ms for 30m", {"hold": 1, "hold_seconds": 1800.0, "comparison": Comparison.HIGHER}),
        ("accuracy < 90% until 92%", {"until": 0.92}),
        ("accuracy drop > 0.02 vs 7d", {"threshold": 0.02, "against": "7d", "comparison": Comparison.LOWER}),
        ("accuracy drop >= 2% vs reference", {"threshold": 0.02, "against": "reference", "inclusive": True}),
        ("error_rate rise > 1% vs 12h", {"against": "12h", "comparison": Comparison.HIGHER}),
        ("latency_p95 rise > 50ms vs 7d until 20ms", {"threshold": 0.05, "until": 0.02}),
        ("accuracy < 0.9 every 1d", {"repeat": 86_400.0, "at_most_every": HOUR}),
        ("accuracy < 0.9 every 30m", {"repeat": 1800.0, "at_most_every": 900.0}),
        ("accuracy < 0.9 every 1d at most every 2h", {"repeat": 86_400.0, "at_most_every": 2 * HOUR}),
        ("accuracy < 0.9 critical", {"level": Level.CRITICAL}),
        ("accuracy < 0.9 info", {"level": Level.INFO}),
        ("latency > 1s by 100ms", {"by": 0.1}),
        ("recall@sex:* < 0.8", {"metric": "recall@sex:*"}),
        ("recall@sex:f < 0.8", {"metric": "recall@sex:f"}),
        ("'recall@city:New York' < 0.8 for 2", {"metric": "recall@city:New York", "hold": 2}),
        ("'recall@income:>50k'<0.8", {"metric": "recall@income:>50k", "threshold": 0.8}),
        ("missing@age > 5%", {"metric": "missing@age"}),
        ("labelled < 50%", {"metric": "labelled", "threshold": 0.5}),
        (
            "accuracy drop > 0.02 once critical vs 7d every 1d until 1% by 5% at most every 1h for 2",
            {
                "against": "7d",
                "level": Level.CRITICAL,
                "repeat": 86_400.0,
                "until": 0.01,
                "by": "5%",
                "hold": 2,
            },
        ),
        ("drop > 0.5", {"metric": "drop"}),
        ("nan drop > 0.5 vs 7d", {"metric": "nan"}),
    ],
)
def test_a_comparison_about_production(text, expected):
    """With crossings every comparison alerts on the way there and back, and its options may be combined."""
    rule = parse_rule(text, crossing=True)
    assert isinstance(rule, CrossingRule)
    assert {name: getattr(rule, name) for name in expected} == expected


@pytest.mark.parametrize("text", ["acc < 0.9 for 30m", "acc drop > 0.02 vs 7d", "acc < 0.9 every 1d"])
def test_what_only_a_crossing_can_have_makes_one(text):
    """A time that must hold, a drop and a repetition mean crossings, in a watch of checkpoints too."""
    assert isinstance(parse_rule(text), CrossingRule)


def test_a_level_stands_behind_any_rule():
    """`critical`, `warning` and `info` are the level of the alerts of any rule."""
    threshold = parse_rule("acc > 0.9 critical")
    assert isinstance(threshold, ThresholdRule)
    assert threshold.evaluate(batch(0.95, metric="acc")).level is Level.CRITICAL
    assert parse_rule("acc > 0.9").evaluate(batch(0.95, metric="acc")).level is Level.INFO
    nan = parse_rule("nan info")
    assert nan.evaluate(batch(float("nan"))).level is Level.INFO
    for text in (
        "stalled 2d critical",
        "plateau 3 by 5% warning once",
        "disk < 5GB info",
        "diverged 3x info",
    ):
        rule = parse_rule(text)
        assert isinstance(rule, DampedRule)
        assert rule.level is not None


def test_a_silence_may_be_repeated():
    """`every 1d` behind `stalled` repeats it, in any order with the others."""
    rule = parse_rule("stalled 2d every 1d")
    assert isinstance(rule, StalledRule)
    assert (rule.after, rule.repeat) == (2 * 86_400.0, 86_400.0)
    damped = parse_rule("stalled 2d critical every 1d once")
    assert isinstance(damped, DampedRule)
    assert isinstance(damped.rule, StalledRule)
    assert (damped.level, damped.once, damped.rule.repeat) == (Level.CRITICAL, True, 86_400.0)


NUMBER = "a number such as 0.004, 90% or 200ms"


@pytest.mark.parametrize(
    ("text", "expected", "got", "column"),
    [
        ("acc < 90%%", NUMBER, "'90%%'", 6),
        ("acc < %", NUMBER, "'%'", 6),
        ("acc < 200m", NUMBER, "'200m'", 6),
        ("acc < 2d", NUMBER, "'2d'", 6),
        ("acc < nan%", NUMBER, "'nan%'", 6),
        ("acc < 90 %", "the end of the rule", "'%'", 9),
        ("acc drop < 0.02 vs 7d", "'>', as in: drop > 0.02 vs 7d", "'<'", 9),
        ("acc rise > -1 vs 7d", "a difference such as 0.02, 2% or 50ms", "'-1'", 11),
        ("acc drop > 0.02", "'vs 7d' or 'vs reference'", "the end", 15),
        ("acc drop > 0.02 for 2", "'vs 7d' or 'vs reference'", "the end", 21),
        ("acc drop > 0.02 vs", "'reference', or a time such as 7d", "the end", 18),
        ("acc drop > 0.02 vs 7", "'reference', or a time such as 7d", "'7'", 19),
        ("acc drop > 2% vs 7d until 3%", "a number such as 0.92, 0.02 or lower", "'3%'", 26),
        ("acc < 0.9 vs 7d", "the end of the rule", "'vs'", 10),
        ("acc < 0.9 every", "a time such as 90s, 30min, 2h", "the end", 15),
        ("acc < 0.9 every day", "a time such as 90s, 30min, 2h", "'day'", 16),
        ("acc < 0.9 critical warning", "the end of the rule", "'warning'", 19),
        ("nan every 1d", "the end of the rule", "'every'", 4),
    ],
)
def test_an_error_about_production_points_at_the_character(text, expected, got, column):
    """What is wrong in the words about production is shown as any other error."""
    test_an_error_points_at_the_character(text, expected, got, column)


@pytest.mark.parametrize(
    "metric", ["recall@sex*", "recall@*", "recall:*", "*", "recall@:*x", "'a b'", "a@b:f&m"]
)
def test_a_star_stands_for_each_group_alone(metric):
    """A star stands only behind the colon of a column, and other characters of a group only in quotes."""
    with pytest.raises(ConfigError, match=r"expected (a metric|one of)"):
        parse_rule(f"{metric} < 0.8", crossing=True)


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


WORDS = "a metric such as val_loss, or one of disk, gpu, nan, stalled, plateau, diverged"
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
        ("val_loss < ", "a number such as 0.004, 90% or 200ms", "the end", 10),
        ("val_loss < abc", "a number such as 0.004, 90% or 200ms", "'abc'", 11),
        ("val_loss < nan", "a number such as 0.004, 90% or 200ms", "'nan'", 11),
        ("val_loss < 1.2.3", "a number such as 0.004, 90% or 200ms", "'1.2.3'", 11),
        ("acc > 1 for", "a number such as 3, or a time such as 30m", "the end", 11),
        ("acc > 1 for 0", "a number such as 3, or a time such as 30m", "'0'", 12),
        ("acc > 1 for ever", "a number such as 3, or a time such as 30m", "'ever'", 12),
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
        "200ms",
        "90%",
        "drop",
        "vs",
        "7d",
        "reference",
        "critical",
        "'",
        "@a:*",
        "1e999",
        "٣",
        "²",
    ]
)


@given(st.lists(_PIECES, max_size=8).map("".join) | st.text(st.characters(codec=None, exclude_categories=())))
@example("a < 1e400")
@example("stalled 1e300d")
@example("disk < 1e308TB")
@pytest.mark.parametrize("crossing", [True, False])
def test_any_text_is_a_rule_or_an_error_of_three_lines(crossing, text):
    """Whatever is written, the answer is a rule with a name, or an error that can be shown."""
    try:
        rule = parse_rule(text, crossing=crossing)
    except ConfigError as error:
        lines = str(error).split("\n")
        assert len(lines) == 3
        assert lines[2].strip() == "^"
        assert len(lines[2]) <= len(lines[1]) + 1
        str(error).encode()
    else:
        assert rule.name == parse_rule(rule.name, crossing=crossing).name


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
