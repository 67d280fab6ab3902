"""Metrics of a classification, as scikit-learn defines them under the same names.

Definitions: https://scikit-learn.org/stable/modules/model_evaluation.html#classification-metrics
"""

from __future__ import annotations

from dataclasses import dataclass

from ._torch import Tensor, torch

_TOPS = (1, 3, 5)
_CELLS = 1 << 24  # numbers that are sorted at a time, to limit the memory for many classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The quality of a classification.

    Attributes:
        accuracy: in percent.
        macro_f1: the mean of the F1 of the classes, 0 to 1.
        micro_f1: the F1 over all images, 0 to 1; with one class per image it equals the accuracy.
        mean_average_precision: the mean over the classes, each against all others, 0 to 1.
        precision: the mean of the precision of the classes, 0 to 1.
        recall: the mean of the recall of the classes, 0 to 1.
        top: for k of 1, 3 and 5, if there are as many classes: how often the true class is among the k most
            probable ones, in percent.
    """

    accuracy: float
    macro_f1: float
    micro_f1: float
    mean_average_precision: float
    precision: float
    recall: float
    top: dict[int, float]


def scores(probabilities: Tensor, truth: Tensor) -> Scores:
    """Compute the metrics of predicted probabilities.

    As in scikit-learn, a mean over classes includes those that occur in the truth or the prediction, and a
    division by zero gives zero. The average precision includes the classes that occur in the truth.

    Args:
        probabilities: n x classes, n at least 1.
        truth: the numbers of the n true classes.
    """
    count, classes = probabilities.shape
    most_probable = probabilities.topk(min(max(_TOPS), classes)).indices
    hits = most_probable == truth.view(-1, 1)
    top = {k: 100.0 * int(hits[:, :k].sum()) / count for k in _TOPS if k <= classes}
    right = torch.bincount(truth[hits[:, 0]], minlength=classes).double()
    true = torch.bincount(truth, minlength=classes).double()
    predicted = torch.bincount(most_probable[:, 0], minlength=classes).double()
    occurs = true + predicted > 0
    return Scores(
        accuracy=top[1],
        macro_f1=_mean(2 * right / (true + predicted), occurs),
        micro_f1=int(right.sum()) / count,
        mean_average_precision=mean_average_precision(probabilities, truth),
        precision=_mean(right / predicted, occurs),
        recall=_mean(right / true, occurs),
        top=top,
    )


def mean_average_precision(probabilities: Tensor, truth: Tensor) -> float:
    """Return the mean, over the true classes, of the area under the precision-recall curve.

    Args:
        probabilities: n x classes, n at least 1.
        truth: the numbers of the n true classes.
    """
    count, classes = probabilities.shape
    areas = []
    for some in torch.arange(classes).split(max(1, _CELLS // count)):
        relevant = truth.view(-1, 1) == some
        areas.append(_average_precision(probabilities[:, some], relevant)[relevant.any(0)])
    return float(torch.cat(areas).mean())


def _average_precision(ranking: Tensor, relevant: Tensor) -> Tensor:
    """Return the average precision of each column; equal scores are one step of the curve."""
    count = len(ranking)
    ordered, places = ranking.sort(dim=0, descending=True)
    found = relevant.gather(0, places)
    rank = torch.arange(count).view(-1, 1).expand_as(found)
    ends = torch.ones_like(found)
    ends[:-1] = ordered[:-1] != ordered[1:]
    last = torch.where(ends, rank, count).flip(0).cummin(0).values.flip(0)
    precision = found.cumsum(0).gather(0, last).double() / (last + 1)
    return (precision * found).sum(0) / found.sum(0)


def _mean(ratios: Tensor, chosen: Tensor) -> float:
    return float(ratios.nan_to_num(0.0)[chosen].mean())
