"""The rule about scores that are far worse than the best."""

from __future__ import annotations

import math
import random

import pytest

from auto_model_monitor import AlertKind, ConfigError, DivergedRule, Level
from tests.rules.looks import watch


def alerted(values, comparison="lower", factor=3, window=3):
    looks = [[value] for value in values]
    alerts = watch(lambda: DivergedRule(factor, window, comparison=comparison), looks)
    return [(number, alert.resolved) for number, alert in alerts]


@pytest.mark.parametrize(
    ("comparison", "values", "expected"),
    [
        # A loss above three times its best, and back.
        ("lower", [0.3, 0.2, 0.2, 0.9, 0.9, 0.9, 0.25, 0.25], [(4, False), (7, True)]),
        # One bad checkpoint, or two, say nothing.
        ("lower", [0.3, 0.2, 0.2, 9.0, 0.2, 0.2, 9.0, 0.2], []),
        # Twice the best is not three times the best.
        ("lower", [0.3, 0.2, 0.2, 0.4, 0.4, 0.4], []),
        # An accuracy below a third of its best.
        ("higher", [0.8, 0.9, 0.9, 0.2, 0.2, 0.2], [(4, False)]),
        ("higher", [0.8, 0.9, 0.9, 0.4, 0.4, 0.4], []),
        # A reward below zero: away from zero by the factor.
        ("higher", [-10, -10, -10, -29, -29, -29], []),
        ("higher", [-10, -10, -10, -31, -31, -31], [(4, False)]),
        # A likelihood below zero: towards zero.
        ("lower", [-9, -9, -9, -4, -4, -4, -2, -2], [(7, False)]),
        # A NaN is another rule's.
        ("lower", [0.2, 0.2, 0.2, math.nan, math.nan, math.inf], []),
        # A best of exactly zero, and nothing to measure by.
        ("lower", [0.0, 0.0, 0.0, 0.0], []),
    ],
)
def test_what_has_diverged(comparison, values, expected):
    """The median of the last scores is held against the best, by the factor, on either side of zero."""
    assert alerted(values, comparison) == expected


def test_noise_around_zero_is_no_divergence():
    """Where the best is next to nothing, the usual change from score to score is the measure."""
    chance = random.Random(7)
    noisy = [1e-9, *(abs(chance.gauss(0, 1e-4)) for _ in range(300))]
    assert alerted(noisy, window=5) == []
    assert alerted([*noisy, *[5e-3] * 5], window=5) == [(303, False)]


def test_it_is_critical_and_says_what_it_is_measured_by():
    """The alert names the best, the recent median and the factor."""
    ((_, alert),) = watch(lambda: DivergedRule(3, 3), [[0.2, 0.2, 0.2, 0.8, 0.8]])
    assert (alert.kind, alert.level, alert.previous_best) == (AlertKind.DIVERGED, Level.CRITICAL, 0.2)
    assert alert.details == {"recent_median": 0.8, "factor": 3, "window": 3}


def test_a_score_at_the_limit_makes_few_mails(capsys):
    """A median that crosses the limit at each poll makes one alert: it resolves only at half the limit."""
    square = [0.2, 0.2, 0.2, *(0.61 if n % 2 else 0.59 for n in range(1000))]
    count = len(alerted(square, window=1))
    with capsys.disabled():
        print(f"\nflapping at the limit of divergence: {count} alert in 1000 looks")
    assert count == 1


@pytest.mark.parametrize(("factor", "window"), [(1, 5), (math.nan, 5), (3, 0), (3, 2.5)])
def test_what_makes_no_sense_is_refused(factor, window):
    """A factor is above 1, a window has one score or more."""
    with pytest.raises(ConfigError, match="expected"):
        DivergedRule(factor, window)
