"""The area under the ROC curve and the log loss, from sums by label."""

from __future__ import annotations

from dataclasses import dataclass

from .intervals import hanley_mcneil, mean_interval
from .metric_value import MetricValue, measured


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSums:
    """What AUC and log loss need to know of the rows with a score and a label.

    Attributes:
        positives: the rows with the positive label.
        negatives: those with another.
        ranks: the sum of the ranks of the positives among all scores, from 1; equal scores share the mean of
            their ranks.
        losses: the sum of -ln of the probability that the score gives to the label, clipped as in
            scikit-learn to 2.2e-16 from 0 and 1; None where a score is no probability.
        square_losses: the sum of the squares of these.
    """

    positives: int
    negatives: int
    ranks: float
    losses: float | None = None
    square_losses: float = 0.0


def score_metrics(sums: ScoreSums) -> list[MetricValue]:
    """Return ``auc``, unless the rows are of one class, and ``log_loss``, if the scores are probabilities.

    The AUC is that of Mann & Whitney (1947), in which ties count half: exact for any number of scores.
    """
    positives, negatives = sums.positives, sums.negatives
    rows, pairs = positives + negatives, positives * negatives
    found = []
    if pairs:
        area = (sums.ranks - positives * (positives + 1) / 2) / pairs
        found += measured("auc", area, rows, hanley_mcneil(area, positives, negatives))
    if sums.losses is not None and rows:
        loss = sums.losses / rows
        found += measured("log_loss", loss, rows, mean_interval(loss, sums.square_losses, rows))
    return found
