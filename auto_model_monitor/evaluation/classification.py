"""Accuracy, precision, recall and F1 from a confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field

from .intervals import f1_interval, wilson
from .metric_value import MetricValue, measured

#: What an average over classes takes from a class: a numerator and a denominator.
Ratio = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ConfusionMatrix:
    """How often each label met each prediction.

    The classes are those that occur as a label or as a prediction, as in scikit-learn. A class for which a
    metric is not defined is left out of its average (``zero_division=nan`` there).

    Attributes:
        counts: the number of rows of each pair of label and prediction.
        classes: the classes, sorted where they can be.

    Args:
        counts: the number of rows of each pair of label and prediction.
    """

    counts: Mapping[tuple[Hashable, Hashable], int]
    classes: tuple[Hashable, ...] = field(init=False)
    _labels: dict[Hashable, int] = field(init=False, repr=False)
    _predictions: dict[Hashable, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Sum the rows and the columns."""
        labels: dict[Hashable, int] = {}
        predictions: dict[Hashable, int] = {}
        for (label, prediction), rows in self.counts.items():
            labels[label] = labels.get(label, 0) + rows
            predictions[prediction] = predictions.get(prediction, 0) + rows
        object.__setattr__(self, "classes", _sorted({**labels, **predictions}))
        object.__setattr__(self, "_labels", labels)
        object.__setattr__(self, "_predictions", predictions)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return sum(self._labels.values())

    @property
    def correct(self) -> int:
        """The rows whose prediction is their label."""
        return sum(map(self.true_positives, self.classes))

    def table(self) -> list[list[int]]:
        """Return the matrix: a row for each label, a column for each prediction."""
        return [[self.counts.get((one, other), 0) for other in self.classes] for one in self.classes]

    def labelled(self, one: Hashable) -> int:
        """Count the rows whose label is this class."""
        return self._labels.get(one, 0)

    def true_positives(self, one: Hashable) -> int:
        """Count the rows whose label and prediction are this class."""
        return self.counts.get((one, one), 0)

    def precision(self, one: Hashable) -> Ratio:
        """Return the right ones among the rows that were predicted as this class."""
        return self.true_positives(one), self._predictions.get(one, 0)

    def recall(self, one: Hashable) -> Ratio:
        """Return the found ones among the rows of this class."""
        return self.true_positives(one), self._labels.get(one, 0)

    def f1(self, one: Hashable) -> Ratio:
        """Return 2 TP and 2 TP + FP + FN of this class."""
        return 2 * self.true_positives(one), self._labels.get(one, 0) + self._predictions.get(one, 0)


def classification_metrics(matrix: ConfusionMatrix, positive: Hashable = 1) -> list[MetricValue]:
    """Return the metrics of a classifier.

    ``accuracy``; of at most two classes with ``positive`` among them also ``precision``, ``recall`` and
    ``f1``; of more than two these with ``_macro``, ``_micro`` and ``_weighted``, and of two all of them.

    Args:
        matrix: the confusion matrix.
        positive: the class that precision, recall and F1 of a binary classifier are about.
    """
    rows, correct = matrix.rows, matrix.correct
    if not rows:
        return []
    found = measured("accuracy", correct / rows, rows, wilson(correct, rows))
    if len(matrix.classes) <= 2 and (positive in matrix.classes or _is_other(matrix.classes, positive)):
        found += _binary(matrix, positive)
    return found + _averages(matrix)


def _is_other(classes: tuple[Hashable, ...], positive: Hashable) -> bool:
    """Return whether these classes lack the positive one because none of it occurred."""
    return len(classes) == 1 and type(classes[0]) is type(positive)


def _binary(matrix: ConfusionMatrix, positive: Hashable) -> list[MetricValue]:
    found = []
    for name, (right, of) in (
        ("precision", matrix.precision(positive)),
        ("recall", matrix.recall(positive)),
    ):
        if of:
            found += measured(name, right / of, of, wilson(right, of))
    twice, of = matrix.f1(positive)
    if of:
        found += measured("f1", twice / of, matrix.rows, f1_interval(twice // 2, of - twice))
    return found


def _averages(matrix: ConfusionMatrix) -> list[MetricValue]:
    rows, correct = matrix.rows, matrix.correct
    ratios: tuple[tuple[str, Callable[[Hashable], Ratio]], ...] = (
        ("precision", matrix.precision),
        ("recall", matrix.recall),
        ("f1", matrix.f1),
    )
    found = []
    for name, ratio_of in ratios:
        terms = [(ratio_of(one), matrix.labelled(one)) for one in matrix.classes]
        defined = [(part / of, weight) for (part, of), weight in terms if of]
        found += measured(f"{name}_macro", _mean((value, 1) for value, _ in defined), rows)
        found += measured(f"{name}_weighted", _mean(defined), rows)
        # Each error is a false positive of one class and a false negative of another: all three are equal.
        found += measured(f"{name}_micro", correct / rows, rows, wilson(correct, rows))
    return found


def _mean(terms: Iterable[tuple[float, int]]) -> float | None:
    weighted = list(terms)
    total = sum(weight for _, weight in weighted)
    return math.fsum(value * weight for value, weight in weighted) / total if total else None


def _sorted(classes: Iterable[Hashable]) -> tuple[Hashable, ...]:
    try:
        return tuple(sorted(classes))  # type: ignore[type-var]
    except TypeError:
        return tuple(sorted(classes, key=lambda one: (type(one).__name__, str(one))))
