"""A new training starts every rule from the beginning."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from auto_model_monitor import DiskRule, DivergedRule, NotFiniteRule, PlateauRule, StalledRule, ThresholdRule
from tests.rules.looks import LOOK, checkpoint, look


@dataclass
class Disk:
    """A disk with some free bytes out of a thousand."""

    free: int
    total: int = 1000


def run_of(rule, polls, start, *, new_run):
    """Feed one training to a rule; return the index, the state and the score of each alert."""
    found, number = [], 0
    for index, values in enumerate(polls):
        readings = [checkpoint(number + n, value) for n, value in enumerate(values)]
        number += len(values)
        alert = rule.evaluate(look(readings, start + index * LOOK, new_run=new_run and index == 0))
        if alert is not None:
            found.append((index, alert.resolved, repr(alert.reading and alert.reading.value)))
    return found


NAN = math.nan
SLOW = [[0.5], *[[]] * 9] * 3
CASES = {
    "improvement": (lambda: ThresholdRule(0.5, "lower"), [[0.1]], [[0.4], [0.45]]),
    "improvement, held": (lambda: ThresholdRule(0.5, "lower", hold=3), [[0.1], [0.2]], [[0.4], [0.3], [0.2]]),
    "hit": (lambda: ThresholdRule(0.5, "lower", every="hit"), [[0.1]], [[0.4], [0.45]]),
    "hit, held": (
        lambda: ThresholdRule(0.5, "lower", every="hit", hold=3),
        [[0.1], [0.2]],
        [[0.4], [0.3], [0.2]],
    ),
    "cooldown": (lambda: ThresholdRule(0.5, "lower", cooldown=1e6), [[0.1]], [[0.4], [0.3]]),
    "crossing": (lambda: ThresholdRule(0.5, "lower", every="crossing"), [[0.1]], [[0.4], [0.7]]),
    "crossing, below": (lambda: ThresholdRule(0.5, "lower", every="crossing"), [[0.1]], [[0.7]]),
    "not finite": (NotFiniteRule, [[0.5], [NAN]], [[NAN], [NAN], [0.5]]),
    "plateau, counter": (lambda: PlateauRule(3), [[0.1], [0.2], [0.2]], [[0.5], [0.6], [0.6]]),
    "plateau, best": (lambda: PlateauRule(3), [[0.1]], [[0.9], [0.8], [0.7], [0.6], [0.5]]),
    "plateau, reported": (lambda: PlateauRule(2), [[0.5], [0.6], [0.6]], [[0.5], [0.6], [0.6]]),
    "diverged, best": (lambda: DivergedRule(3, 3), [[0.1]] * 3, [[0.9]] * 4),
    "diverged, window": (lambda: DivergedRule(3, 3), [[0.1], [0.1], [0.9]], [[0.9], [0.1], [0.1]]),
    "diverged, state": (
        lambda: DivergedRule(3, 3),
        [*[[0.1]] * 3, *[[0.9]] * 3],
        [*[[0.1]] * 3, *[[0.9]] * 3],
    ),
    "diverged, changes": (lambda: DivergedRule(3, 1), [[0.1], [0.5]] * 9, [*[[0.1]] * 9, [0.4]]),
    "stalled, usual gap": (lambda: StalledRule("3x"), [[0.5]] * 9, SLOW),
    "stalled, seconds": (lambda: StalledRule(5 * LOOK), [[0.5], [], [], []], [[], [], [], [], [], [0.5]]),
}


@pytest.mark.parametrize(("make", "before", "after"), CASES.values(), ids=CASES)
def test_a_new_run_starts_a_rule_from_the_beginning(make, before, after):
    """After a new run a rule alerts as a rule without a past does."""
    used = make()
    run_of(used, before, 0.0, new_run=False)
    start = len(before) * LOOK
    assert run_of(used, after, start, new_run=True) == run_of(make(), after, start, new_run=False)


def test_a_new_run_frees_no_disk():
    """A disk that was nearly full before a new run does not alert a second time."""
    rule = DiskRule(100, usage=lambda path: Disk(free=50))
    assert len(run_of(rule, [[0.5]], 0.0, new_run=False)) == 1
    assert run_of(rule, [[0.5]], LOOK, new_run=True) == []


def test_a_new_run_reports_the_hit_that_a_cooldown_holds_back():
    """The best hit of a cooldown is reported when the run ends, not dropped."""
    rule = ThresholdRule(0.5, "lower", cooldown=1e6)
    assert run_of(rule, [[0.4], [0.2], [0.3]], 0.0, new_run=False) == [(0, False, "0.4")]
    assert run_of(rule, [[0.9], [0.45]], 3 * LOOK, new_run=True) == [(0, False, "0.2"), (1, False, "0.45")]
