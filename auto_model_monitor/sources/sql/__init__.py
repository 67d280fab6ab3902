"""Metrics that lie in databases: a source that reads them, and the table that programs write them into."""

from __future__ import annotations

from . import performance_data

__all__ = ["performance_data"]
