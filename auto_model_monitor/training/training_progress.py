"""The progress of a training, derived from its log entries."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..log_parser import LogEntry, Number, Stage
from .tasks import Extremes, Task

MAX_METRICS = 500  # per training; further names of a log that invents them are ignored
_MAX_EPOCH = 1_000_000_000  # larger numbers are no epochs
COUNTERS = frozenset(("epoch", "total_epochs"))
_LAST_STAGES = (Stage.VALIDATION, Stage.EPOCH_END)  # the latter also for lines with both losses


@dataclass(slots=True)
class TrainingProgress:
    """A summary of a log, updated entry by entry.

    An epoch has finished when its validation is logged, or when the next one begins. A log that counts epochs
    from 0 is recognised by its epoch 0.

    Attributes:
        total_epochs: the number of epochs.
        current_epoch: the last epoch, 0 before the first.
        finished: the number of finished epochs.
        from_zero: the first epoch is number 0.
        stage: the last stage.
        completed: the log reports that the training has completed.
        latest: the last value of each metric.
        extremes: the smallest and the largest finite value of each metric.
    """

    total_epochs: int
    current_epoch: int = 0
    finished: int = 0
    from_zero: bool = False
    stage: Stage | None = None
    completed: bool = False
    latest: dict[str, Number] = field(default_factory=dict)
    extremes: dict[str, Extremes] = field(default_factory=dict)

    @classmethod
    def of(cls, task: Task, state: Mapping[str, Any]) -> TrainingProgress:
        """Return the progress of a stored task.

        Args:
            task: the task.
            state: what :meth:`state` returned; empty for a task without a log.
        """
        extremes = {name: Extremes(*values) for name, values in state.get("extremes", {}).items()}
        return cls(
            total_epochs=task.total_epochs,
            current_epoch=task.current_epoch,
            finished=state.get("finished", 0),
            from_zero=state.get("from_zero", False),
            stage=task.stage,
            completed=state.get("completed", False),
            latest=dict(task.latest_metrics),
            extremes=extremes,
        )

    @property
    def progress(self) -> int:
        """Percent of the epochs that have finished, at most 99: only a completed task reaches 100."""
        return min(99, 100 * self.finished // max(1, self.total_epochs))

    def update(self, entries: Iterable[LogEntry], learning_rate: float) -> None:
        """Add entries, in their order.

        Args:
            entries: the next entries.
            learning_rate: the requested rate; the latest one until the log reports another.
        """
        for entry in entries:
            if entry.stage is not None:
                self.stage = entry.stage
                self.completed = self.completed or entry.stage is Stage.COMPLETED
            if entry.own_metrics or entry.stage is not None:
                self._count_epochs(entry)
            if entry.own_metrics:
                self._record_metrics(entry, learning_rate)

    def _count_epochs(self, entry: LogEntry) -> None:
        epoch, total = entry.metrics.get("epoch"), entry.own_metrics.get("total_epochs")
        if isinstance(total, int) and 0 < total <= _MAX_EPOCH:
            self.total_epochs = total
        if not isinstance(epoch, int) or not 0 <= epoch <= _MAX_EPOCH:
            return
        if epoch == 0:
            self.from_zero = True
        begun = epoch + self.from_zero
        ended = begun if entry.stage in _LAST_STAGES else begun - 1
        if entry.stage is not Stage.COMPLETED or epoch > self.current_epoch:
            self.current_epoch = epoch  # a last line may name the epoch of the best
        self.finished = max(self.finished, ended)

    def _record_metrics(self, entry: LogEntry, learning_rate: float) -> None:
        if not self.latest:
            self.latest["learning_rate"] = learning_rate
        for name in COUNTERS & entry.metrics.keys():
            self.latest[name] = entry.metrics[name]
        epoch = entry.metrics.get("epoch")
        for name, value in entry.own_metrics.items():
            if name in self.latest or len(self.latest) < MAX_METRICS:
                self.latest[name] = value
                if name not in COUNTERS and math.isfinite(value):
                    self._update_extremes(name, value, epoch if isinstance(epoch, int) else None)

    def _update_extremes(self, name: str, value: Number, epoch: int | None) -> None:
        known = self.extremes.get(name)
        if known is None:
            self.extremes[name] = Extremes(value, epoch, value, epoch)
        elif value < known.smallest:
            self.extremes[name] = known._replace(smallest=value, smallest_epoch=epoch)
        elif value > known.largest:
            self.extremes[name] = known._replace(largest=value, largest_epoch=epoch)

    def state(self) -> dict[str, Any]:
        """Return the part that a :class:`Task` does not contain, for JSON."""
        return {
            "finished": self.finished,
            "from_zero": self.from_zero,
            "completed": self.completed,
            "extremes": self.extremes,
        }
