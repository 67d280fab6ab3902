"""A watch that restarts makes the same alerts as one that never stops."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_model_monitor import (
    DiskRule,
    DivergedRule,
    NotFiniteRule,
    PlateauRule,
    ReadingBatch,
    StalledRule,
    ThresholdRule,
)
from auto_model_monitor.delivery.outbox.outbox_json import alert_from_json, alert_to_json
from tests.campaigns import examples
from tests.fakes import NOON
from tests.rules.looks import gist, look, watch

RULES = {
    "improvement": lambda: ThresholdRule(0.5, "lower"),
    "improvement by much": lambda: ThresholdRule(0.5, "lower", min_delta=0.1),
    "improvement, cooling down": lambda: ThresholdRule(0.5, "lower", cooldown=200),
    "improvement, held": lambda: ThresholdRule(0.5, "lower", hold=2, inclusive=True),
    "hit": lambda: ThresholdRule(0.5, "lower", every="hit"),
    "hit, cooling down": lambda: ThresholdRule(0.5, "lower", every="hit", cooldown=200),
    "hit, held": lambda: ThresholdRule(0.5, "lower", every="hit", hold=2),
    "crossing": lambda: ThresholdRule(0.5, "lower", every="crossing"),
    "crossing by much": lambda: ThresholdRule(0.5, "lower", every="crossing", min_delta=0.1),
    "crossing, cooling down": lambda: ThresholdRule(0.5, "lower", every="crossing", cooldown=200),
    "crossing, held": lambda: ThresholdRule(0.5, "higher", every="crossing", hold=3),
    "not finite": NotFiniteRule,
    "plateau": lambda: PlateauRule(3),
    "plateau by much": lambda: PlateauRule(2, 0.1, comparison="higher"),
    "diverged": lambda: DivergedRule(2, 3),
    "diverged, negative": lambda: DivergedRule(1.5, 1, comparison="higher"),
}
VALUES = st.sampled_from([0.1, 0.2, 0.35, 0.45, 0.5, 0.55, 0.7, 2.0, -1.0, float("nan"), float("inf")])
LOOKS = st.lists(st.lists(VALUES, max_size=4), max_size=14)


@pytest.mark.parametrize("make", RULES.values(), ids=RULES)
@settings(max_examples=examples(150), deadline=None)
@given(looks=LOOKS, restarts=st.sets(st.integers(0, 13), max_size=4))
def test_a_restart_changes_nothing(make, looks, restarts):
    """A restart at any poll changes neither the alerts nor their polls."""
    assert gist(watch(make, looks, restarts)) == gist(watch(make, looks))


@settings(max_examples=examples(200))
@given(st.lists(st.floats(allow_nan=False), max_size=12), st.integers(0, 12))
def test_what_was_best_is_enough_for_improvements(values, at):
    """Without the old checkpoints, the last alert alone determines the score to improve on."""
    whole, first, rest = (ThresholdRule(0.0, "lower") for _ in range(3))
    last, equal = None, []
    for number, value in enumerate(values):
        if number == at and last is not None:
            rest.resume(last)
        batch = look_at(value, number)
        expected = whole.evaluate(batch)
        got = (first if number < at else rest).evaluate(batch)
        last = got or last
        equal.append((expected and expected.reading) == (got and got.reading))
    assert all(equal)


def look_at(value: float, number: int) -> ReadingBatch:
    return ReadingBatch(time=NOON, seconds=number, names=[f"{number}.pt"], values=[value])


ANY_RULE = st.sampled_from(
    [
        *RULES.values(),
        StalledRule,
        lambda: StalledRule(90),
        lambda: DiskRule("5%", usage=lambda path: Usage()),
        lambda: ThresholdRule(0.5, "higher", metric="acc", every="hit"),
    ]
)


class Usage:
    total = 1000
    free = 10


@settings(max_examples=examples(300), deadline=None)
@given(
    ANY_RULE,
    st.lists(
        st.tuples(
            st.lists(st.floats() | VALUES, max_size=4), st.floats(0, 1e6), st.booleans(), st.booleans()
        ),
        max_size=8,
    ),
)
def test_no_rule_raises(make, looks):
    """A rule never raises, and its alerts survive a round trip through JSON."""
    rule = make()
    for values, seconds, new_run, again in looks:
        readings = [*look_of(values)]
        alert = rule.evaluate(look(readings, seconds, new_run=new_run))
        if alert is not None:
            kept = alert_from_json(alert_to_json(alert))
            assert repr(kept) == repr(alert)
        if again:
            rule = make()
            rule.resume(alert)


def look_of(values):
    from tests.rules.looks import checkpoint

    return [checkpoint(n, value) for n, value in enumerate(values)]


@pytest.mark.parametrize("make", [*RULES.values(), StalledRule, NotFiniteRule])
def test_going_on_from_nothing_is_beginning(make):
    """A rule that resumes from None starts from the beginning."""
    rule = make()
    rule.resume(None)
    assert rule.evaluate(look([])) is None
