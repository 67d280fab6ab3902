"""The threshold rule: what is a hit, and which hits alert when."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import Comparison, ConfigError, Reading, ReadingBatch, ThresholdRule
from tests.fakes import NOON, batch
from tests.rules.looks import LOOK, checkpoint, look, watch


@pytest.mark.parametrize(
    ("mode", "values", "best"), [("lower", (0.5, 0.3, 0.4), 0.3), ("higher", (0.5, 0.9, 0.4), 0.9)]
)
def test_a_batch_makes_one_alert_about_its_best(mode, values, best):
    """Twenty checkpoints in one batch make one alert, about the best of them."""
    threshold = 0.45
    alert = ThresholdRule(threshold, mode).evaluate(batch(*values))
    assert alert is not None
    assert alert.reading.value == best
    assert alert.previous_best is None
    assert alert.time == NOON


@pytest.mark.parametrize(("mode", "value"), [("lower", 0.004), ("higher", 0.004)])
def test_the_threshold_itself_is_no_hit(mode, value):
    """A hit is strictly beyond the threshold."""
    assert ThresholdRule(0.004, mode).evaluate(batch(value)) is None


def test_only_what_is_strictly_better_is_told_again():
    """Only a score that is better than the last reported one alerts; the alert names that one."""
    rule = ThresholdRule(0.5, "lower")
    assert rule.evaluate(batch(0.3)) is not None
    assert rule.evaluate(batch(0.3)) is None
    assert rule.evaluate(batch(0.4)) is None
    better = rule.evaluate(batch(0.2))
    assert better is not None
    assert better.previous_best == 0.3
    assert better.improvement == pytest.approx(0.1)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("mode", ["lower", "higher"])
def test_what_is_not_finite_is_never_a_hit(mode, value):
    """NaN and infinities are no hits and hide no hit, wherever they stand in the batch."""
    rule = ThresholdRule(0.5, mode)
    assert rule.evaluate(batch(value)) is None
    good = 0.1 if mode == "lower" else 0.9
    for values in ((value, good), (good, value), (value, good, value)):
        alert = ThresholdRule(0.5, mode).evaluate(batch(*values))
        assert alert is not None
        assert alert.reading.value == good


def test_a_new_run_starts_afresh():
    """The best of an old run does not silence a new one."""
    rule = ThresholdRule(0.5, "lower")
    rule.evaluate(batch(0.1))
    alert = rule.evaluate(batch(0.4, new_run=True))
    assert alert is not None
    assert alert.previous_best is None


def test_different_metrics_are_not_compared():
    """If names carry different metrics, the rule keeps that of its first alert."""
    rule = ThresholdRule(0.5, "lower")
    assert rule.evaluate(batch(0.3, metric="val_loss")) is not None
    assert rule.evaluate(batch(0.1, metric="acc")) is None
    mixed = [
        Reading(metric="acc", value=0.05, name="b"),
        Reading(metric="val_loss", value=0.2, name="c"),
    ]
    alert = rule.evaluate(look(mixed))
    assert (alert.reading.metric, alert.reading.value) == ("val_loss", 0.2)


def test_a_named_metric_is_found_among_others():
    """With a metric named, only readings of that name count."""
    others = [
        Reading(metric="acc", value=0.1, name="a"),
        Reading(metric="val_loss", value=0.3, name="a"),
    ]
    alert = ThresholdRule(0.5, "lower", metric="val_loss").evaluate(ReadingBatch(time=NOON, others=others))
    assert alert is not None
    assert alert.reading.value == 0.3


@given(st.lists(st.lists(st.floats(), max_size=6), max_size=12), st.sampled_from(list(Comparison)))
def test_alerts_form_a_strictly_improving_series(batches, comparison):
    """Whatever is read, the alerts' scores improve strictly and the last one is the best of all hits."""
    rule = ThresholdRule(0.0, comparison)
    told = [a.reading.value for values in batches if (a := rule.evaluate(batch(*values)))]
    assert all(comparison.is_better(b, than=a) for a, b in itertools.pairwise(told))
    hits = [v for values in batches for v in values if comparison.is_better(v, than=0.0)]
    assert (told[-1] if told else None) == comparison.best(hits)


def test_of_equal_scores_the_plain_name_is_told():
    """Of a checkpoint and its `-v1` twin, the plain one is named."""
    names = ["loss=0.12-v1.ckpt", "loss=0.12.ckpt", "loss=0.12-v2.ckpt"]
    found = ReadingBatch(time=NOON, names=names, values=[0.12] * 3).best(Comparison.LOWER)
    assert found is not None
    assert found.name == "loss=0.12.ckpt"


