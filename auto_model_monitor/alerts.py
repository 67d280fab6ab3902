"""Alerts: facts that somebody should hear of."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from .comparison import Comparison
from .readings import Reading


class Level(Enum):
    """How urgent an alert is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


def _new_id() -> str:
    return os.urandom(16).hex()


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One fact that a rule found; it stays true whether or not anybody could be told.

    Attributes:
        id: unique, and the same over every attempt to deliver it.
        rule: the name of the rule that found it.
        time: when the reading was seen, with its zone.
        reading: what it is about.
        comparison: the direction in which the reading improves.
        threshold: what the reading was compared with.
        previous_best: the value that was last reported, None at the first alert.
        level: how urgent it is.
    """

    rule: str
    time: datetime
    reading: Reading
    comparison: Comparison
    threshold: float
    previous_best: float | None = None
    level: Level = Level.INFO
    id: str = field(default_factory=_new_id)

    @property
    def improvement(self) -> float | None:
        """By how much the reading is better than what was last reported; None at the first alert."""
        if self.previous_best is None:
            return None
        return self.comparison.gain(self.reading.value, self.previous_best)
