"""The metrics out of counts are those that scikit-learn computes from the rows."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from auto_model_monitor.evaluation import (
    ConfusionMatrix,
    ErrorSums,
    MetricValue,
    ScoreTally,
    classification_metrics,
    percentiles,
    regression_metrics,
)

np = pytest.importorskip("numpy")
sk = pytest.importorskip("sklearn.metrics")

CLOSE = {"rel": 1e-12, "abs": 1e-12}


def values(found: list[MetricValue]) -> dict[str, float]:
    return {one.metric: one.value for one in found}


def classified(labels, predictions, positive=1) -> dict[str, float]:
    counts = Counter(zip(labels, predictions, strict=True))
    return values(classification_metrics(ConfusionMatrix(counts), positive))


def scored(labels, scores) -> ScoreTally:
    tally = ScoreTally()
    negatives, positives = Counter(), Counter()
    for label, score in zip(labels, scores, strict=True):
        (positives if label else negatives)[score] += 1
    every = sorted({*negatives, *positives})
    tally.add((score, negatives[score], positives[score]) for score in every)
    return tally


def regressed(labels, predictions) -> dict[str, float]:
    about = sum(labels) / len(labels)
    errors = [prediction - label for label, prediction in zip(labels, predictions, strict=True)]
    sums = ErrorSums(
        rows=len(labels),
        absolute=math.fsum(map(abs, errors)),
        squared=math.fsum(e * e for e in errors),
        spread=math.fsum((y - about) ** 2 for y in labels),
        shift=math.fsum(y - about for y in labels),
    )
    return values(regression_metrics(sums))


def by_sklearn(labels, predictions, positive=1) -> dict[str, float]:
    found = {"accuracy": sk.accuracy_score(labels, predictions)}
    averages = ["macro", "micro", "weighted"]
    if len({*labels, *predictions}) <= 2:
        averages.append("")
    for average in averages:
        options = {"average": average} if average else {"average": "macro", "labels": [positive]}
        precision, recall, f1, _ = sk.precision_recall_fscore_support(
            labels, predictions, zero_division=np.nan, **options
        )
        end = f"_{average}" if average else ""
        found |= {f"precision{end}": precision, f"recall{end}": recall, f"f1{end}": f1}
    return {name: value for name, value in found.items() if not math.isnan(value)}


def test_two_hundred_random_tables():
    """Of 200 random tables of two to six classes every metric is equal to 1e-12, or undefined in both."""
    chance = random.Random(1)
    for _ in range(200):
        classes = chance.choice([2, 2, 2, 3, 4, 6])
        rows = chance.choice([2, 3, 5, 10, 50, 300])
        labels = [chance.randrange(classes) for _ in range(rows)]
        skill = chance.random()
        predictions = [y if chance.random() < skill else chance.randrange(classes) for y in labels]
        ours, theirs = classified(labels, predictions), by_sklearn(labels, predictions)
        if not {*labels} & {*predictions}:
            # No class with a label was predicted: scikit-learn falls back to 0, which is no reading here.
            assert theirs.pop("precision_weighted") == 0 == ours.pop("precision_weighted", 0)
        if classes == 2 or len({*labels, *predictions}) > 2:
            assert ours == pytest.approx(theirs, **CLOSE)


def test_two_hundred_random_scores():
    """Of 200 random scores, many of them tied, AUC and log loss are equal to 1e-12."""
    chance = random.Random(2)
    for number in range(200):
        rows = chance.choice([2, 3, 5, 20, 400])
        labels = [0, 1] + [chance.randrange(2) for _ in range(rows)]
        digits = chance.choice([0, 1, 2, 17])
        scores = [round(chance.random(), digits) for _ in labels]
        found = values(scored(labels, scores).metrics())
        assert found["auc"] == pytest.approx(sk.roc_auc_score(labels, scores), **CLOSE), number
        assert found["log_loss"] == pytest.approx(sk.log_loss(labels, scores), **CLOSE), number


def test_two_hundred_random_regressions():
    """Of 200 random regressions, some far from zero, MAE, RMSE and R² are equal to 1e-12."""
    chance = random.Random(3)
    for _ in range(200):
        middle = chance.choice([0.0, 1.0, 1e4, -3e6])
        labels = [middle + chance.gauss(0, 1) for _ in range(chance.choice([2, 5, 100]))]
        predictions = [y + chance.gauss(0, chance.random()) for y in labels]
        found = regressed(labels, predictions)
        assert found["mae"] == pytest.approx(sk.mean_absolute_error(labels, predictions), **CLOSE)
        assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(labels, predictions), **CLOSE)
        assert found["r2"] == pytest.approx(sk.r2_score(labels, predictions), **CLOSE)


def test_percentiles_are_those_of_numpy():
    """Percentiles of counts are interpolated as NumPy does."""
    chance = random.Random(4)
    for _ in range(50):
        values_ = [
            round(chance.expovariate(1), chance.choice([0, 1, 9])) for _ in range(chance.randint(1, 200))
        ]
        counts = sorted(Counter(values_).items())
        found = percentiles(counts, [0, 50, 95, 99, 100])
        assert found == pytest.approx(list(np.percentile(values_, [0, 50, 95, 99, 100])), **CLOSE)


@pytest.mark.parametrize("name", ["breast_cancer", "iris", "wine", "digits"])
def test_the_classification_data_sets_of_sklearn(name: str):
    """On each packaged data set all metrics of a fitted model are equal to 1e-12."""
    datasets = pytest.importorskip("sklearn.datasets")
    bayes = pytest.importorskip("sklearn.naive_bayes")
    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    model = bayes.GaussianNB().fit(x[::2], y[::2])
    labels, predictions = y[1::2].tolist(), model.predict(x[1::2]).tolist()
    assert classified(labels, predictions) == pytest.approx(by_sklearn(labels, predictions), **CLOSE)
    if name == "breast_cancer":
        scores = model.predict_proba(x[1::2])[:, 1].tolist()
        found = values(scored(labels, scores).metrics())
        assert found["auc"] == pytest.approx(sk.roc_auc_score(labels, scores), **CLOSE)
        assert found["log_loss"] == pytest.approx(sk.log_loss(labels, scores), **CLOSE)
        matrix = ConfusionMatrix(Counter(zip(labels, predictions, strict=True)))
        assert matrix.table() == sk.confusion_matrix(labels, predictions).tolist()


def test_the_regression_data_set_of_sklearn():
    """On the diabetes data all metrics of a fitted line are equal to 1e-12."""
    datasets = pytest.importorskip("sklearn.datasets")
    linear = pytest.importorskip("sklearn.linear_model")
    x, y = datasets.load_diabetes(return_X_y=True)
    predictions = linear.LinearRegression().fit(x, y).predict(x).tolist()
    labels = y.tolist()
    found = regressed(labels, predictions)
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(labels, predictions), **CLOSE)
    assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(labels, predictions), **CLOSE)
    assert found["r2"] == pytest.approx(sk.r2_score(labels, predictions), **CLOSE)


def test_bins_keep_within_the_stated_bound():
    """Counted in ten thousand bins the AUC is off by at most the stated bound, below 1e-4."""
    chance = np.random.default_rng(5)
    labels = chance.integers(0, 2, 200_000)
    scores = np.clip(chance.normal(0.4 + 0.2 * labels, 0.2), 0, 1)
    bins = np.minimum(np.floor(scores * 10_000), 9_999)
    binned = scored(labels.tolist(), ((bins + 0.5) / 10_000).tolist())
    assert binned.auc is not None
    assert abs(binned.auc - sk.roc_auc_score(labels, scores)) <= binned.error_bound < 1e-3
