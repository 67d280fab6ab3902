"""The rule about NaN and infinite scores: one alert for each run of them."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import AlertKind, Level, NotFiniteRule, Reading, ReadingBatch
from tests.fakes import NOON
from tests.rules.looks import checkpoint, watch

nan, inf = math.nan, math.inf


def looks_alerted(looks):
    return [number for number, _ in watch(NotFiniteRule, looks)]


def test_a_run_of_nans_is_one_alert():
    """A NaN alerts once, and again only after a finite score."""
    assert looks_alerted([[0.5], [nan], [nan, inf], [], [nan], [0.4], [nan], [0.3, nan], [nan]]) == [1, 6, 7]


def test_a_nan_is_told_though_a_finite_one_follows_in_the_same_look():
    """A watch that looks seldom misses no NaN between two looks."""
    assert looks_alerted([[0.5, nan, 0.4], [0.3], [nan, 0.2, nan], [nan]]) == [0, 2]


def test_a_nan_is_critical_and_an_infinity_a_warning():
    """A NaN in a loss stays; an infinity may pass."""
    (_, first), (_, second) = watch(NotFiniteRule, [[nan], [0.5], [-inf]])
    assert (first.kind, first.level) == (AlertKind.NOT_FINITE, Level.CRITICAL)
    assert (second.kind, second.level) == (AlertKind.NOT_FINITE, Level.WARNING)


def test_another_metric_can_be_looked_at():
    """With a metric named, only readings of that name count."""
    readings = [Reading(metric="grad_norm", value=nan, name="a"), Reading(metric="loss", value=0.1, name="a")]
    found = ReadingBatch(time=NOON, others=readings)
    assert NotFiniteRule("loss").evaluate(found) is None
    assert NotFiniteRule("grad_norm").evaluate(found) is not None
    assert NotFiniteRule("loss").name != NotFiniteRule("grad_norm").name


@given(st.lists(st.lists(st.floats(), max_size=3), max_size=20))
def test_there_are_as_many_alerts_as_looks_in_which_a_run_begins(looks):
    """Alerts come exactly at the polls in which a run of NaNs begins."""
    finite, expected = True, []
    for number, values in enumerate(looks):
        states = [finite, *map(math.isfinite, values)]
        if any(a and not b for a, b in itertools.pairwise(states)):
            expected.append(number)
        finite = states[-1]
    assert looks_alerted(looks) == expected


def test_a_million_finite_names_cost_no_object_each():
    """A first look at very many names is judged by their numbers: one is read in full, for its metric."""
    made = []

    def build(name, value):
        made.append(name)
        return checkpoint(0, value)

    found = ReadingBatch(time=NOON, names=["a"] * 10**5, values=[0.5] * 10**5, build=build)
    assert NotFiniteRule().evaluate(found) is None
    assert len(made) <= 1


BESTS = [
    "best_val_loss",
    "best",
    "val/best",
    "min_val_loss",
    "lowest-loss",
    "val_loss_min",
    "max_acc",
    "best-acc",
]


@pytest.mark.parametrize("metric", BESTS)
@pytest.mark.parametrize("start", [inf, -inf, nan])
def test_a_best_so_far_may_start_at_infinity(metric, start):
    """The value with which a best so far begins is no fault; what it becomes later is one."""
    rule = NotFiniteRule()

    def alerted(*values):
        readings = [Reading(metric=metric, value=v, name=f"{n}", step=n) for n, v in enumerate(values)]
        return rule.evaluate(ReadingBatch(time=NOON, others=readings)) is not None

    assert [alerted(start), alerted(start, start), alerted(start, 0.5), alerted(0.4), alerted(nan)] == [
        *[False] * 4,
        True,
    ]


@pytest.mark.parametrize("metric", ["train_loss", "val_loss", "grad_norm", "fastest_loss", "maximal"])
def test_any_other_metric_may_not(metric):
    """Any other metric that is infinite from its start makes an alert, whatever stands beside it."""
    readings = [
        Reading(metric="val_acc", value=0.9, name="a", epoch=1),
        Reading(metric=metric, value=inf, name="a", epoch=1),
    ]
    alert = NotFiniteRule().evaluate(ReadingBatch(time=NOON, others=readings))
    assert alert is not None
    assert alert.reading.metric == metric


def test_every_number_of_a_name_is_looked_at():
    """The rule looks at every metric, not at the score of each name alone, and each run is one alert."""
    rule = NotFiniteRule()

    def alerted(epoch, score, other):
        reading = Reading(metric="train_loss", value=other, name=f"{epoch}", epoch=epoch)
        batch = ReadingBatch(
            time=NOON,
            names=[f"{epoch}"],
            values=[score],
            build=lambda name, value: checkpoint(int(name), value),
            others=[reading],
        )
        alert = rule.evaluate(batch)
        return alert and alert.reading.metric

    found = [
        alerted(1, 0.5, 0.4),
        alerted(2, 0.5, nan),
        alerted(3, 0.5, nan),
        alerted(4, nan, nan),
        alerted(5, 0.3, 0.2),
    ]
    assert found == [None, "train_loss", None, "val_loss", None]
