"""Parses the lines of training logs: the known formats, and the reader that applies them."""

from __future__ import annotations

from .entries import LogEntry, Number, ParsedLine, Stage
from .log_pattern import LogPattern
from .reader import LogReader

__all__ = ["LogEntry", "LogPattern", "LogReader", "Number", "ParsedLine", "Stage"]
