"""The area under the ROC curve and the log loss, from counts by score."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .intervals import hanley_mcneil, mean_interval
from .metric_value import MetricValue, measured

#: Beyond as many distinct scores they are counted in as many bins of equal width.
MOST_SCORES = 100_000
BINS = 10_000

#: scikit-learn clips a probability of float64 to this distance from 0 and 1.
EPSILON = 2.220446049250313e-16

#: A score, and the rows with a negative and with a positive label that have it.
ScoreCount = tuple[float, int, int]


class ScoreTally:
    """Adds up counts by score, and computes AUC and log loss of all of them.

    Rows may be added one score after the other, ascending, so that no table of a million scores has to be
    held. Beyond :data:`MOST_SCORES` distinct ones, give bins instead: all scores of a bin then count as
    equal, and the AUC is wrong by at most half the sum over bins of (share of positives × share of
    negatives), which :attr:`error_bound` returns.

    Attributes:
        positives: the rows with a positive label.
        negatives: those with a negative one.
    """

    __slots__ = (
        "_log_losses",
        "_out_of_range",
        "_square_losses",
        "_ties",
        "_twice_u",
        "negatives",
        "positives",
    )

    def __init__(self) -> None:
        self.positives = self.negatives = 0
        self._twice_u = self._ties = 0
        self._out_of_range = 0
        self._log_losses: list[float] = []
        self._square_losses: list[float] = []

    def add(self, counts: Iterable[ScoreCount]) -> None:
        """Add counts, by ascending score, above those of the call before; NaN is no score and is left out."""
        positives, negatives, twice_u, ties = self.positives, self.negatives, self._twice_u, self._ties
        losses, squares = [], []
        log, isnan, low, high = math.log, math.isnan, EPSILON, 1 - EPSILON
        for score, negative, positive in counts:
            if isnan(score):
                continue
            twice_u += positive * (2 * negatives + negative)
            ties += positive * negative
            negatives += negative
            positives += positive
            if not 0 <= score <= 1:
                self._out_of_range += negative + positive
                continue
            if positive:
                loss = -log(low if score < low else high if score > high else score)
                losses.append(positive * loss)
                squares.append(positive * loss * loss)
            if negative:
                rest = 1 - score
                loss = -log(low if rest < low else high if rest > high else rest)
                losses.append(negative * loss)
                squares.append(negative * loss * loss)
        self.positives, self.negatives, self._twice_u, self._ties = positives, negatives, twice_u, ties
        self._log_losses.append(math.fsum(losses))
        self._square_losses.append(math.fsum(squares))

    @property
    def rows(self) -> int:
        """The number of rows with a score."""
        return self.positives + self.negatives

    @property
    def out_of_range(self) -> int:
        """The rows whose score is below 0 or above 1, and so no probability."""
        return self._out_of_range

    @property
    def auc(self) -> float | None:
        """The area under the ROC curve, where ties count half (Mann & Whitney 1947); None of one class."""
        pairs = self.positives * self.negatives
        return self._twice_u / (2 * pairs) if pairs else None

    @property
    def error_bound(self) -> float:
        """The most by which :attr:`auc` is off where each score stands for a bin of them."""
        pairs = self.positives * self.negatives
        return self._ties / (2 * pairs) if pairs else 0.0

    @property
    def log_loss(self) -> float | None:
        """The mean negative logarithm of the probability of the label; None if a score is no probability."""
        return math.fsum(self._log_losses) / self.rows if self.rows and not self._out_of_range else None

    def metrics(self) -> list[MetricValue]:
        """Return ``auc`` and ``log_loss``, where they are defined."""
        area, loss = self.auc, self.log_loss
        found = []
        if area is not None:
            found += measured("auc", area, self.rows, hanley_mcneil(area, self.positives, self.negatives))
        if loss is not None:
            squares = math.fsum(self._square_losses)
            found += measured("log_loss", loss, self.rows, mean_interval(loss, squares, self.rows))
        return found