def alerted(rule, looks, every=LOOK):
    """Return the alert of each poll: its state and its score."""
    return {
        n: ("over" if a.resolved else "", a.reading.value) for n, a in watch(lambda: rule, looks, every=every)
    }


def test_every_hit_tells_each_batch_that_holds_one():
    """With `hit`, the best hit of a batch alerts, better than the last or not."""
    rule = ThresholdRule(0.5, "lower", every="hit")
    looks = [[0.4], [0.45], [0.6], [], [0.7, 0.41, 0.3], [math.nan]]
    assert alerted(rule, looks) == {0: ("", 0.4), 1: ("", 0.45), 4: ("", 0.3)}


def test_every_crossing_tells_the_way_there_and_back():
    """With `crossing`, a score alerts when it crosses, and resolves when it is back."""
    rule = ThresholdRule(0.5, "lower", every="crossing")
    looks = [[0.6], [0.4], [0.3], [], [0.55], [0.9], [0.9, 0.1], [math.nan]]
    expected = {1: ("", 0.4), 4: ("over", 0.55), 6: ("", 0.1)}
    found = alerted(rule, looks)
    assert math.isnan(found.pop(7)[1])
    assert found == expected


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        # There and back in one batch: both are reported, one after the other.
        ([[0.2, 0.9], [], []], {0: ("", 0.2), 1: ("over", 0.9)}),
        # Several times there and back: the last of them.
        ([[0.2, 0.9, 0.3, 0.8], []], {0: ("", 0.3), 1: ("over", 0.8)}),
        # There, and within the next batch back and there again: nothing new.
        ([[0.2], [0.9, 0.3], []], {0: ("", 0.2)}),
        # What ended is there again before its end was reported.
        ([[0.2, 0.9], [0.1], [0.9]], {0: ("", 0.2), 2: ("over", 0.9)}),
        # Back, there and back: it is over.
        ([[0.2], [0.9, 0.3, 0.7], []], {0: ("", 0.2), 1: ("over", 0.7)}),
    ],
)
def test_every_score_of_a_batch_is_judged_in_order(looks, expected):
    """What begins and ends within one batch is reported as if its scores had come one by one."""
    assert alerted(ThresholdRule(0.5, "lower", every="crossing"), looks) == expected


@pytest.mark.parametrize("hold", [1, 2, 3, 5])
@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_so_many_in_a_row_are_so_many_however_they_arrive(hold, size):
    """Scores that come one by one, in blocks or all in one make the first alert about the same of them."""
    scores = [0.9] * 6 + [0.3, 0.31, 0.32, 0.33, 0.34, 0.35] + [0.9] * 20
    looks = [scores[start : start + size] for start in range(0, len(scores), size)]
    alerts = watch(lambda: ThresholdRule(0.5, "lower", every="crossing", hold=hold), [*looks, [], []])
    assert [(a.resolved, a.reading.value) for _, a in alerts] == [
        (False, scores[6 + hold - 1]),
        (True, 0.9),
    ]
    assert alerts[0][1].reading.epoch == 6 + hold - 1


@given(
    st.lists(st.lists(st.floats(), max_size=4), max_size=20),
    st.floats(0, 2),
    st.integers(1, 3),
    st.floats(0, 300),
)
def test_crossings_alternate(looks, min_delta, hold, cooldown):
    """Whatever is read, a crossing is followed by its end, and an end by a crossing."""
    rule = ThresholdRule(0, "higher", every="crossing", min_delta=min_delta, hold=hold, cooldown=cooldown)
    ends = [alert.resolved for _, alert in watch(lambda: rule, looks)]
    assert ends == [n % 2 == 1 for n in range(len(ends))]


def test_an_improvement_of_less_than_min_delta_is_not_told():
    """A hit alerts if its gain is at least min_delta, computed with decimals."""
    rule = ThresholdRule(0.5, "lower", min_delta=0.0005)
    assert alerted(rule, [[0.0034], [0.003], [0.0029], [0.00241], [0.0024]]) == {
        0: ("", 0.0034),
        2: ("", 0.0029),
        4: ("", 0.0024),
    }


def test_a_cooldown_delays_the_best_and_loses_nothing():
    """The best hit of a cooldown alerts at the first poll after it, even an empty one."""
    rule = ThresholdRule(0.5, "lower", cooldown=150)
    looks = [[0.4], [0.2], [0.3], [], [0.25], [0.1], [], [], []]
    assert alerted(rule, looks) == {0: ("", 0.4), 3: ("", 0.2), 6: ("", 0.1)}


