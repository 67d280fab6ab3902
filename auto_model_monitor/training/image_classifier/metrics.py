"""How well probabilities fit the truth; what scikit-learn calls by the same names, computed at once.

Definitions: https://scikit-learn.org/stable/modules/model_evaluation.html#classification-metrics
"""

from __future__ import annotations

from dataclasses import dataclass

from ._torch import Tensor, torch

_TOPS = (1, 3, 5)
_CELLS = 1 << 24  # numbers that are sorted at a time: bounds the memory of many classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """The quality of a classification.

    Attributes:
        accuracy: in percent.
        macro_f1: the mean of the classes' F1, 0 to 1.
        micro_f1: F1 over all images, 0 to 1; with one class an image it is the accuracy.
        mean_average_precision: of each class against all others, the mean, 0 to 1.
        precision: the mean of the classes' precision, 0 to 1.
        recall: the mean of the classes' recall, 0 to 1.
        top: for each k that there are classes for, how often the truth is among the k likeliest, in percent.
    """

    accuracy: float
    macro_f1: float
    micro_f1: float
    mean_average_precision: float
    precision: float
    recall: float
    top: dict[int, float]


def scores(probabilities: Tensor, truth: Tensor) -> Scores:
    """Compare probabilities with the truth.

    As in scikit-learn, a mean over classes is over those that occur in the truth or the prediction, and
    what would be divided by zero is zero. The average precision is over those that occur in the truth.

    Args:
        probabilities: n x classes, n at least 1.
        truth: the numbers of the n true classes.
    """
    count, classes = probabilities.shape
    likeliest = probabilities.topk(min(max(_TOPS), classes)).indices
    hits = likeliest == truth.view(-1, 1)
    top = {k: 100.0 * int(hits[:, :k].sum()) / count for k in _TOPS if k <= classes}
    right = torch.bincount(truth[hits[:, 0]], minlength=classes).double()
    true = torch.bincount(truth, minlength=classes).double()
    predicted = torch.bincount(likeliest[:, 0], minlength=classes).double()
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
    """Return the mean over the classes in the truth of the area under precision over recall.

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
    """Return for each column the mean, over what is relevant, of the precision where it is found.

    Equal scores are found together, as one step of the curve.
    """
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
