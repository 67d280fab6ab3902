"""How far a training is, by what its log has said so far."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..log_parser import LogEntry, Number, Stage
from .tasks import Extremes

MOST_NAMES = 500  # different metrics a training; a log that makes up more names is cut off there
_LARGEST = 1_000_000_000  # what is still believed to be an epoch
COUNTERS = frozenset(("epoch", "total_epochs"))
_ENDING = (Stage.VALIDATION, Stage.EPOCH_END)  # the second also of lines that hold both losses


@dataclass(slots=True)
class TrainingProgress:
    """What a log has said, summed up; it takes the entries one by one.

    An epoch has finished when its validation has been logged, or when the next one has begun. Epochs that
    are counted from 0 are known by the first of them.

    Attributes:
        total_epochs: how many there will be.
        current_epoch: the epoch that was named last, 0 before the first.
        finished: how many have finished.
        from_zero: the first epoch is number 0.
        stage: the stage that was named last.
        completed: the log has said that the training has completed.
        latest: the last value of each metric.
        extremes: the smallest and largest finite value of each metric.
    """

    total_epochs: int
    current_epoch: int = 0
    finished: int = 0
    from_zero: bool = False
    stage: Stage | None = None
    completed: bool = False
    latest: dict[str, Number] = field(default_factory=dict)
    extremes: dict[str, Extremes] = field(default_factory=dict)

    @property
    def progress(self) -> int:
        """Percent of the epochs that have finished, at most 99: only an end makes it 100."""
        return min(99, 100 * self.finished // max(1, self.total_epochs))

    def take(self, entries: Iterable[LogEntry], learning_rate: float) -> None:
        """Go on with further entries.

        Args:
            entries: in their order.
            learning_rate: what was asked for; it is the latest one until the log says another.
        """
        for entry in entries:
            if entry.stage is not None:
                self.stage = entry.stage
                self.completed = self.completed or entry.stage is Stage.COMPLETED
            if entry.own_metrics or entry.stage is not None:
                self._count(entry)
            if entry.own_metrics:
                self._remember(entry, learning_rate)

    def _count(self, entry: LogEntry) -> None:
        epoch, total = entry.metrics.get("epoch"), entry.own_metrics.get("total_epochs")
        if isinstance(total, int) and 0 < total <= _LARGEST:
            self.total_epochs = total
        if not isinstance(epoch, int) or not 0 <= epoch <= _LARGEST:
            return
        if epoch == 0:
            self.from_zero = True
        begun = epoch + self.from_zero
        ended = begun if entry.stage in _ENDING else begun - 1
        self.current_epoch = epoch
        self.finished = max(self.finished, ended)

    def _remember(self, entry: LogEntry, learning_rate: float) -> None:
        if not self.latest:
            self.latest["learning_rate"] = learning_rate
        for name in COUNTERS & entry.metrics.keys():
            self.latest[name] = entry.metrics[name]
        epoch = entry.metrics.get("epoch")
        for name, value in entry.own_metrics.items():
            if name in self.latest or len(self.latest) < MOST_NAMES:
                self.latest[name] = value
                if name not in COUNTERS and math.isfinite(value):
                    self._extend(name, value, epoch if isinstance(epoch, int) else None)

    def _extend(self, name: str, value: Number, epoch: int | None) -> None:
        known = self.extremes.get(name)
        if known is None:
            self.extremes[name] = Extremes(value, epoch, value, epoch)
        elif value < known.smallest:
            self.extremes[name] = known._replace(smallest=value, smallest_epoch=epoch)
        elif value > known.largest:
            self.extremes[name] = known._replace(largest=value, largest_epoch=epoch)

    def rest(self) -> dict[str, Any]:
        """Return what a task does not show, as JSON can hold it."""
        return {
            "finished": self.finished,
            "from_zero": self.from_zero,
            "completed": self.completed,
            "extremes": self.extremes,
        }

    def resume(self, rest: Mapping[str, Any]) -> None:
        """Take in what :meth:`rest` returned."""
        self.finished = rest.get("finished", 0)
        self.from_zero = rest.get("from_zero", False)
        self.completed = rest.get("completed", False)
        self.extremes = {name: Extremes(*values) for name, values in rest.get("extremes", {}).items()}
