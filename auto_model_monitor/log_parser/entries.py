"""What one line of a training log holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from typing import Any, NamedTuple

Number = int | float


class Stage(str, Enum):
    """Where a training is."""

    EPOCH_START = "epoch_start"
    TRAINING = "training"
    VALIDATION = "validation"
    EPOCH_END = "epoch_end"
    COMPLETED = "completed"


class ParsedLine(NamedTuple):
    """What a line itself holds, without what the lines before it imply.

    Attributes:
        metrics: the numbers under their names; ``epoch`` and ``total_epochs`` are integers.
        stage: the stage that the line belongs to, None for none.
        step: the step, batch or boosting round that the line gives, if any.
    """

    metrics: dict[str, Number]
    stage: Stage | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of a log.

    Attributes:
        timestamp: when it was written, with its zone.
        level: its level, such as ``INFO``.
        message: its text without colours and without what a logging format puts before it.
        metrics: its metrics, with the epoch and the number of epochs known from the lines before; empty
            for a line without a metric.
        stage: the stage of the training, None for a line that names none.
        own_metrics: the metrics of the line itself, for a history.
        step: the step that it gives, if any.
    """

    timestamp: datetime
    level: str
    message: str
    metrics: Mapping[str, Number] = field(default_factory=dict)
    stage: Stage | None = None
    own_metrics: Mapping[str, Number] = field(default_factory=dict)
    step: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return what JSON can hold: a number that is not finite becomes None."""
        stamp = self.timestamp.astimezone(timezone.utc).isoformat(timespec="milliseconds")
        return {
            "timestamp": stamp.replace("+00:00", "Z"),
            "level": self.level,
            "message": self.message,
            "metrics": {
                name: value if math.isfinite(value) else None for name, value in self.metrics.items()
            },
            "stage": None if self.stage is None else self.stage.value,
        }
