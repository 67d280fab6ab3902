"""The threshold rule: what is a hit, and what has been told already."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor.comparison import Comparison
from auto_model_monitor.readings import Reading, ReadingBatch
from auto_model_monitor.rules import ThresholdRule
from tests.fakes import NOON, batch


@pytest.mark.parametrize(
    ("mode", "values", "best"), [("lower", (0.5, 0.3, 0.4), 0.3), ("higher", (0.5, 0.9, 0.4), 0.9)]
)
def test_a_batch_makes_one_alert_about_its_best(mode, values, best):
    """Twenty checkpoints found at once are one alert, about the best of them."""
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
    """An equal or worse score than the one last told says nothing; a better one names the one before."""
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
    """After the directory was made anew, what the old run had reached no longer silences the new one."""
    rule = ThresholdRule(0.5, "lower")
    rule.evaluate(batch(0.1))
    alert = rule.evaluate(batch(0.4, new_run=True))
    assert alert is not None
    assert alert.previous_best is None


def test_different_metrics_are_not_compared():
    """Where names carry different metrics, the rule stays with the one it told of first."""
    rule = ThresholdRule(0.5, "lower")
    assert rule.evaluate(batch(0.3, metric="val_loss")) is not None
    assert rule.evaluate(batch(0.1, metric="acc")) is None
    mixed = [
        Reading(metric="acc", value=0.05, name="b"),
        Reading(metric="val_loss", value=0.2, name="c"),
    ]
    alert = rule.evaluate(ReadingBatch(time=NOON, others=mixed))
    assert alert is None or alert.reading.metric == "val_loss"


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
