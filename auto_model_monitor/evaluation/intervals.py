"""The 95 % intervals of the metrics, by the usual formula of each."""

from __future__ import annotations

import math

from .metric_value import Interval

#: The 97.5 % quantile of the normal distribution.
Z = 1.959963984540054

#: The metrics that are proportions of independent rows, so that a difference of two has an interval.
PROPORTIONS = frozenset({"accuracy", "precision", "recall", "error_rate"})


def wilson(successes: float, rows: float) -> Interval | None:
    """Return the interval of a proportion; None of no rows.

    Wilson (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.
    """
    if rows <= 0:
        return None
    share, z2 = successes / rows, Z * Z
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = Z / (1 + z2 / rows) * math.sqrt(share * (1 - share) / rows + z2 / (4 * rows * rows))
    # In binary the ends of no and of all successes may miss 0 and 1 by a rounding.
    return (0.0 if successes == 0 else middle - half), (1.0 if successes == rows else middle + half)


def f1_interval(true_positives: int, errors: int) -> Interval | None:
    """Return the interval of F1 = 2 TP / (2 TP + FP + FN), where ``errors`` is FP + FN.

    With the proportion q = TP / (TP + FP + FN), F1 = 2 q / (1 + q): the ends are those of Wilson's interval
    of q. Lam et al. (2023), "Confidence intervals for the F1 score: a comparison of four methods", "Wilson
    indirect".
    """
    ends = wilson(true_positives, true_positives + errors)
    return ends and (2 * ends[0] / (1 + ends[0]), 2 * ends[1] / (1 + ends[1]))


def hanley_mcneil(auc: float, positives: int, negatives: int) -> Interval:
    """Return the interval of the area under the ROC curve.

    Hanley & McNeil (1982), "The meaning and use of the area under a receiver operating characteristic (ROC)
    curve", Radiology 143, formula 2.
    """
    two_positives, two_negatives = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    variance = (
        auc * (1 - auc)
        + (positives - 1) * (two_positives - auc * auc)
        + (negatives - 1) * (two_negatives - auc * auc)
    ) / (positives * negatives)
    half = Z * math.sqrt(max(variance, 0.0))
    return max(auc - half, 0.0), min(auc + half, 1.0)


def mean_interval(mean: float, squares: float, rows: int) -> Interval | None:
    """Return the interval of the mean of values that are at least 0: the normal one, by the central limit.

    Args:
        mean: their mean.
        squares: the sum of their squares.
        rows: their number; below 2 there is no interval.
    """
    if rows < 2:
        return None
    variance = max(squares - rows * mean * mean, 0.0) / (rows - 1)
    half = Z * math.sqrt(variance / rows)
    return max(mean - half, 0.0), mean + half


def newcombe(one: float, interval_of_one: Interval, other: float, interval_of_other: Interval) -> Interval:
    """Return the interval of the difference ``one - other`` of two independent proportions.

    Newcombe (1998), "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17, method 10. It takes no account of the choice of the two among more groups.
    """
    difference = one - other
    low = math.hypot(one - interval_of_one[0], interval_of_other[1] - other)
    high = math.hypot(interval_of_one[1] - one, other - interval_of_other[0])
    return max(difference - low, -1.0), min(difference + high, 1.0)
