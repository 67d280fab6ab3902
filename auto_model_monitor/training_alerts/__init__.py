"""Rules and alerts for the trainings that a dispatcher runs."""

from __future__ import annotations

from .training_monitor import TrainingMonitor

__all__ = ["TrainingMonitor"]
