"""Reads many lines together: those without a number cost one look-up in a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from .entries import LogEntry, ParsedLine, Stage
from .line_shapes import ZEROS
from .reader import LogReader

_MOST = 1 << 14  # shapes that are remembered
_NONE: frozenset[bytes] = frozenset()


class _PlainLine(NamedTuple):
    """Where the numbers of plain lines of one shape stand.

    Attributes:
        places: the metrics, and from where to where their numbers stand, in bytes.
        fixed: takes those digits out of a line that belong to words.
        expected: what they have to be.
    """

    places: tuple[tuple[str, int, int], ...]
    fixed: Callable[[bytes], Any] | None
    expected: Any


class BulkReader:
    """Parses the lines of a text, with the results of a reader that takes line by line.

    A log repeats itself: apart from their digits, most lines came before. So all digits of a text are
    replaced by zeros, and the rest of a line shows that such lines hold nothing, or where their numbers are;
    only a line of an unknown shape is parsed.

    Args:
        reader: reads a line.
    """

    def __init__(self, reader: LogReader) -> None:
        self._reader = reader
        self._silent: set[bytes] = set()
        self._known: dict[bytes, _PlainLine] = {}

    def sift(
        self, data: bytes, first: int, sink: Callable[[], list[Any] | None]
    ) -> Iterator[tuple[int, ParsedLine]]:
        """Add the numbers of plain lines to a list, and yield the content of all others by line number.

        A line is plain if it is of a known shape, names neither epoch nor step and no end of the training.

        Args:
            data: lines in UTF-8, each of which is ended by a newline.
            first: the number of the first line.
            sink: gives a list to which the numbers of plain lines are added, five items for each: its metric,
                its value, its line, the epoch, and None for the step. It is asked again after each line that
                is yielded.
        """
        silent, known = self._shapes()
        flat, epoch, start = sink(), self._reader.epoch, 0
        for number, shape in enumerate(data.translate(ZEROS).split(b"\n"), first):
            if shape not in silent:
                plain = known.get(shape)
                if (
                    plain is not None
                    and flat is not None
                    and (
                        plain.fixed is None or plain.fixed(data[start : start + len(shape)]) == plain.expected
                    )
                ):
                    for metric, begin, end in plain.places:
                        flat += metric, float(data[start + begin : start + end]), number, epoch, None
                else:
                    parsed = self._read(shape, data[start : start + len(shape)])
                    if parsed is not None:
                        yield number, parsed
                    silent, known = self._shapes()
                    flat, epoch = sink(), self._reader.epoch
            start += len(shape) + 1

    def parse(self, data: bytes, first: int) -> Iterator[tuple[int, ParsedLine]]:
        """Yield the content of lines, each with its line number.

        Args:
            data: lines in UTF-8, each of which is ended by a newline.
            first: the number of the first line.
        """
        silent, _ = self._shapes()
        start = 0
        for number, shape in enumerate(data.translate(ZEROS).split(b"\n"), first):
            if shape not in silent:
                parsed = self._read(shape, data[start : start + len(shape)])
                if parsed is not None:
                    yield number, parsed
                silent, _ = self._shapes()
            start += len(shape) + 1

    def entries(self, data: bytes, first: int, *, time: datetime) -> Iterator[tuple[int, LogEntry]]:
        """Yield the entries of lines that hold a number or a stage, each with its line number.

        Args:
            data: lines in UTF-8, each of which is ended by a newline.
            first: the number of the first line.
            time: when they were read, with its zone.
        """
        silent, _ = self._shapes()
        start = 0
        for number, shape in enumerate(data.translate(ZEROS).split(b"\n"), first):
            if shape not in silent:
                line = data[start : start + len(shape)]
                entry = self._reader.read(line.decode("utf-8", "replace"), time=time)
                self._learn(shape, line)
                if entry.own_metrics or entry.stage is not None:
                    yield number, entry
                silent, _ = self._shapes()
            start += len(shape) + 1

    def _shapes(self) -> tuple[set[bytes] | frozenset[bytes], dict[bytes, _PlainLine]]:
        """Return the known shapes: none where any line may hold a number."""
        return (_NONE, {}) if self._reader.takes_any_line else (self._silent, self._known)

    def _read(self, shape: bytes, line: bytes) -> ParsedLine | None:
        parsed = self._reader.parse_shaped_line(shape, line.decode("utf-8", "replace"))
        self._learn(shape, line)
        return parsed

    def _learn(self, shape: bytes, line: bytes) -> None:
        known = self._reader.known(shape)
        if known is None or (known.silent and known.fixed is not None) or shape in self._known:
            return
        if len(self._silent) + len(self._known) >= _MOST:
            self._silent.clear()
            self._known.clear()
        if known.silent:
            self._silent.add(shape)
        elif (
            known.epoch is known.total is known.step is None
            and known.stage is not Stage.COMPLETED
            and shape.isascii()
        ):
            fixed: Any = known.fixed
            expected = None if fixed is None else fixed(line)
            self._known[shape] = _PlainLine(known.places, fixed, expected)
