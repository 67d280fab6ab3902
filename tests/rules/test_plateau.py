"""The rule about a score that no longer improves."""

from __future__ import annotations

import math

import pytest

from auto_model_monitor import AlertKind, ConfigError, Level, PlateauRule
from tests.rules.looks import checkpoint, look, watch


def test_a_plateau_is_told_once_and_the_next_one_again():
    """A plateau alerts once; after an improvement the next one alerts again."""
    looks = [[0.5], [0.6], [0.5], [0.7], [0.7], [0.4], [0.4], [math.nan], [0.5], [0.6]]
    told = watch(lambda: PlateauRule(3), looks)
    assert [number for number, _ in told] == [3, 8]
    alert = told[0][1]
    assert (alert.kind, alert.level, alert.previous_best) == (AlertKind.PLATEAU, Level.WARNING, 0.5)
    assert alert.details == {"patience": 3, "checkpoints_since_best": 3}
    assert alert.reading.value == 0.7


def test_a_patience_of_twenty_is_twenty_checkpoints():
    """``PlateauRule(20)`` alerts once, at the twentieth checkpoint after the best."""
    alerts = watch(lambda: PlateauRule(20), [[0.5], *[[0.5]] * 45])
    assert [(number, alert.rule, alert.details["patience"]) for number, alert in alerts] == [
        (20, "plateau", 20)
    ]


def test_an_improvement_of_less_than_min_delta_is_none():
    """Scores that creep are a plateau, too."""
    looks = [[0.5], [0.499], [0.498], [0.497]]
    assert [n for n, _ in watch(lambda: PlateauRule(3, 0.01), looks)] == [3]
    assert watch(lambda: PlateauRule(3), looks) == []


@pytest.mark.parametrize(
    ("metric", "comparison", "plateau"),
    [("acc", None, False), ("acc", "lower", True), ("val_loss", None, True), ("score", None, True)],
)
def test_the_metrics_name_says_what_is_better(metric, comparison, plateau):
    """Without a direction the usual one of the metric's name counts, and where there is none, lower."""
    rule = PlateauRule(2, comparison=comparison)
    rising = [checkpoint(n, 0.1 * n, metric) for n in range(5)]
    assert (rule.evaluate(look(rising)) is not None) is plateau


def test_a_plateau_within_one_look_counts_by_epoch():
    """What one look finds is put in the order of the training, however the directory lists it."""
    course = [checkpoint(0, 0.5), checkpoint(1, 0.6), checkpoint(2, 0.4)]
    assert PlateauRule(2).evaluate(look([course[2], course[0], course[1]])) is None
    assert (
        PlateauRule(2).evaluate(look([checkpoint(9, 0.7), checkpoint(8, 0.8), checkpoint(7, 0.4)]))
        is not None
    )


@pytest.mark.parametrize("patience", [0, -1, 1.5, "3"])
def test_a_patience_that_is_none_is_refused(patience):
    """Patience is a number of checkpoints."""
    with pytest.raises(ConfigError, match="patience: expected"):
        PlateauRule(patience)
