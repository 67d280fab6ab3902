"""The metric of a log that is meant where a rule names none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from ..core.comparison import Comparison, usual_direction
from ..core.readings import Reading, ReadingBatch

# What is measured of a validation, or by one alone.
_VALIDATION = ("val", "eval", "test", "top1_acc", "top3_acc", "top5_acc", "map", "macro_f1", "micro_f1")
_LINES_WITHOUT = 200  # numbers after which a log without a validation is one that has none


class DefaultMetric:
    """Finds a log's score, once: the loss of the validation, else its accuracy, else those of the training.

    As long as only the training has spoken nothing is decided, until a second epoch or many lines show that
    no validation will.

    Args:
        metric: the metric that the user named, which goes before all others.
    """

    def __init__(self, metric: str | None = None) -> None:
        self.metric = metric or ""
        self._seen: dict[str, None] = {}
        self._epochs: set[int] = set()
        self._numbers = 0

    def batch(self, readings: Sequence[Reading], *, time: datetime, seconds: float) -> ReadingBatch:
        """Return the readings of one look, in their order, with what is known of the score."""
        self.learn(
            [reading.metric for reading in readings],
            [reading.epoch for reading in readings if reading.epoch is not None],
        )
        return ReadingBatch(time=time, seconds=seconds, others=readings, score=self.metric)

    def learn(self, metrics: Collection[str], epochs: Iterable[int]) -> None:
        """Add the next numbers of the log.

        Args:
            metrics: the metric of each number.
            epochs: the epochs that occur.
        """
        if self.metric:
            return
        self._seen.update((metric, None) for metric in metrics if usual_direction(metric))
        self._epochs.update(epochs)
        self._numbers += len(metrics)
        validation = [metric for metric in self._seen if metric.lower().startswith(_VALIDATION)]
        has_none = len(self._epochs) > 1 or self._numbers > _LINES_WITHOUT
        candidates = validation or ([*self._seen] if has_none else [])
        losses = [metric for metric in candidates if usual_direction(metric) is Comparison.LOWER]
        self.metric = next(iter([*losses, *candidates]), "")
        if self.metric:
            self._seen.clear()
            self._epochs.clear()
