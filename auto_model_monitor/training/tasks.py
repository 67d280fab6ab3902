"""What is known of one training: its state, how far it is, and what its log said last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from ..log_parser import LogEntry, Number, Stage
from .request import TrainingRequest


class TaskState(str, Enum):
    """Where a task is in its life."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing follows it."""
        return self in _FINAL


_FINAL = frozenset((TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One training, as it was when the store was asked.

    Attributes:
        id: unique, chosen by the store.
        trainer: the name of the trainer that runs it.
        request: what was asked for, its device by its full name, such as ``cuda:0``.
        state: pending, running, completed, failed or cancelled.
        device: the request's device.
        progress: percent of the epochs that have finished; 100 only when the task has completed.
        current_epoch: the epoch that the log named last, 0 before the first.
        total_epochs: how many there will be: what the log says, until then what was asked for.
        latest_metrics: the last value of each metric that was logged, over the whole training.
        stage: the stage that the log named last.
        reason: why it is in its state, such as ``exit status 1: ValueError: no images in /data``.
        exit_code: the trainer's exit status, minus the signal's number where one ended it; None while it
            runs, and where it will never be known.
        cancelling: it runs, and has been asked to end.
        last_seq: the number of the last log entry, 0 before the first.
        first_seq: the number of the first log entry that is still kept.
        created_at: in UTC, as are all times.
        updated_at: when anything of the task changed last.
        started_at: when its process was started, None before.
        finished_at: when its process ended, None before.
        task_type: what kind of task it is.
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
    task_type: str = "training"


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a task's state.

    Attributes:
        state: what it became.
        time: when, in UTC.
        reason: why.
    """

    state: TaskState
    time: datetime
    reason: str


class StoredEntry(NamedTuple):
    """An entry of a task's log as it is kept.

    Attributes:
        seq: its number in the task: 1, 2, 3 …
        data: its JSON in one line, UTF-8.
        entry: what the JSON was made of, for listeners; None where it was read from the store.
    """

    seq: int
    data: bytes
    entry: LogEntry | None = None


class MetricRow(NamedTuple):
    """One number that a task's log said.

    Attributes:
        seq: the number of the entry that said it.
        time: the entry's time, in UTC.
        epoch: the epoch that it belongs to, None where none was known.
        metric: its name.
        value: the number as logged; may be NaN or infinite.
    """

    seq: int
    time: datetime
    epoch: int | None
    metric: str
    value: Number


class Extremes(NamedTuple):
    """The smallest and the largest finite value of one metric, each with its epoch.

    Which of the two is the best is for others to say.
    """

    smallest: Number
    smallest_epoch: int | None
    largest: Number
    largest_epoch: int | None
