"""The rule about a training that no longer writes anything."""

from __future__ import annotations

import math
import random

import pytest

from auto_model_monitor import AlertKind, ConfigError, Level, StalledRule
from tests.campaigns import examples
from tests.rules.looks import checkpoint, look


def follow(rule, written, until, every=60.0, new_run_at=None):
    """Poll a training that writes checkpoints at these seconds; return the alerts and their times."""
    alerts, number, at = [], 0, 0.0
    while at <= until:
        new = []
        while number < len(written) and written[number] <= at:
            new.append(checkpoint(number, 0.5))
            number += 1
        alert = rule.evaluate(look(new, at, new_run=at == new_run_at))
        if alert is not None:
            alerts.append((at, alert))
        at += every
    return alerts


def steady(count, gap=600.0):
    return [gap * n for n in range(count)]


def test_a_silence_is_told_once_and_its_end_once():
    """A silence of three usual gaps alerts once, and resolves once."""
    written = [*steady(10), 5400 + 30_000, 5400 + 30_600]
    (at, alert), (end, over) = follow(StalledRule("3x"), written, 50_000)
    assert (alert.kind, alert.level, alert.resolved) == (AlertKind.STALLED, Level.WARNING, False)
    assert 5400 + 1800 <= at <= 5400 + 2100
    assert alert.reading.epoch == 9
    assert alert.details["usual_gap_seconds"] == 600
    assert 1800 <= alert.details["limit_seconds"] <= alert.details["silent_seconds"] <= 2100
    assert (end, over.resolved, over.reading.epoch) == (35_400, True, 10)
    assert over.details["silent_seconds"] == 30_000


def test_nothing_is_said_before_five_gaps_are_known():
    """Five checkpoints have four gaps, too few for a usual one."""
    assert follow(StalledRule("3x"), steady(5), 10**6) == []
    assert len(follow(StalledRule("3x"), steady(6), 10**6)) == 1


def test_seconds_count_from_the_first_look():
    """With seconds given, a training that never writes anything alerts, too."""
    ((at, alert),) = follow(StalledRule(3600), [], 10_000)
    assert (at, alert.reading) == (3600, None)
    assert alert.details["limit_seconds"] == 3600


def test_seconds_need_no_usual_gap():
    """With seconds given, two checkpoints are enough."""
    assert [at for at, _ in follow(StalledRule(3600), [0, 600], 10_000)] == [4200]


def test_a_slower_training_becomes_usual():
    """When gaps grow tenfold, the alerts stop once the new gap is usual."""
    written = [*steady(20, 60.0), *(1200 + 1200.0 * n for n in range(100))]
    alerts = follow(StalledRule("3x"), written, written[-1] + 1)
    assert len([a for _, a in alerts if not a.resolved]) <= 20


def test_one_break_does_not_make_it_deaf():
    """After a pause of eight hours among usual gaps, the next stall still alerts in time."""
    written = [*steady(20), *(11_400 + 28_800 + 600.0 * n for n in range(20))]
    alerts = follow(StalledRule("3x"), written, written[-1] + 6000)
    assert [a.resolved for _, a in alerts] == [False, True, False]
    assert alerts[-1][0] <= written[-1] + 2100


def test_one_usual_gap_waits_for_two_polls():
    """``stalled 1x`` alerts after the usual gap and two polls, however short the gap is."""
    ((at, alert),) = follow(StalledRule("1x"), steady(20, 60.0), 2000)
    assert (at - 19 * 60, alert.details["limit_seconds"]) == (180, 180)


def test_gaps_of_zero_seconds_raise_nothing():
    """Batches at the same second make gaps of zero, and a later silence still alerts."""
    rule = StalledRule("3x")
    assert all(rule.evaluate(look([checkpoint(n, 0.5)], 0)) is None for n in range(8))
    assert rule.evaluate(look([], 10)) is None
    assert rule.evaluate(look([], 30)) is None
    assert rule.evaluate(look([], 45)) is not None


def test_a_rare_look_is_no_silence():
    """Between two looks that are far apart, nothing is silent: the limit is the usual gap and two looks."""
    assert follow(StalledRule("3x"), steady(40, 10.0), 2400, every=600.0) == []


