"""Whether a threshold and the scores are on the same scale: 90 is none of values between 0 and 1."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import TypeGuard

from ...core.alerts import Alert
from ...core.comparison import usual_direction
from ...core.near_names import words_of_metric
from ...core.numbers import compiled
from ...core.readings import ReadingBatch, is_of_every_group
from ...i18n import number_text
from ...rules import CrossingRule, Rule, ThresholdRule

logger = logging.getLogger(__name__)

# Metrics that are shares, and are written as 0.93 or as 93.
_SHARES = (
    r"acc[15]?|accuracy|auc|auroc|auprc|ap(?:50|75)?|map(?:50|75)?|m?iou|fwiou|dice|f[12]|fbeta|fscore|precision|"
    r"recall|sensitivity|specificity|top[135]|bleu4?|chrf|rouge[12l]?|ndcg|mrr|hits?|pck|oks|em|jaccard|hota|mota|"
    r"idf1|wer|cer|ter|eer|pq|ssim"
)
_ERROR_RATES = frozenset({"wer", "cer", "ter"})  # as shares they exceed 1 at first
_NO_SHARES = r"loss(?:es)?|rew(?:ards?)?|returns?|psnr|mse|mae|rmse"
_SURELY = 0.5  # a share; as a percentage it would be that of the first minutes of a training
_ENOUGH = 3  # smaller values of a share
_SAMPLE = 100


class ScaleCheck:
    """Questions, once for each rule, a threshold on another scale than the values.

    Args:
        rules: the rules; those with a threshold are checked.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = [rule for rule in rules if _has_threshold(rule)]
        self._values: dict[str, list[float]] = {}

    def __call__(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Compare the thresholds with the values so far."""
        if not self._rules or not len(readings):
            return
        for reading in readings.sample(_SAMPLE):
            values = self._values.setdefault(reading.metric, [])
            if len(values) < _SAMPLE:
                values.append(reading.value)
        self._question(readings.score, enough=_ENOUGH)

    def warn_at_the_end(self) -> None:
        """Question a threshold although few values have come."""
        self._question("", enough=1)

    def _question(self, score: str, *, enough: int) -> None:
        for rule in list(self._rules):
            metric = rule.metric or score
            values = (
                self._of_every_group(metric) if is_of_every_group(metric) else self._values.get(metric, ())
            )
            question = scale_question(rule.threshold, metric, values, enough=enough)
            if question:
                self._rules.remove(rule)
                logger.warning("rule %s: %s", rule.name, question)

    def _of_every_group(self, metric: str) -> Sequence[float]:
        of_groups = (values for name, values in self._values.items() if name.startswith(metric[:-1]))
        return [value for values in of_groups for value in values]


def _has_threshold(rule: Rule) -> TypeGuard[ThresholdRule | CrossingRule]:
    return isinstance(rule, ThresholdRule) or (isinstance(rule, CrossingRule) and rule.against is None)


def scale_question(threshold: float, metric: str, values: Sequence[float], *, enough: int = 1) -> str:
    """Return a question about a threshold that is on another scale than the values, else nothing.

    Args:
        threshold: the threshold.
        metric: the metric of the values.
        values: the values so far.
        enough: how many values show the scale, unless one of them does by itself.
    """
    finite = [value for value in values if math.isfinite(value)]
    if not finite or not _is_share(metric, threshold):
        return ""
    low, high = min(finite), max(finite)
    least = 5 if _ERROR_RATES.intersection(words_of_metric(metric)) else 2
    if 1 < threshold <= 100 and low >= 0 and high <= 1:
        if high < _SURELY and len(finite) < enough:
            return ""
        meant, scale = threshold / 100, "lies between 0 and 1"
    elif 0 < threshold < 1 and low >= 0 and least < high <= 100:
        meant, scale = threshold * 100, "is a percentage"
    else:
        return ""
    example = number_text(finite[-1])
    return (
        f"the threshold is {number_text(threshold)}, but {metric} {scale}, such as {example}: "
        f"is {number_text(round(meant, 10))} meant?"
    )


def _is_share(metric: str, threshold: float) -> bool:
    words = words_of_metric(metric)
    if any(map(compiled(_NO_SHARES).fullmatch, words)):
        # A loss between 0 and 1 is below 90, but no loss is watched for that.
        return "loss" in words and threshold >= 20
    return any(map(compiled(_SHARES).fullmatch, words)) or (
        usual_direction(metric) is None and threshold > 20
    )
