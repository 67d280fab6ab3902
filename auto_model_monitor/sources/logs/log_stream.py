"""The log of a training, piped into this program."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.clocks import Clock
from ...log_parser import LogEntry, LogPattern, LogReader
from ..tail.line_follower import LineFollower
from ..tail.tailed_pipe import TailedPipe
from .log_batch import LogBatch
from .log_scan import LogScan
from .log_source import LogSource


class LogStreamSource(LogSource):
    """Reads the numbers in what is written into a pipe; it has ended when the pipe has.

    Args:
        stream: the descriptor of the pipe's end, such as 0 for the standard input.
        patterns: formats besides those that are known.
        metric: the metric that is meant where a rule names none.
        clock: the time; by default the machine's.
        on_entry: called with each entry that holds a number or a stage, line by line.
        every_line: call ``on_entry`` with all other lines, too.
        on_data: called with the bytes as they are read.
    """

    def __init__(
        self,
        stream: int = 0,
        patterns: Sequence[LogPattern | str] = (),
        *,
        metric: str | None = None,
        clock: Clock | None = None,
        on_entry: Callable[[LogEntry], None] | None = None,
        every_line: bool = False,
        on_data: Callable[[bytes], None] | None = None,
    ) -> None:
        self._stream = TailedPipe(stream, on_data)
        self._reader = LogReader(patterns)
        scan = LogScan(
            LineFollower.of(self._stream),
            self._reader,
            label="stdin",
            clock=clock,
            on_entry=on_entry,
            every_line=every_line,
        )
        super().__init__(scan, name="stdin", metric=metric, clock=clock)

    def add_pattern(self, pattern: LogPattern | str) -> None:
        """Read a further format from now on.

        Raises:
            ConfigError: a text is no regex with named groups.
        """
        self._reader.add_pattern(pattern)

    def read(self) -> LogBatch:
        """Return what is new since the last call."""
        if self._stream.ended:  # so that nothing follows what is read now
            self.finish()
        return super().read()
