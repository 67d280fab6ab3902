"""The errors of the trainings that are started and watched."""

from __future__ import annotations

from ..core.errors import MonitorError


class TrainingError(MonitorError):
    """Base of what goes wrong with tasks."""


class UnknownTaskError(TrainingError, LookupError):
    """A task that the store does not hold."""

    def __init__(self, task_id: str) -> None:
        """Take the id that was asked for."""
        super().__init__(f"there is no task {task_id!r}")
        self.task_id = task_id


class TaskStateError(TrainingError, ValueError):
    """A task that is in the wrong state for what is asked of it."""


class QueueFullError(TrainingError, RuntimeError):
    """A queue that takes no further task until one of those in it has started."""


class UnknownTrainerError(TrainingError, LookupError):
    """A trainer that the server's owner has not configured."""


class StoreError(TrainingError, OSError):
    """A store that cannot be opened, read or written at the moment, as on a full disk."""
