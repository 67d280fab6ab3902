"""The numbers in a training's log, wherever it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..clocks import Clock, SystemClock
from ..errors import SourceError
from ..log_patterns import LogEntry, LogPattern, LogReader
from ..log_patterns.score import ScoreOfLog
from ..readings import Reading
from .log_batch import LogBatch, Place
from .log_look import Look
from .log_runs import LogRuns
from .log_scan import Follower, LogScan, SaidAt


class LogSource:
    """Reads the numbers in a log as they are written.

    Each is a reading with the epoch and the step that it belongs to, and a name that says where it stands,
    such as ``train.log:12``. The first look reads what is there, of several trainings the last one, so that a
    watch that starts again knows what it knew before. Memory is bounded however large the log is.

    Attributes:
        name: the log, as a person would call it.
        ended: whether everything was read after :meth:`finish`.

    Args:
        follower: brings the text.
        name: the log, as a person would call it.
        label: what stands before the number of a line in a reading's name.
        path: the file, or the empty string.
        patterns: formats besides those that are known.
        from_start: False leaves out what is there at the first look.
        metric: the metric that is meant where a rule names none; by default the loss of the validation, or
            what comes next to it.
        clock: the time; by default the machine's.
        on_entry: called with each entry that holds a number or a stage, line by line.
        every_line: call ``on_entry`` with all other lines, too, which takes longer.
    """

    def __init__(
        self,
        follower: Follower,
        *,
        name: str,
        label: str,
        path: str = "",
        patterns: Sequence[LogPattern | str] = (),
        from_start: bool = True,
        metric: str | None = None,
        clock: Clock | None = None,
        on_entry: Callable[[LogEntry], None] | None = None,
        every_line: bool = False,
    ) -> None:
        """Take the parts; nothing is read yet."""
        self.name = name
        self.ended = False
        self._label, self._path = label, path
        self._follower = follower
        self._reader = LogReader(patterns)
        self._clock = clock or SystemClock()
        self._scan = LogScan(follower, self._reader, self._clock, on_entry=on_entry, every_line=every_line)
        self._score = ScoreOfLog(metric)
        self._runs = LogRuns()
        self._skips, self._skipped = not from_start, 0
        self._finishes = False
        self._lines: Iterator[SaidAt] | None = None
        self._held: SaidAt | None = None
        self._ends = False
        self._first: Look | None = None

    def add_pattern(self, pattern: LogPattern | str) -> None:
        """Read a further format from now on.

        Raises:
            ConfigError: a text is no regex with named groups.
        """
        self._reader.add_pattern(pattern)

    def finish(self) -> None:
        """Say that nobody writes any more: the last line counts although nothing ends it."""
        self._finishes = True

    def read(self) -> LogBatch:
        """Return what is new since the last call.

        Raises:
            SourceError: there is no log that can be read now; the next call may succeed.
        """
        time, seconds = self._clock.now(), self._clock.monotonic()
        if self._skips:
            self._follower.skip_to_end()
            self._skips, self._skipped = False, self._follower.line
        look = Look(first=self._first is None)
        try:
            self._gather(look)
        except SourceError:
            self._lines = None
            if not look.rows:
                raise
        if look.is_first and look.rows:
            self._first = look
        rows = look.rows
        self._score.learn([row[0] for row in rows], {row[3] for row in rows if row[3] is not None})
        score = self._score.metric
        return LogBatch(rows, self._place, time=time, seconds=seconds, score=score, new_run=look.new_run)

    def continues(self, told: Reading) -> bool:
        """Tell, just after the first look that found numbers, whether ``told`` was told of this training."""
        label, _, number = told.name.rpartition(":")
        if self._first is None or label != self._label or not number.isdecimal():
            return False
        return int(number) <= self._skipped or self._first.continues(told, int(number))

    def _gather(self, look: Look) -> None:
        held, self._held = self._held, None
        if held is not None:
            look.new_run = True
            look.is_full_with(held)
        if self._lines is None:
            self._ends = self._finishes
            self._lines = self._scan.lines(at_end=self._ends)
        for line in self._lines:
            if self._runs.begins(line) and look.ends_before_another_run():
                self._held = line
                return
            if look.is_full_with(line):
                return
        self._lines = None
        self.ended = self._ends

    def _place(self, number: int) -> Place:
        return Place(f"{self._label}:{number}", self._path)
