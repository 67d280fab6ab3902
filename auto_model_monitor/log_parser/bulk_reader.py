"""Reads many lines together: those without a number cost one look-up in a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple, cast

from .entries import LogEntry, ParsedLine, Stage
from .line_shapes import ZEROS
from .reader import LogReader
from .values import whole

_MOST = 1 << 14  # shapes that are remembered
_NONE: frozenset[bytes] = frozenset()


class _PlainLine(NamedTuple):
    """Where the numbers of plain lines of one shape stand, in bytes.

    Attributes:
        places: the metrics, and where their numbers stand.
        fixed: takes those digits out of a line that belong to words.
        expected: what they have to be.
        counts: takes the epoch, and the number of epochs, out of a line; None for a line without an epoch.
        step: where the digits of the step stand.
    """

    places: tuple[tuple[str, slice], ...]
    fixed: Callable[[bytes], Any] | None
    expected: Any
    counts: Callable[[bytes], Any] | None = None
    step: slice | None = None

    def fits(self, line: bytes) -> bool:
        """Return whether the digits of its words are those of the line that was learned from."""
        return self.fixed is None or self.fixed(line) == self.expected

    def add(self, number: int, line: bytes, epoch: int | None, flat: list[Any]) -> None:
        """Add the numbers of a line to a list, five items for each."""
        step = None if self.step is None else int(line[self.step])
        for metric, place in self.places:
            flat += metric, float(line[place]), number, epoch, step


class _Repeated(NamedTuple):
    """A line that was read, after which only the step and the metrics of lines of its shape may differ.

    Attributes:
        shape: its shape.
        line: where the numbers of such lines stand.
        counts: its epoch, and the number of epochs.
    """

    shape: bytes
    line: _PlainLine
    counts: Any

    def is_repeated_by(self, shape: bytes, line: bytes) -> bool:
        """Return whether another line names the same epoch in the same way."""
        known = self.line
        return (
            shape == self.shape
            and known.counts is not None
            and known.counts(line) == self.counts
            and known.fits(line)
        )


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
        self._counted: dict[bytes, _PlainLine] = {}

    def sift(
        self, data: bytes, first: int, sink: Callable[[], list[Any] | None]
    ) -> Iterator[tuple[int, ParsedLine]]:
        """Add the numbers of plain lines to a list, and yield the content of all others by line number.

        A line is plain if it is of a known shape and names neither epoch nor step and no end of the training;
        so are all lines but the first and the last of those that repeat one shape and one epoch.

        Args:
            data: lines in UTF-8, each of which is ended by a newline.
            first: the number of the first line.
            sink: gives a list to which the numbers of plain lines are added, five items for each: its metric,
                its value, its line, the epoch, and the step. It is asked again after each line that is
                yielded.
        """
        silent, known = self._shapes()
        flat, epoch, start = sink(), self._reader.epoch, 0
        last: _Repeated | None = None
        held: tuple[int, bytes] | None = (
            None  # a line that repeats the last one, and may be the last to do so
        )
        for number, shape in enumerate(data.translate(ZEROS).split(b"\n"), first):
            if shape not in silent:
                line = data[start : start + len(shape)]
                plain = None if flat is None else known.get(shape)
                if last is not None and flat is not None and last.is_repeated_by(shape, line):
                    if held is not None:
                        last.line.add(*held, epoch, flat)
                    held = number, line
                elif flat is not None and plain is not None and held is None and plain.fits(line):
                    plain.add(number, line, epoch, flat)
                else:
                    yield from self._read_held(last, held)
                    parsed = self._read(shape, line)
                    if parsed is not None:
                        yield number, parsed
                    last, held = parsed and self._repeatable(shape, line), None
                    silent, known = self._shapes()
                    flat, epoch = sink(), self._reader.epoch
            start += len(shape) + 1
        yield from self._read_held(last, held)

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

    def _read_held(
        self, last: _Repeated | None, held: tuple[int, bytes] | None
    ) -> Iterator[tuple[int, ParsedLine]]:
        """Yield the content of a line that was held back: it decides where the counters are now."""
        if last is not None and held is not None:
            parsed = self._read(last.shape, held[1])
            if parsed is not None:
                yield held[0], parsed

    def _repeatable(self, shape: bytes, line: bytes) -> _Repeated | None:
        known = self._counted.get(shape)
        return None if known is None or known.counts is None else _Repeated(shape, known, known.counts(line))

    def _shapes(self) -> tuple[set[bytes] | frozenset[bytes], dict[bytes, _PlainLine]]:
        """Return the known shapes: none where any line may hold a number."""
        return (_NONE, {}) if self._reader.takes_any_line else (self._silent, self._known)

    def _read(self, shape: bytes, line: bytes) -> ParsedLine | None:
        parsed = self._reader.parse_shaped_line(shape, line.decode("utf-8", "replace"))
        self._learn(shape, line)
        return parsed

    def _learn(self, shape: bytes, line: bytes) -> None:
        known = self._reader.known(shape)
        if known is None or (known.silent and known.fixed is not None) or self._has_learned(shape):
            return
        if len(self._silent) + len(self._known) + len(self._counted) >= _MOST:
            self._silent.clear()
            self._known.clear()
            self._counted.clear()
        if known.silent:
            self._silent.add(shape)
        elif known.stage is not Stage.COMPLETED and shape.isascii():
            counts = [place for place in (known.epoch, known.total) if place is not None]
            plain = _PlainLine(
                tuple((metric, slice(begin, end)) for metric, begin, end in known.places),
                cast("Callable[[bytes], Any] | None", known.fixed),  # of ASCII alone a byte is a character
                None if known.fixed is None else known.fixed(line),  # type: ignore[arg-type]
                itemgetter(*counts) if counts else None,
                _digits(known.step, line),
            )
            if counts:
                self._counted[shape] = plain
            elif known.step is None:
                self._known[shape] = plain

    def _has_learned(self, shape: bytes) -> bool:
        return shape in self._known or shape in self._counted


def _digits(step: slice | None, line: bytes) -> slice | None:
    """Return where the first number of a counter such as ``3/10`` stands, None where none is read."""
    counter = b"" if step is None else line[step]
    if step is None or whole(counter.decode()) is None:
        return None
    return slice(step.start, step.start + len(counter.partition(b"/")[0]))
