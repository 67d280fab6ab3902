"""Reads a log line by line, and knows at each line which epoch it belongs to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from .entries import LogEntry, Number, Said, Stage
from .pattern import LogPattern
from .table import built_in

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_COMPLETED = re.compile(r"(?i)^\s*training (?:is )?(?:completed?|finished|done)\b")
_PREFIX = re.compile(
    r"[\[(]?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?[\])]?"
    r"(?:\s*[-|:]?\s*(?P<name>[\w.]+))??\s*[-|:]?\s*\[?(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)\]?\s*[-|:]?\s+"
)


class LogReader:
    """Reads one log; there is one reader for each.

    Attributes:
        epoch: the epoch that was named last, None before the first.
        total_epochs: how many there will be, None while unknown.
    """

    def __init__(self, patterns: Sequence[LogPattern | str] = ()) -> None:
        """Take the user's own patterns, which are asked before the built-in ones."""
        self.epoch: int | None = None
        self.total_epochs: int | None = None
        self._own: list[LogPattern] = []
        self._built_in = built_in()
        for pattern in patterns:
            self.add_pattern(pattern)

    def add_pattern(self, pattern: LogPattern | str) -> None:
        """Read a further format from now on.

        Raises:
            ConfigError: a text is no regex with named groups.
        """
        self._own.append(pattern if isinstance(pattern, LogPattern) else LogPattern(pattern))

    def said(self, line: str) -> Said | None:
        """Return what a line itself says, None when it says nothing; remember the epoch it names."""
        metrics: dict[str, Number] = {}
        stage: Stage | None = None
        step: int | None = None
        for pattern in (*self._own, *self._built_in):
            said = pattern.said(line)
            if said is not None:
                metrics = {**said.metrics, **metrics}
                stage = stage or said.stage
                step = said.step if step is None else step
        if stage is None and _COMPLETED.match(line):
            stage = Stage.COMPLETED
        if not metrics and stage is None:
            return None
        if "epoch" in metrics:
            self.epoch = int(metrics["epoch"])
        if "total_epochs" in metrics:
            self.total_epochs = int(metrics["total_epochs"])
        return Said(metrics, stage, step)

    def read(self, line: str, *, time: datetime, level: str = "INFO") -> LogEntry:
        """Return the entry of one complete line.

        Args:
            line: the text, without its line break.
            time: when it was written or read, with its zone.
            level: its level, where the line names none.
        """
        text = _ANSI.sub("", line) if "\x1b" in line else line
        found = _PREFIX.match(text)
        if found is not None:
            text, level = text[found.end() :], found["level"]
        said = self.said(text)
        if said is None:
            return LogEntry(timestamp=time, level=level, message=text)
        carried: dict[str, Number] = {}
        if said.metrics and self.epoch is not None:
            carried["epoch"] = self.epoch
        if said.metrics and self.total_epochs is not None:
            carried["total_epochs"] = self.total_epochs
        return LogEntry(
            timestamp=time,
            level=level,
            message=text,
            metrics={**carried, **said.metrics},
            stage=said.stage,
            said=said.metrics,
            step=said.step,
        )

    def state(self) -> dict[str, Any]:
        """Return what JSON can hold and :meth:`resume` takes."""
        return {"epoch": self.epoch, "total_epochs": self.total_epochs}

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on where another reader of the same log stopped."""
        self.epoch = state.get("epoch")
        self.total_epochs = state.get("total_epochs")
