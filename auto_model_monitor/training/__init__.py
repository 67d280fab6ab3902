"""Trainings that are started, watched and stopped: the queue, the processes, and what their logs said."""

from __future__ import annotations

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
from .tasks import Extremes, MetricRow, StoredEntry, Task, TaskState, Transition
from .trainer import Trainer

__all__ = [
    "Dispatcher",
    "Extremes",
    "Limits",
    "Listener",
    "MetricRow",
    "QueueFullError",
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
]
