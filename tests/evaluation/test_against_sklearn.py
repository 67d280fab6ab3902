"""The metrics out of counts are those that scikit-learn computes from the rows."""

from __future__ import annotations

import math
import random
from bisect import bisect_left, bisect_right
from collections import Counter

import pytest

from auto_model_monitor.evaluation import (
    ConfusionMatrix,
    ErrorSums,
    MetricValue,
    ScoreSums,
    classification_metrics,
    regression_metrics,
    score_metrics,
)
from tests.campaigns import examples

EPSILON = 2.220446049250313e-16
CLOSE = {"rel": 1e-12, "abs": 1e-12}


@pytest.fixture(scope="module", autouse=True)
def _scikit_learn() -> None:
    """Import it for these tests alone: it takes a second of each process that collects them."""
    global np, sk  # noqa: PLW0603
    np = pytest.importorskip("numpy")
    sk = pytest.importorskip("sklearn.metrics")


def values(found: list[MetricValue]) -> dict[str, float]:
    return {one.metric: one.value for one in found}


def classified(labels, predictions, positive=1) -> dict[str, float]:
    counts = Counter(zip(labels, predictions, strict=True))
    return values(classification_metrics(ConfusionMatrix(counts), positive))


def scored(labels, scores) -> dict[str, float]:
    ordered = sorted(scores)
    ranks = [(bisect_left(ordered, s) + 1 + bisect_right(ordered, s)) / 2 for s in scores]
    near = [min(max(s, EPSILON), 1 - EPSILON) for s in scores]
    sums = ScoreSums(
        positives=sum(labels),
        negatives=len(labels) - sum(labels),
        ranks=sum(rank for rank, label in zip(ranks, labels, strict=True) if label),
        losses=-math.fsum(math.log(s if y else 1 - s) for s, y in zip(near, labels, strict=True)),
    )
    return values(score_metrics(sums))


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


@pytest.mark.campaign
def test_random_tables():
    """Of 200 random tables of two to six classes every metric is equal to 1e-12, or undefined in both."""
    chance = random.Random(1)
    for _ in range(examples(200)):
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


@pytest.mark.campaign
def test_random_scores():
    """Of 200 random scores, many of them tied, AUC and log loss are equal to 1e-12."""
    chance = random.Random(2)
    for number in range(examples(200)):
        rows = chance.choice([2, 3, 5, 20, 400])
        labels = [0, 1] + [chance.randrange(2) for _ in range(rows)]
        digits = chance.choice([0, 1, 2, 17])
        scores = [round(chance.random(), digits) for _ in labels]
        found = scored(labels, scores)
        assert found["auc"] == pytest.approx(sk.roc_auc_score(labels, scores), **CLOSE), number
        assert found["log_loss"] == pytest.approx(sk.log_loss(labels, scores), **CLOSE), number


@pytest.mark.campaign
def test_random_regressions():
    """Of 200 random regressions, some far from zero, MAE, RMSE and R² are equal to 1e-12."""
    chance = random.Random(3)
    for _ in range(examples(200)):
        middle = chance.choice([0.0, 1.0, 1e4, -3e6])
        labels = [middle + chance.gauss(0, 1) for _ in range(chance.choice([2, 5, 100]))]
        predictions = [y + chance.gauss(0, chance.random()) for y in labels]
        found = regressed(labels, predictions)
        assert found["mae"] == pytest.approx(sk.mean_absolute_error(labels, predictions), **CLOSE)
        assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(labels, predictions), **CLOSE)
        assert found["r2"] == pytest.approx(sk.r2_score(labels, predictions), **CLOSE)


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
        found = scored(labels, scores)
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
