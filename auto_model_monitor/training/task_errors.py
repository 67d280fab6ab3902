"""The errors of tasks, their queue and their store."""

from __future__ import annotations

from ..core.errors import MonitorError


class TrainingError(MonitorError):
    """Base of the errors of tasks."""


class UnknownTaskError(TrainingError, LookupError):
    """The store does not contain the task.

    Args:
        task_id: the requested id.
    """

    def __init__(self, task_id: str) -> None:
        super().__init__(f"there is no task {task_id!r}")
        self.task_id = task_id


class TaskStateError(TrainingError, ValueError):
    """The task's state does not allow the operation."""


class QueueFullError(TrainingError, RuntimeError):
    """The queue is full until one of its tasks starts."""


class UnknownTrainerError(TrainingError, LookupError):
    """The trainer is not configured."""


class StoreError(TrainingError, OSError):
    """The store cannot be opened, read or written at the moment, as on a full disk."""
