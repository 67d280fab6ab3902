"""Metrics that are printed somewhere, and rows that define none."""

from __future__ import annotations

import math

import pytest

from auto_model_monitor.evaluation import (
    ConfusionMatrix,
    ErrorSums,
    MetricValue,
    ScoreSums,
    classification_metrics,
    error_metrics,
    group_gap,
    latency_metrics,
    regression_metrics,
    score_metrics,
    throughput,
)


def by_name(found: list[MetricValue]) -> dict[str, MetricValue]:
    return {one.metric: one for one in found}


def binary(counts: dict[tuple[object, object], int], positive: object = 1) -> dict[str, MetricValue]:
    return by_name(classification_metrics(ConfusionMatrix(counts), positive))


def test_the_values_that_scikit_learn_prints_in_its_documentation():
    """The AUC of its four rows is 0.75, the log loss of its spam and ham 0.21616187468057912."""
    [auc] = score_metrics(ScoreSums(positives=2, negatives=2, ranks=2 + 4))
    assert auc.value == 0.75
    losses = -sum(map(math.log, [0.9, 0.9, 0.8, 0.65]))
    loss = score_metrics(ScoreSums(positives=2, negatives=2, ranks=7, losses=losses))[1]
    assert loss.value == pytest.approx(0.21616187468057912, abs=1e-15)


def test_the_rows_that_each_metric_rests_on():
    """Accuracy rests on all rows, precision on the predicted positives, recall on the real ones."""
    found = binary({(1, 1): 8, (1, 0): 2, (0, 1): 4, (0, 0): 86})
    assert (found["accuracy"].rows, found["precision"].rows, found["recall"].rows) == (100, 12, 10)
    assert found["recall"].value == 0.8
    assert found["precision"].value == 8 / 12
    assert found["f1"].value == 16 / 22


def test_the_intervals_of_proportions_are_those_of_wilson():
    """81 of 263 lie between 25.5 and 36.6 %, as Newcombe printed in 1998; F1 follows from its proportion."""
    found = binary({(1, 1): 81, (1, 0): 182})
    assert (found["recall"].low, found["recall"].high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    share = binary({(1, 1): 81, (1, 0): 100, (0, 1): 82})
    ends = share["f1"].low, share["f1"].high
    assert ends == pytest.approx((2 * 0.2553 / 1.2553, 2 * 0.3662 / 1.3662), abs=1e-4)


def test_no_and_all_successes_have_ends_at_zero_and_one():
    """The interval of 0 of 10 begins at exactly 0, that of 10 of 10 ends at exactly 1."""
    none, all_ = binary({(1, 0): 10})["recall"], binary({(1, 1): 10})["recall"]
    assert (none.low, all_.high) == (0.0, 1.0)
    assert none.high == pytest.approx(0.2775, abs=5e-5)


def test_the_interval_of_an_auc_is_that_of_hanley_and_mcneil():
    """The AUC 0.893 of 51 positives and 58 negatives has a standard error of 0.0325, worked by hand."""
    from auto_model_monitor.evaluation.intervals import Z, hanley_mcneil

    low, _ = hanley_mcneil(0.893, 51, 58)
    assert (0.893 - low) / Z == pytest.approx(0.0325, abs=5e-5)


def test_a_gap_has_the_interval_of_newcombe():
    """56 of 70 less 48 of 80 is 0.2, between 0.0524 and 0.3339 (Newcombe 1998, table II, method 10)."""
    of_groups = {
        "f": binary({(1, 1): 56, (1, 0): 14})["recall"],
        "m": binary({(1, 1): 48, (1, 0): 32})["recall"],
    }
    [gap] = group_gap("recall", "sex", of_groups)
    assert (gap.metric, gap.rows) == ("recall_gap@sex", 150)
    assert (gap.value, gap.low, gap.high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert group_gap("recall", "sex", {"f": of_groups["f"]}) == []


def test_a_zero_division_is_no_reading():
    """A model that predicts no positive has no precision, and rows without a positive no recall, never 0."""
    found = binary({(1, 0): 3, (0, 0): 97})
    assert "precision" not in found
    assert found["recall"].value == 0.0
    found = binary({(0, 1): 3, (0, 0): 97})
    assert "recall" not in found
    assert found["precision"].value == 0.0
    assert found["f1"].value == 0.0


def test_one_class_has_an_accuracy_and_no_more():
    """A window of negatives alone has an accuracy, but neither precision, recall, F1 nor AUC."""
    found = binary({(0, 0): 100})
    assert found["accuracy"].value == 1.0
    assert not {"precision", "recall", "f1"} & found.keys()
    scores = ScoreSums(positives=0, negatives=100, ranks=0, losses=28.9)
    assert by_name(score_metrics(scores)).keys() == {"log_loss"}


def test_no_rows_have_no_metric():
    """Nothing comes out of nothing, in every function."""
    assert classification_metrics(ConfusionMatrix({})) == []
    assert score_metrics(ScoreSums(positives=0, negatives=0, ranks=0, losses=0)) == []
    assert regression_metrics(ErrorSums(rows=0, absolute=0, squared=0, spread=0, shift=0)) == []
    assert latency_metrics([None, None, None], 0) == []
    assert error_metrics({}, 0) == []
    assert throughput(0, 86_400) == []


def test_equal_labels_have_no_r2():
    """Labels without variation have an MAE but no R²; one row has no interval either."""
    found = by_name(regression_metrics(ErrorSums(rows=2, absolute=2, squared=2, spread=0, shift=0)))
    assert found.keys() == {"mae", "rmse"}
    [mae, _] = regression_metrics(ErrorSums(rows=1, absolute=2, squared=4, spread=0, shift=0))
    assert (mae.value, mae.low) == (2, None)


def test_scores_that_are_no_probabilities_have_an_auc_alone():
    """Rows of which a score is no probability have an AUC, but no log loss."""
    scores = ScoreSums(positives=2, negatives=2, ranks=7, losses=None)
    assert by_name(score_metrics(scores)).keys() == {"auc"}


def test_error_types_are_shares_of_all_predictions():
    """Two timeouts and one ValueError in a hundred are a rate of 3 %, and 2 % and 1 % by type."""
    found = by_name(error_metrics({"TimeoutError": 2, "ValueError": 1}, 100))
    assert {name: one.value for name, one in found.items()} == {
        "error_rate": 0.03,
        "error_rate@error:TimeoutError": 0.02,
        "error_rate@error:ValueError": 0.01,
    }


def test_classes_of_different_types_make_a_matrix():
    """A label that is a word and a prediction that is a number are two classes, not an error."""
    found = binary({("yes", 1): 3, ("yes", "yes"): 7}, positive="yes")
    assert found["accuracy"].value == 0.7
    assert ConfusionMatrix({("yes", 1): 3}).table() == [[0, 0], [3, 0]]
