"""What keeps a rule from speaking too often: once, by, at most every, until, and the hour of a `for` rule."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_model_monitor import ConfigError, ThresholdRule, parse_rule
from auto_model_monitor.rules import DampedRule
from tests.campaigns import examples
from tests.rules.looks import gist, watch

MINUTE = 60.0


def alerted(text, looks, every=MINUTE, restarts=()):
    """Return the polls and values of the alerts of a rule on val_loss; those of all-clears are negative."""
    alerts = watch(lambda: parse_rule(text), looks, restarts, every=every)
    return [(poll, -a.reading.value if a.resolved else a.reading.value) for poll, a in alerts]


FLAPPING = [[0.3], [0.7]] * 90  # three hours
TEXTS = [
    "val_loss < 0.5 for 1",
    "val_loss < 0.5 for 2",
    "val_loss < 0.5 for 1 by 5%",
    "val_loss < 0.5 by 0.1",
    "val_loss < 0.5 until 0.6",
    "val_loss < 0.5 once",
    "val_loss < 0.5 for 1 once",
    "val_loss < 0.5 at most every 3m",
    "val_loss < 0.5 for 1 at most every 5m until 0.6 by 10%",
]


@pytest.mark.parametrize(
    "text", ["val_loss < 0.5 for 1", "val_loss < 0.5 until 0.6", "val_loss < 0.5 for 1 until 0.5"]
)
def test_a_rule_with_an_all_clear_sends_at_most_two_messages_an_hour(text):
    """By default at most one alert and one all-clear come in an hour, however often a score flaps."""
    found = alerted(text, FLAPPING)
    alerts = [poll for poll, value in found if value > 0]
    clears = [poll for poll, value in found if value < 0]
    assert alerts == [0, 60, 120]
    assert clears == [1, 61, 121]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("val_loss < 0.5 for 1 at most every 30m", [0, 30, 60, 90, 120, 150]),
        ("val_loss < 0.5 for 1 at most every 2h", [0, 120]),
        ("val_loss < 0.5 for 1 once", [0]),
        ("val_loss < 0.5 once", [0]),
        ("val_loss < 0.5 for 1 by 5%", [0]),
        ("val_loss < 0.5 for 3", []),
    ],
)
def test_a_flapping_rule_is_damped_as_its_text_wants(text, expected):
    """`at most every` replaces the hour; `once` and `by` leave one alert of many equal ones."""
    assert [poll for poll, value in alerted(text, FLAPPING) if value > 0] == expected


def test_once_is_one_message_a_run():
    """`once` sends no all-clear and nothing better, and a new run begins from the start."""
    assert alerted("val_loss < 0.5 once", [[0.4], [0.3], [0.2]]) == [(0, 0.4)]
    assert alerted("val_loss < 0.5 for 2 once", [[0.4], [0.3], [0.9], [0.2, 0.1]]) == [(1, 0.3)]


@pytest.mark.parametrize(
    ("text", "looks", "expected"),
    [
        # 5 % of the score that was last reported.
        ("val_loss < 1 by 5%", [[0.5], [0.48], [0.475], [0.46], [0.45]], [(0, 0.5), (2, 0.475), (4, 0.45)]),
        ("val_loss < 1 by 0.1", [[0.5], [0.45], [0.4], [0.39], [0.3]], [(0, 0.5), (2, 0.4), (4, 0.3)]),
        ("val_loss > 1 by 50%", [[2.0], [2.5], [3.0], [4.0], [4.5]], [(0, 2.0), (2, 3.0), (4, 4.5)]),
        # With `for`, further gains alert while it holds, and again only those after it fell back.
        (
            "val_loss < 1 for 2 by 10% at most every 1s",
            [[0.5], [0.5], [0.4], [0.39], [0.3]],
            [(1, 0.5), (2, 0.4), (4, 0.3)],
        ),
        (
            "val_loss < 1 for 1 by 10% at most every 1s",
            [[0.5], [1.5], [0.49], [1.5], [0.4], [1.5]],
            [(0, 0.5), (1, -1.5), (4, 0.4), (5, -1.5)],
        ),
        ("val_loss < 0 by 10%", [[-1.0], [-1.05], [-1.1], [-1.2]], [(0, -1.0), (2, -1.1)]),
    ],
)
def test_by_is_the_least_gain_over_the_last_alert(text, looks, expected):
    """`by` wants a gain over what was last reported, as a number or as a share of it."""
    assert alerted(text, looks) == expected


def test_until_is_where_a_score_counts_as_recovered():
    """Between the threshold and `until` neither an alert nor an all-clear comes."""
    looks = [[0.95], [0.89], [0.91], [0.89], [0.919], [0.92], [0.95]]
    alerts = watch(lambda: parse_rule("val_acc < 0.9 until 0.92 at most every 1s", comparison=None), [])
    assert alerts == []
    found = watch(lambda: ThresholdRule(0.9, "lower", every="crossing", until=0.92, metric="val_loss"), looks)
    assert [(poll, alert.resolved) for poll, alert in found] == [(1, False), (5, True)]
    rising = watch(
        lambda: ThresholdRule(0.9, "higher", every="crossing", until=0.8, metric="val_loss"),
        [[0.95], [0.85], [0.9], [0.8], [0.81]],
    )
    assert [(poll, alert.resolved) for poll, alert in rising] == [(0, False), (3, True)]


@pytest.mark.parametrize("text", TEXTS)
@settings(max_examples=examples(60), deadline=None)
@given(
    looks=st.lists(st.lists(st.sampled_from([0.1, 0.2, 0.45, 0.55, 0.7, math.nan]), max_size=3), max_size=20),
    restarts=st.sets(st.integers(0, 19), max_size=4),
)
def test_a_restart_changes_nothing_of_the_damping(text, looks, restarts):
    """What a damped rule remembers follows from its last alert: a restart changes no alert and no poll."""
    make = lambda: parse_rule(text)  # noqa: E731
    assert gist(watch(make, looks, restarts)) == gist(watch(make, looks))


@pytest.mark.parametrize(
    ("text", "looks", "expected"),
    [
        ("nan", [[math.nan], [0.5], [math.nan], [0.5], [math.nan]], [0, 2, 4]),
        ("nan once", [[math.nan], [0.5], [math.nan], [0.5], [math.nan]], [0]),
        ("nan at most every 4m", [[math.nan], [0.5], [math.nan], [0.5], [math.nan]], [0, 4]),
        ("plateau 1", [[0.5], [0.6], [0.4], [0.5], [0.3], [0.4]], [1, 3, 5]),
        ("plateau 1 once", [[0.5], [0.6], [0.4], [0.5], [0.3], [0.4]], [1]),
        ("plateau 2 by 50%", [[0.5], [0.4], [0.3], [0.1]], [2]),
        ("plateau 2 by 0.15", [[0.5], [0.4], [0.3], [0.2]], []),
        ("stalled 90s once", [[0.5], [], [], [0.5], [], [], []], [2]),
        ("stalled 90s at most every 1h", [[0.5], [], [], [0.5], [], [], [0.5], []], [2, 3]),
    ],
)
def test_other_rules_are_damped_too(text, looks, expected):
    """`once` and `at most every` bound any rule; `by` is the least gain that ends a plateau."""
    assert [poll for poll, _ in watch(lambda: parse_rule(text), looks)] == expected


@pytest.mark.parametrize("text", ["nan at most every 4m", "nan once", "plateau 1 at most every 3m"])
@pytest.mark.parametrize("restart", [1, 2, 3, 4])
def test_a_damped_rule_stays_damped_after_a_restart(text, restart):
    """A restart within the pause sends nothing before its end."""
    looks = [[math.nan], [0.5], [0.6], [math.nan], [0.5], [0.6]]
    polls = [poll for poll, _ in watch(lambda: parse_rule(text), looks, {restart})]
    limit = 1 if "once" in text else 2
    assert len(polls) <= limit


def test_an_alert_that_ended_in_the_pause_is_not_sent():
    """An alert that waits and its all-clear cancel each other."""
    rule = DampedRule(parse_rule("diverged 3x"), at_most_every=3600)
    good, bad = [[0.1]] * 6, [[0.9]] * 6
    found = watch(lambda: rule, [*good, *bad, *good, *bad, *good])
    assert [alert.resolved for _, alert in found] == [False, True]


@pytest.mark.parametrize(
    "arguments",
    [
        {"by": -1},
        {"by": "x%"},
        {"by": math.nan},
        {"until": 0.6},
        {"until": math.nan, "every": "crossing"},
        {"at_most_every": -1},
        {"at_most_every": math.inf},
    ],
)
def test_what_cannot_be_meant_is_refused(arguments):
    """A gain below nothing, a pause that never ends, and `until` without an all-clear are errors."""
    with pytest.raises(ConfigError, match="expected"):
        ThresholdRule(0.5, "lower", **arguments)
