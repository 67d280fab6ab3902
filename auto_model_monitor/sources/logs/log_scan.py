"""Finds the lines of a log that hold numbers or stages."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

from ...core.clocks import Clock, SystemClock
from ...log_parser import LogEntry, LogReader, ParsedLine
from ...log_parser.bulk_reader import BulkReader
from ..tail.lines import LineBlock
from ..tail.tailed_file import Restart
from .log_batch import Location

logger = logging.getLogger(__name__)

#: Gives the list to which the numbers of plain lines are added; see :meth:`LogScan.lines`.
Plain = Callable[[], "list[Any] | None"]

_new = tuple.__new__


class TextSource(Protocol):
    """The text of a growing log; see :class:`.LineFollower`."""

    @property
    def first(self) -> int:
        """The number of the first line of the last text."""
        ...

    @property
    def line(self) -> int:
        """How many lines were ended."""
        ...

    @property
    def offset(self) -> int:
        """How many bytes are consumed."""
        ...

    @property
    def zeros(self) -> int:
        """How many bytes of holes were skipped."""
        ...

    @property
    def cut(self) -> int:
        """How many lines were cut because they are too long."""
        ...

    @property
    def restarts(self) -> int:
        """How often reading restarted at the log's beginning."""
        ...

    @property
    def restart(self) -> Restart | None:
        """Why it last restarted."""
        ...

    def text(self, *, at_end: bool = False) -> LineBlock:
        """Return what was written since the last call."""
        ...

    def skip_to_end(self) -> None:
        """Skip everything that is there."""
        ...


class ScannedLine(NamedTuple):
    """What one line holds.

    Attributes:
        number: the line's number, counted from 1.
        parsed: its numbers and its stage.
        epoch: the epoch that it belongs to, if one is known.
        bar: whether the line is one of several states of a progress bar.
        restart: why reading restarted just before it, if it did.
        file: which of several files it stands in; each counts its own steps.
    """

    number: int
    parsed: ParsedLine
    epoch: int | None
    bar: bool
    restart: Restart | None = None
    file: int = 0


class LogScan:
    """Reads a log and yields the lines that hold numbers or stages.

    Attributes:
        skipped: up to which line it was not read.
        in_order: its order is that of the training, whatever its counters do.

    Args:
        follower: the text.
        reader: reads a line.
        label: what stands before the number of a line in the name of its place.
        path: the file, or the empty string.
        clock: the time of a line without one; by default the machine's.
        on_entry: called with each entry that holds a number or a stage.
        every_line: call it for all other lines too.
        tail_bytes: of the log that is there at the start, call ``on_entry`` for these last bytes only.
    """

    in_order = True

    def __init__(
        self,
        follower: TextSource,
        reader: LogReader,
        *,
        label: str,
        path: str = "",
        clock: Clock | None = None,
        on_entry: Callable[[LogEntry], None] | None = None,
        every_line: bool = False,
        tail_bytes: int | None = None,
    ) -> None:
        self.skipped = 0
        self._follower = follower
        self._reader = reader
        self._label, self._path = label, path
        self._clock = clock or SystemClock()
        self._on_entry = on_entry
        self._every_line = every_line
        self._tail_bytes = tail_bytes
        self._notify_after = 0
        self._whole = BulkReader(reader)
        self._restarts = 0
        self._reported = (0, 0)

    def lines(self, *, at_end: bool, plain: Plain) -> Iterator[ScannedLine | None]:
        """Yield the contents of new complete lines, until there is nothing more for now.

        Args:
            at_end: the writer has ended: an incomplete last line counts.
            plain: gives a list for the numbers of plain lines, which then are not yielded; see
                :meth:`.BulkReader.sift`. None where every line is to be yielded. After such lines None is
                yielded now and then.

        Raises:
            SourceError: there is no log that can be read now.
        """
        if self._tail_bytes is not None:
            self._notify_after, self._tail_bytes = _size(self._path) - self._tail_bytes, None
        while text := self._follower.text(at_end=at_end):
            restart = None
            if self._follower.restarts != self._restarts:
                self._restarts, restart = self._follower.restarts, self._follower.restart
                self._notify_after = 0
            notifies = self._on_entry is not None and self._follower.offset > self._notify_after
            first, reader = self._follower.first, self._reader
            bars = frozenset(text.bars)
            if notifies:
                found = self._notify(text)
            elif restart is None and not text.places and plain() is not None:
                # It adds numbers with the places of their lines, which here are the numbers of these.
                found = self._whole.sift(text.data, first, plain)
                first = 0
            else:
                found = self._whole.parse(text.data, 0)
            for index, parsed in found:
                number = first + text.place(index)
                # What a named tuple's own constructor does, at half its price.
                yield _new(ScannedLine, (number, parsed, reader.epoch, index in bars, restart, 0))
                restart = None
            yield None
        self._report_skipped()

    def skip_to_end(self) -> None:
        """Skip everything that is there.

        Raises:
            SourceError: there is no log that can be read now.
        """
        self._follower.skip_to_end()
        self.skipped = self._follower.line

    def begin_run(self) -> None:
        """Nothing is remembered of the training that has ended."""

    def place(self, number: int) -> Location:
        """Return where a line stands."""
        return Location(f"{self._label}:{number}", self._path)

    def number(self, name: str) -> int | None:
        """Return the number of the line that is called so, None where it is none of this log."""
        label, _, number = name.rpartition(":")
        return int(number) if label == self._label and number.isdecimal() else None

    def _report_skipped(self) -> None:
        """Log, once for each kind, what was left out of the log."""
        zeros, cut = self._follower.zeros, self._follower.cut
        if zeros > self._reported[0]:
            logger.warning(
                "%s: %d bytes of zeros before line %d were skipped, a hole as truncation leaves it",
                self._label,
                zeros - self._reported[0],
                self._follower.line,
            )
        if cut > self._reported[1]:
            logger.warning(
                "%s: up to line %d, %d lines are longer than the limit; the rest of each was skipped",
                self._label,
                self._follower.line,
                cut - self._reported[1],
            )
        self._reported = zeros, cut

    def _notify(self, text: LineBlock) -> Iterator[tuple[int, ParsedLine]]:
        assert self._on_entry is not None
        for index, entry in self._entries(text):
            self._on_entry(entry)
            if entry.own_metrics or entry.stage is not None:
                yield index, ParsedLine(dict(entry.own_metrics), entry.stage, entry.step)

    def _entries(self, text: LineBlock) -> Iterator[tuple[int, LogEntry]]:
        time = self._clock.now()
        if not self._every_line:
            return self._whole.entries(text.data, 0, time=time)
        lines = enumerate(text.lines())
        return ((number, self._reader.read(line, time=time)) for number, line in lines)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except OSError:  # it is not there yet, or a pipe
        return 0