def test_a_look_that_took_an_hour_is_no_silence():
    """A process that was stopped for an hour does not take its own silence for the training's."""
    rule = StalledRule("3x")
    assert follow(rule, steady(10), 5400) == []
    assert rule.evaluate(look([], 5400 + 3600)) is None


def test_a_wall_clock_that_is_set_says_nothing():
    """Only the clock that never goes back counts."""
    rule = StalledRule(3600)
    for n, jump in enumerate((0, -86400, 86400, 86400 * 365)):
        assert rule.evaluate(look([], jump, boot=60.0 * n - jump)) is None


def test_after_a_restart_a_silence_goes_on():
    """After a restart a silence alerts once; old checkpoints do not end it, a new one does."""
    written = steady(10)
    ((_, alert),) = follow(StalledRule("3x"), written, 10_000)
    rule = StalledRule("3x")
    rule.resume(alert)
    there = [checkpoint(n, 0.5) for n in range(10)]
    assert rule.evaluate(look(there, 0, boot=5)) is None
    assert rule.evaluate(look([], 10**6, boot=5)) is None
    over = rule.evaluate(look([checkpoint(10, 0.5)], 10**6 + 60, boot=5))
    assert over.resolved
    other = StalledRule("3x")
    other.resume(alert)
    assert other.evaluate(look([*there, checkpoint(10, 0.5)], 0, boot=5)).resolved


def test_after_a_restart_the_usual_gap_is_still_known():
    """A rule that resumes from an alert knows the usual gap."""
    alerts = follow(StalledRule("3x"), [*steady(10), 9000, 9600], 9600)
    rule = StalledRule("3x")
    rule.resume(alerts[-1][1])
    assert alerts[-1][1].resolved
    assert rule.evaluate(look([checkpoint(11, 0.5)], 0, boot=5)) is None
    assert rule.evaluate(look([], 60, boot=5)) is None
    assert rule.evaluate(look([], 3000, boot=5)) is None  # a look that took long
    assert rule.evaluate(look([], 3060, boot=5)) is not None


def test_a_new_run_ends_a_silence():
    """A new run ends a silence, even with epochs from zero."""
    rule = StalledRule(3600)
    assert len(follow(rule, steady(3), 10_000)) == 1
    assert rule.evaluate(look([checkpoint(0, 0.9)], 10_060, new_run=True)).resolved


@pytest.mark.parametrize("after", ["3", "x", "0x", "0.5x", "nanx", "", 0, -1, True, None, math.inf])
def test_what_is_no_time_is_refused(after):
    """The error states what was expected and what was got."""
    with pytest.raises(ConfigError, match="after: expected"):
        StalledRule(after)


@pytest.mark.campaign
@pytest.mark.parametrize(("spread", "most"), [(0.0, 0), (0.1, 0), (0.3, 0), (0.5, 1)])
@pytest.mark.parametrize("looks_per_gap", [6, 2, 0.7])
def test_false_alarms_are_few(spread, most, looks_per_gap, capsys):
    """A hundred trainings of 200 checkpoints with log-normal gaps give one false alarm at most."""
    alarms, delays, trainings = 0, [], examples(100)
    for seed in range(trainings):
        chance, at, written = random.Random(seed), 0.0, []
        for _ in range(200):
            at += 600 * math.exp(chance.gauss(0, spread))
            written.append(at)
        alerts = [(t, a) for t, a in follow(StalledRule("3x"), written, at + 60_000, 600 / looks_per_gap)]
        alarms += sum(not a.resolved and t <= at for t, a in alerts)
        delays += [(t - at) / 600 for t, a in alerts if t > at and not a.resolved]
    delays.sort()
    with capsys.disabled():
        text = f"\nstalled 3x, gaps spread by {spread}, {looks_per_gap} looks a gap: {alarms} false alarms in"
        median = delays[trainings // 2]
        print(f"{text} {200 * trainings} checkpoints; a stall alerts after {median:.1f} usual gaps (median)")
    assert alarms <= most
    assert len(delays) == trainings
