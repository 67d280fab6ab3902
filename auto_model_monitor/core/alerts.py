"""Alerts: the facts that a person should know."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from .comparison import Comparison
from .metric_history import Point
from .readings import Reading


class Level(Enum):
    """How urgent an alert is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class AlertKind(Enum):
    """The subject of an alert: it decides the words, not the urgency."""

    HIT = "hit"
    NOT_FINITE = "not_finite"
    STALLED = "stalled"
    PLATEAU = "plateau"
    DIVERGED = "diverged"
    DISK = "disk"
    GPU_IDLE = "gpu_idle"
    GPU_MEMORY = "gpu_memory"
    GPU_TEMPERATURE = "gpu_temperature"
    FINISHED = "finished"
    CRASHED = "crashed"
    INTERRUPTED = "interrupted"
    PREEMPTED = "preempted"
    TIMED_OUT = "timed_out"
    STOPPED = "stopped"
    UNDELIVERED = "undelivered"
    STARTED = "started"
    TIME_SHORT = "time_short"


#: One fact of an alert's own kind, as JSON can hold it.
Detail = str | int | float | None


def _new_id() -> str:
    return os.urandom(16).hex()


def alert_key(rule: str, model: str | None = None, group: str | None = None) -> str:
    """Return the key under which an outbox finds the last alert of a rule about a model and a group."""
    if model is None and group is None:
        return rule
    return "\n".join([rule, model or "", *([] if group is None else [group])])


_URGENCY = {level: urgency for urgency, level in enumerate(Level)}


def is_as_urgent(level: Level, least: Level) -> bool:
    """Return whether a level is ``least`` or more urgent."""
    return _URGENCY[level] >= _URGENCY[least]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One fact that a rule found; it stays true whether or not its delivery succeeds.

    Attributes:
        id: unique, and the same in every attempt to deliver it.
        rule: the name of the rule that found it.
        time: when it was found, with its zone.
        kind: what it is about.
        level: how urgent it is; a resolved alert has the level of what it resolves, so that both reach the
            same notifiers.
        resolved: True when it ends the condition that an earlier alert of the rule reported.
        reading: the reading that it is about, or the last one before a silence; None when there is none.
        comparison: the direction in which the reading improves, where that matters.
        threshold: what the reading was compared with, if anything.
        previous_best: the value that was last reported, or the best so far; None when there is none.
        details: the facts of its kind, such as ``silent_seconds`` or ``free_bytes``.
        model: the model in production that it is about; None where there is but one.
        group: the group that it is about, such as ``sex:f``; None for all rows.
        history: the readings of the same metric so far, for the renderer; the outbox does not store them.
    """

    rule: str
    time: datetime
    kind: AlertKind = AlertKind.HIT
    level: Level = Level.INFO
    resolved: bool = False
    reading: Reading | None = None
    comparison: Comparison | None = None
    threshold: float | None = None
    previous_best: float | None = None
    details: Mapping[str, Detail] = field(default_factory=dict, hash=False)
    model: str | None = None
    group: str | None = None
    history: Sequence[Point] = field(default=(), repr=False, compare=False)
    id: str = field(default_factory=_new_id)

    @property
    def key(self) -> str:
        """The name of its rule, and with that the model and the group where there are such."""
        return alert_key(self.rule, self.model, self.group)

    @property
    def improvement(self) -> float | None:
        """The gain over the value that was last reported; None for the first alert."""
        if self.previous_best is None or self.reading is None or self.comparison is None:
            return None
        return self.comparison.gain(self.reading.value, self.previous_best)


def most_urgent(alerts: Sequence[Alert]) -> Level:
    """Return the most urgent level of at least one alert."""
    return max((alert.level for alert in alerts), key=_URGENCY.__getitem__)


def worst_first(alerts: Iterable[Alert]) -> list[Alert]:
    """Sort alerts for a reader: what holds before what is resolved, by urgency, then by distance.

    The distance is that from the threshold, relative to it, so that different metrics compare.
    """
    return sorted(alerts, key=lambda alert: (alert.resolved, -_URGENCY[alert.level], -_distance(alert)))


def _distance(alert: Alert) -> float:
    if alert.reading is None or alert.threshold is None:
        return 0.0
    distance = abs(alert.reading.value - alert.threshold) / (abs(alert.threshold) or 1.0)
    return math.inf if math.isnan(distance) else distance
