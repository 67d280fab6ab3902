"""Many lines at once: those that say nothing are passed over at the price of a look into a set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from .entries import LogEntry, Number, Said, Stage
from .reader import LogReader
from .shapes import ZEROS

_MOST = 1 << 14  # shapes that are remembered
_NONE: frozenset[bytes] = frozenset()
_new = tuple.__new__


class _Places(NamedTuple):
    """Where the numbers of lines of one shape stand, in bytes.

    Attributes:
        places: the metrics, and from where to where their numbers stand.
        stage: the stage of such lines.
        fixed: takes those digits out of a line that belong to words.
        expected: what they have to be.
    """

    places: tuple[tuple[str, int, int], ...]
    stage: Stage | None
    fixed: Callable[[bytes], Any] | None
    expected: Any


class WholeText:
    """Finds what the lines of a text say, as a reader would line by line.

    A log repeats itself: all but its digits, most lines were there before. So the digits of a whole text are
    made zeros at once, and what is left of a line tells that such lines say nothing, or where their numbers
    stand; only a line that nothing is known of is read.

    Args:
        reader: reads a line.
    """

    def __init__(self, reader: LogReader) -> None:
        """Take the reader; nothing is known yet."""
        self._reader = reader
        self._silent: set[bytes] = set()
        self._known: dict[bytes, _Places] = {}

    def said(self, data: bytes) -> Iterator[tuple[int, Said]]:
        """Yield what lines say, each with the number of its line, counted from 0.

        Args:
            data: lines in UTF-8, each of which is ended by a newline.
        """
        silent, known = self._shapes()
        start = 0
        for number, shape in enumerate(data.translate(ZEROS).split(b"\n")):
            if shape not in silent:
                places = known.get(shape)
                if places is not None and (
                    places.fixed is None or places.fixed(data[start : start + len(shape)]) == places.expected
                ):
                    metrics: dict[str, Number] = {}
                    for metric, first, end in places.places:
                        metrics[metric] = float(data[start + first : start + end])
                    # What a named tuple's own constructor does, at half its price.
                    yield number, _new(Said, (metrics, places.stage, None))
                else:
                    said = self._read(shape, data[start : start + len(shape)])
                    silent, known = self._shapes()
                    if said is not None:
                        yield number, said
            start += len(shape) + 1

    def entries(self, data: bytes, *, time: datetime) -> Iterator[tuple[int, LogEntry]]:
        """Yield the entries of the lines that say something, likewise.

        Args:
            data: lines in UTF-8, each of which is ended by a newline.
            time: when they were read, with its zone.
        """
        silent, _ = self._shapes()
        start = 0
        for number, shape in enumerate(data.translate(ZEROS).split(b"\n")):
            if shape not in silent:
                line = data[start : start + len(shape)]
                entry = self._reader.read(line.decode("utf-8", "replace"), time=time)
                if entry.said or entry.stage is not None:
                    yield number, entry
                else:
                    self._learn(shape, line)
                    silent, _ = self._shapes()
            start += len(shape) + 1

    def _shapes(self) -> tuple[set[bytes] | frozenset[bytes], dict[bytes, _Places]]:
        """Return what is known of shapes: nothing where any line may say something."""
        return (_NONE, {}) if self._reader.takes_any_line else (self._silent, self._known)

    def _read(self, shape: bytes, line: bytes) -> Said | None:
        said = self._reader.said_as(shape, line.decode("utf-8", "replace"))
        self._learn(shape, line)
        return said

    def _learn(self, shape: bytes, line: bytes) -> None:
        known = self._reader.known(shape)
        if known is None or (known.silent and known.fixed is not None) or shape in self._known:
            return
        if len(self._silent) + len(self._known) >= _MOST:
            self._silent.clear()
            self._known.clear()
        if known.silent:
            self._silent.add(shape)
        elif known.epoch is known.total is known.step is None and shape.isascii():
            fixed: Any = known.fixed
            expected = None if fixed is None else fixed(line)
            self._known[shape] = _Places(known.places, known.stage, fixed, expected)
