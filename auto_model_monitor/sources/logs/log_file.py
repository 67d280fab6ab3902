"""The log file of a training, read while it is written."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from ...core.clocks import Clock
from ...log_parser import LogEntry, LogPattern, LogReader
from ..tail.line_follower import LineFollower
from .log_scan import LogScan
from .log_source import LogSource


class LogFileSource(LogSource):
    """Reads the numbers in a log file, through truncation and rotation; see :class:`.LineFollower`.

    Args:
        path: the file, which need not exist yet.
        patterns: formats besides those that are known.
        from_start: False skips what is there at the first poll.
        metric: the metric that is meant where a rule names none; by default the loss of the validation, or
            what comes next to it.
        clock: the time; by default the machine's.
        on_entry: called with each entry that holds a number or a stage, line by line.
        every_line: call ``on_entry`` with all other lines, too, which takes longer.
        tail_bytes: of the log that is there at the first poll, call ``on_entry`` for these last bytes only.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        patterns: Sequence[LogPattern | str] = (),
        *,
        from_start: bool = True,
        metric: str | None = None,
        clock: Clock | None = None,
        on_entry: Callable[[LogEntry], None] | None = None,
        every_line: bool = False,
        tail_bytes: int | None = None,
    ) -> None:
        whole = os.path.abspath(path)  # noqa: PTH100 - as it is meant now, links not followed
        self._reader = LogReader(patterns)
        scan = LogScan(
            LineFollower(path),
            self._reader,
            label=os.path.basename(whole),  # noqa: PTH119
            path=whole,
            clock=clock,
            on_entry=on_entry,
            every_line=every_line,
            tail_bytes=tail_bytes,
        )
        super().__init__(scan, name=os.fspath(path), from_start=from_start, metric=metric, clock=clock)

    def add_pattern(self, pattern: LogPattern | str) -> None:
        """Read a further format from now on.

        Raises:
            ConfigError: a text is no regex with named groups.
        """
        self._reader.add_pattern(pattern)
