"""The store of tasks: their state, log entries and metrics, in one SQLite file."""

from __future__ import annotations

from .log_rows import Limits
from .task_store import TaskStore

__all__ = ["Limits", "TaskStore"]