@given(st.lists(st.lists(st.floats(), max_size=4), max_size=20), st.floats(0, 400))
def test_no_cooldown_loses_the_best(looks, cooldown):
    """After a cooldown, the last alert is about the best of all hits."""
    rule = ThresholdRule(0.0, "lower", cooldown=cooldown)
    found = watch(lambda: rule, [*looks, *[[]] * 8])
    hits = [v for values in looks for v in values if v < 0 and math.isfinite(v)]
    assert (found[-1][1].reading.value if found else None) == min(hits, default=None)


def test_a_new_run_is_told_what_the_old_one_still_owed():
    """A run that ends within a cooldown alerts about its best, and the new run starts from the beginning."""
    rule = ThresholdRule(0.5, "lower", cooldown=1000)
    rule.evaluate(look([checkpoint(0, 0.4)]))
    assert rule.evaluate(look([checkpoint(1, 0.1)], 60)) is None
    old = rule.evaluate(look([checkpoint(0, 0.45)], 120, new_run=True))
    assert old is not None
    assert (old.reading.value, old.previous_best) == (0.1, 0.4)
    new = rule.evaluate(look([], 180))
    assert new is not None
    assert (new.reading.value, new.previous_best) == (0.45, None)


def test_what_must_hold_is_told_when_it_has_held():
    """With `hold`, a hit is the last of `hold` checkpoints in a row that are beyond."""
    rule = ThresholdRule(0.95, "higher", every="crossing", hold=3, inclusive=True)
    looks = [[0.96, 0.97], [0.9], [0.95], [0.95], [0.95], [0.99], [0.94]]
    assert alerted(rule, looks) == {4: ("", 0.95), 6: ("over", 0.94)}
    improving = ThresholdRule(0.95, "higher", hold=3)
    assert alerted(improving, [[0.99], [0.96, 0.97], [0.98], [0.1]]) == {1: ("", 0.97), 2: ("", 0.98)}


def test_the_threshold_itself_is_a_hit_where_that_is_meant():
    """`inclusive` takes in the threshold, and nothing else that was out."""
    assert ThresholdRule(0.5, "lower", inclusive=True).evaluate(batch(0.5)) is not None
    assert ThresholdRule(0.5, "lower", inclusive=True).evaluate(batch(0.51, math.nan)) is None


@pytest.mark.parametrize(
    ("arguments", "most"),
    [
        ({}, 1),
        ({"every": "crossing", "min_delta": 0.2}, 1),
        ({"every": "crossing", "cooldown": 3600}, 17),
        ({"every": "hit", "cooldown": 3600}, 17),
        ({"every": "crossing", "hold": 2}, 0),
    ],
)
def test_a_flapping_score_makes_few_mails(arguments, most, capsys):
    """A score that changes sides at each of a thousand polls makes a bounded number of alerts."""
    square = [[0.45 if n % 2 else 0.55] for n in range(1000)]
    count = len(watch(lambda: ThresholdRule(0.5, "lower", **arguments), square))
    with capsys.disabled():
        print(f"\nflapping, {arguments}: {count} alerts in 1000 looks (at most {most})")
    assert count <= most


@pytest.mark.parametrize(
    "arguments", [{"every": "time"}, {"min_delta": -1}, {"cooldown": -1}, {"hold": 0}, {"cooldown": math.nan}]
)
def test_what_makes_no_sense_is_refused(arguments):
    """A setting that cannot be meant is an error when the rule is made."""
    with pytest.raises(ConfigError, match="expected"):
        ThresholdRule(0.5, "lower", **arguments)


def test_names_are_stable_and_tell_rules_apart():
    """The name keys the last alert, so that it is the same after a restart."""
    assert ThresholdRule(0.5, "lower").name == "threshold"
    assert ThresholdRule(0.5, "lower", metric="acc").name == "threshold acc"
    assert ThresholdRule(0.5, "lower", metric="acc", every="hit").name == "threshold acc hit"
    assert ThresholdRule(0.5, "lower", name="mine").name == "mine"


@pytest.mark.parametrize("jump", [-86400, 86400])
def test_a_clock_that_was_set_bounds_a_silence(jump):
    """A wall clock set by a day between two runs neither ends a watch's alerts nor lengthens a silence."""
    first = ThresholdRule(0.5, "lower", cooldown=100).evaluate(look([checkpoint(0, 0.4)]))
    rule = ThresholdRule(0.5, "lower", cooldown=100)
    rule.resume(first)
    there = [checkpoint(0, 0.4), checkpoint(1, 0.3)]
    early = rule.evaluate(look(there, jump, boot=50.0 - jump))
    late = rule.evaluate(look([], jump + 100, boot=50.0 - jump))
    assert [early, late].count(None) == 1
