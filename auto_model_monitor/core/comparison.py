"""Which of two scores is better: the only module that compares scores with ``<`` and ``>``."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Enum
from functools import lru_cache

from .numbers import compiled


class Comparison(Enum):
    """The direction in which a score improves."""

    LOWER = "lower"
    HIGHER = "higher"

    def is_better(self, value: float, than: float | None) -> bool:
        """Return whether ``value`` is finite and strictly better than ``than``; None is worse than any."""
        if not math.isfinite(value):
            return False
        if than is None:
            return True
        return value < than if self is Comparison.LOWER else value > than

    def best(self, values: Iterable[float]) -> float | None:
        """Return the best finite value; None when there is none."""
        finite = filter(math.isfinite, values)
        return min(finite, default=None) if self is Comparison.LOWER else max(finite, default=None)

    def gain(self, value: float, over: float) -> float:
        """Return the gain of ``value`` over ``over``: positive when it is better."""
        return over - value if self is Comparison.LOWER else value - over


_FALLING = (
    "loss|losses|logloss|mlogloss|err|error|merror|mse|rmse|mae|mape|smape|rmsle|msle|nll|bce|ce|wer|cer|ter|ppl|perplexity|bpc|"
    "bpb|bpd|fid|kid|lpips|eer|elbo_loss|epe|absrel|rel|hd95|brier|ece|regret|entropy|crossentropy|"
    "divergence|kl|kld|minade|minfde|ade|fde|mpjpe"
)
_RISING = (
    "acc|acc1|acc5|accuracy|auc|auroc|auprc|ap|ap50|ap75|map|map50|map75|miou|iou|dice|f1|f2|fbeta|"
    "fscore|fwiou|precision|recall|sensitivity|specificity|top1|top3|top5|psnr|ssim|bleu|bleu4|chrf|rouge|"
    "rouge1|rouge2|rougel|meteor|cider|kappa|mcc|r2|reward|rewards|return|returns|ndcg|mrr|hit|hits|pck|"
    "oks|em|spearman|pearson|corr|pesq|stoi|jaccard|hota|mota|idf1|elbo|likelihood|gmean|pq"
)
_DIRECTIONS = {
    **dict.fromkeys(_FALLING.split("|"), Comparison.LOWER),
    **dict.fromkeys(_RISING.split("|"), Comparison.HIGHER),
}
_UNDIRECTED = frozenset({"score", "scores", "metric", "metrics", "fitness", "objective"})
_WORDS = r"[A-Za-z]+(?:_?[0-9]+)?"
_HUMPS = r"[A-Z]?[a-z]+[0-9]*|[A-Z]+(?![a-z])[0-9]*"
_JOINED = r"(?:train|valid|val|eval|test|dev|avg|mean|best|total)(?=[a-z])"


def _words(metric: str) -> list[str]:
    """Split a name into lower-case words; ``valLoss`` and ``valloss`` have two, ``f_1`` is ``f1``."""
    words: list[str] = []
    for word in compiled(_WORDS).findall(metric):
        lower = word.lower().replace("_", "")
        if lower in _DIRECTIONS or lower in _UNDIRECTED:
            words.append(lower)
        else:
            humps = compiled(_HUMPS).findall(word.partition("_")[0])
            words.extend(compiled(_JOINED).sub("", hump.lower(), count=1) for hump in humps)
    return words


@lru_cache(maxsize=1024)
def names_a_metric(text: str) -> bool:
    """Return whether ``text`` contains a known word for a metric, such as ``loss`` or ``score``."""
    return any(word in _DIRECTIONS or word in _UNDIRECTED for word in _words(text))


@lru_cache(maxsize=1024)
def usual_direction(metric: str) -> Comparison | None:
    """Return the direction in which a metric usually improves, by its name; None when it is unknown.

    ``val_loss`` falls, ``top1_acc`` rises, ``score`` may do either. ``neg_`` reverses the direction. The last
    known word decides: ``loss_acc`` is an accuracy.
    """
    words = _words(metric)
    known = [_DIRECTIONS[word] for word in words if word in _DIRECTIONS]
    if not known:
        return None
    if any(word in ("neg", "negative") for word in words):
        return Comparison.HIGHER if known[-1] is Comparison.LOWER else Comparison.LOWER
    return known[-1]


def direction_for(metric: str, chosen: Comparison | None = None) -> Comparison:
    """Return the chosen direction, else the usual one of the metric, else ``LOWER``."""
    return chosen or usual_direction(metric) or Comparison.LOWER
