"""Trainings as tasks: the queue, the processes, and the metrics of their logs."""

from __future__ import annotations

from .devices import visible_device
from .dispatcher import Dispatcher, Listener
from .request import TrainingRequest
from .store import Limits, TaskStore
from .task_errors import (
    QueueFullError,
    StoreError,
    TaskStateError,
    TrainingError,
    UnknownTaskError,
    UnknownTrainerError,
)
from .tasks import Extremes, LogPosition, MetricRow, ResumePoint, StoredEntry, Task, TaskState, Transition
from .trainer import Trainer

__all__ = [
    "Dispatcher",
    "Extremes",
    "Limits",
    "Listener",
    "LogPosition",
    "MetricRow",
    "QueueFullError",
    "ResumePoint",
    "StoreError",
    "StoredEntry",
    "Task",
    "TaskState",
    "TaskStateError",
    "TaskStore",
    "Trainer",
    "TrainingError",
    "TrainingRequest",
    "Transition",
    "UnknownTaskError",
    "UnknownTrainerError",
    "visible_device",
]
