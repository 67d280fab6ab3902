"""What the lines of training logs say: the formats, and the reader that goes through a log with them."""

from __future__ import annotations

from .entries import LogEntry, Number, ParsedLine, Stage
from .log_pattern import LogPattern
from .reader import LogReader

__all__ = ["LogEntry", "LogPattern", "LogReader", "Number", "ParsedLine", "Stage"]
