"""Directions: which of two scores is better, and which way a metric of that name goes."""

import math

import pytest

from auto_model_monitor import Comparison
from auto_model_monitor.core import usual_direction
from auto_model_monitor.core.comparison import names_a_metric


@pytest.mark.parametrize(
    "metric", ["val_loss", "valLoss", "valloss", "WER", "hd95", "neg_accuracy", "bce_loss", "loss/val"]
)
def test_losses_and_errors_fall(metric):
    """A loss improves downwards, however it is spelled."""
    assert usual_direction(metric) is Comparison.LOWER


@pytest.mark.parametrize(
    "metric", ["val_acc", "mIoU", "mAP50-95", "top1", "neg_val_loss", "loss_acc", "AUC", "testAcc", "f1"]
)
def test_accuracies_rise(metric):
    """An accuracy improves upwards, and so does a loss that is marked as negated."""
    assert usual_direction(metric) is Comparison.HIGHER


@pytest.mark.parametrize("metric", ["score", "metric", "foo", "glossy", "", "損失"])
def test_other_names_have_no_direction(metric):
    """Nothing is guessed of a word that is not known, even if it contains one that is."""
    assert usual_direction(metric) is None


def test_a_score_is_a_metric_without_a_direction():
    """``score`` and ``metric`` are known to be metrics, ``model`` is not."""
    assert [names_a_metric(text) for text in ("score", "key_metric", "val_loss", "model", "lr")] == [
        True
    ] * 3 + [False] * 2


@pytest.mark.parametrize(
    ("comparison", "good", "bad"), [(Comparison.LOWER, 0.1, 0.2), (Comparison.HIGHER, 0.2, 0.1)]
)
def test_better_is_strict_and_finite(comparison, good, bad):
    """Better means finite and strictly better; the best of a list skips what is not finite."""
    assert comparison.is_better(good, bad)
    assert not comparison.is_better(good, good)
    assert not comparison.is_better(math.nan, None)
    assert not comparison.is_better(math.inf if comparison is Comparison.HIGHER else -math.inf, bad)
    assert comparison.best([math.nan, bad, good, math.inf, -math.inf]) == good
    assert comparison.best([math.nan]) is None
    assert comparison.gain(good, bad) == pytest.approx(0.1)
