"""Many lines at once: those that say nothing are passed over at the price of a look into a set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from .entries import LogEntry, Said
from .reader import LogReader
from .shapes import ZEROS

_MOST = 1 << 14  # shapes that are remembered
_NONE: frozenset[bytes] = frozenset()


class WholeText:
    """Finds what the lines of a text say, as a reader would line by line.

    A log repeats itself: all but its digits, most lines were there before. So the digits of a whole text are
    made zeros at once, and a line that said nothing is known again by what is left of it.

    Args:
        reader: reads a line.
    """

    def __init__(self, reader: LogReader) -> None:
        """Take the reader; nothing is known yet."""
        self._reader = reader
        self._silent: set[bytes] = set()

    def said(self, data: bytes) -> Iterator[tuple[int, Said]]:
        """Yield what lines say, each with the number of its line, counted from 0.

        Args:
            data: lines in UTF-8, each of which is ended by a newline.
        """
        reader, quiet, start = self._reader, self._quiet(), 0
        for number, shape in enumerate(data.translate(ZEROS).split(b"\n")):
            if shape not in quiet:
                said = reader.said_as(shape, data[start : start + len(shape)].decode("utf-8", "replace"))
                if said is None:
                    self._pass_over(shape)
                    quiet = self._quiet()
                else:
                    yield number, said
            start += len(shape) + 1

    def entries(self, data: bytes, *, time: datetime) -> Iterator[tuple[int, LogEntry]]:
        """Yield the entries of the lines that say something, likewise.

        Args:
            data: lines in UTF-8, each of which is ended by a newline.
            time: when they were read, with its zone.
        """
        reader, quiet, start = self._reader, self._quiet(), 0
        for number, shape in enumerate(data.translate(ZEROS).split(b"\n")):
            if shape not in quiet:
                line = data[start : start + len(shape)].decode("utf-8", "replace")
                entry = reader.read(line, time=time)
                if not entry.said and entry.stage is None:
                    self._pass_over(shape)
                    quiet = self._quiet()
                else:
                    yield number, entry
            start += len(shape) + 1

    def _quiet(self) -> set[bytes] | frozenset[bytes]:
        """Return the shapes that need not be looked at: none where a line of any shape may say something."""
        return _NONE if self._reader.takes_any_line else self._silent

    def _pass_over(self, shape: bytes) -> None:
        if self._reader.is_silent(shape):
            if len(self._silent) >= _MOST:
                self._silent.clear()
            self._silent.add(shape)
