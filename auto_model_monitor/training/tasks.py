"""Values that describe one task: its state, progress and log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from ..log_parser import LogEntry, Number, Stage
from .request import TrainingRequest


class TaskState(str, Enum):
    """The state of a task."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether no other state follows."""
        return self in _FINAL


_FINAL = frozenset((TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A snapshot of one task.

    Attributes:
        id: unique, assigned by the store.
        trainer: the name of the trainer that runs it.
        request: the parameters, with the device's full name, such as ``cuda:0``.
        state: pending, running, completed, failed or cancelled.
        device: the request's device.
        progress: percent of the epochs that have finished; 100 only for a completed task.
        current_epoch: the last epoch in the log, 0 before the first.
        total_epochs: the number of epochs by the log, by the request until the log reports it.
        latest_metrics: the last value of each metric in the log.
        stage: the last stage in the log.
        reason: why it is in its state, such as ``exit status 1: ValueError: no images in /data``.
        exit_code: the exit status, or minus the signal's number; None while it runs or if unknown.
        cancelling: it runs, and its cancellation has been requested.
        last_seq: the number of the last log entry, 0 before the first.
        first_seq: the number of the first log entry that is still stored.
        created_at: in UTC, as all times.
        updated_at: the time of the last change.
        started_at: the time at which its process started, None before.
        finished_at: the time at which its process ended, None before.
        first_epoch: the number that the log gives its first epoch, 0 or 1.
        task_type: the kind of task.
    """

    id: str
    trainer: str
    request: TrainingRequest
    state: TaskState
    device: str
    total_epochs: int
    created_at: datetime
    updated_at: datetime
    progress: int = 0
    current_epoch: int = 0
    latest_metrics: Mapping[str, Number] = field(default_factory=dict)
    stage: Stage | None = None
    reason: str = ""
    exit_code: int | None = None
    cancelling: bool = False
    last_seq: int = 0
    first_seq: int = 1
    started_at: datetime | None = None
    finished_at: datetime | None = None
    first_epoch: int = 1
    task_type: str = "training"


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a task's state.

    Attributes:
        state: the new state.
        time: in UTC.
        reason: why it changed.
    """

    state: TaskState
    time: datetime
    reason: str


class StoredEntry(NamedTuple):
    """A stored log entry.

    Attributes:
        seq: its number in the task, from 1.
        data: its JSON in one line, UTF-8.
        entry: the entry itself, for listeners; None if it was read from the store.
    """

    seq: int
    data: bytes
    entry: LogEntry | None = None


class MetricRow(NamedTuple):
    """One value of a metric.

    Attributes:
        seq: the number of its log entry.
        time: the entry's time, in UTC.
        epoch: the epoch, None if unknown.
        metric: the metric's name.
        value: the value as logged; may be NaN or infinite.
    """

    seq: int
    time: datetime
    epoch: int | None
    metric: str
    value: Number


class Extremes(NamedTuple):
    """The smallest and the largest finite value of one metric, each with its epoch."""

    smallest: Number
    smallest_epoch: int | None
    largest: Number
    largest_epoch: int | None


class LogPosition(NamedTuple):
    """How far a task's log has been read.

    Attributes:
        offset: in bytes.
        identity: identifies the file that was read.
        reader: the state of the log reader.
    """

    offset: int = 0
    identity: str = ""
    reader: Mapping[str, Any] = {}


class ResumePoint(NamedTuple):
    """What a dispatcher needs to resume following a task.

    Attributes:
        attempt: the number of launches so far.
        cancel_reason: why a cancellation was requested, None if it was not.
        position: how far the log has been read.
    """

    attempt: int = 0
    cancel_reason: str | None = None
    position: LogPosition = LogPosition()
