"""Follows a growing file line by line, through truncation and rotation."""

from __future__ import annotations

import os
from typing import Protocol

from .bar_states import BarStates
from .encodings import UTF_8, change_in, encoding_at
from .lines import LineBlock, cut, ends_a_line, newlines, rest_of_a_line
from .tailed_file import Chunk, Restart, TailedFile


class ByteStream(Protocol):
    """Bytes that grow at their end; see :class:`~.tailed_file.TailedFile`."""

    offset: int
    head: bytes
    tail: bytes
    restarts: int
    restart: Restart | None

    @property
    def identity(self) -> str:
        """Identifies the part that was read, after a restart too."""
        ...

    def chunk(self, most: int, *, again: bool = False) -> Chunk:
        """Return at most ``most`` unconsumed bytes."""
        ...

    def done(self, count: int) -> None:
        """Consume ``count`` bytes of the last chunk."""
        ...

    def skip_hole(self) -> int:
        """Consume the rest of a hole, if one is there; return its length."""
        ...

    def close(self) -> None:
        """Release it; the next chunk opens it again."""
        ...


_IN_CACHE = 1 << 18  # bytes that a processor keeps at hand while they are gone through several times
_LEAST_HOLE = 4  # zeros; text in UTF-16 may begin with one
_WITHOUT_A_LINE = 256  # pieces of one read in which no line ends, as in the hole that truncating may leave


class LineFollower:
    r"""Reads the lines of one file as they are written.

    It follows the file through growth, truncation (also where it has grown past its old size since),
    rotation by renaming (the old file is read to its end first) and by copying and truncating; see
    :class:`~.tailed_file.TailedFile`. A last line that is not ended waits; of a progress bar, which ends
    its states by ``\r``, those are returned that count, however the bytes arrive; see :class:`.BarStates`. Of
    a terminal's commands and of bytes that are no text nothing is left but the text. Text in UTF-16 and in
    GBK is read as text in UTF-8, also where the encoding changes from one line to the next.

    Memory and time of a read are bounded however large the file is. Not thread-safe.

    Attributes:
        line: how many lines of the file were ended so far, where it was read from its start.
        first: the number of the first line that the last read returned, counted from 1.
        zeros: how many bytes of holes were skipped.
        cut: how many lines were cut because they are too long.

    Args:
        path: the file, which need not exist yet.
        offset: where to continue: the value of :attr:`offset` before a restart.
        identity: the value of :attr:`identity` there; another file is read from its start.
        max_line: bytes after which a line is cut; the rest is left out.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, offset: int = 0, identity: str = "", max_line: int = 65536
    ) -> None:
        self._begin(TailedFile(path, offset=offset, identity=identity), max_line)

    @classmethod
    def of(cls, growing: ByteStream, *, max_line: int = 65536) -> LineFollower:
        """Return a follower of other bytes that grow as a file does."""
        follower = cls.__new__(cls)
        follower._begin(growing, max_line)
        return follower

    def _begin(self, growing: ByteStream, max_line: int) -> None:
        self._file = growing
        self._max_line = max_line
        self._restarts = 0
        self._encoding = ""
        self._bars = BarStates()
        self.line = self.zeros = self.cut = 0
        self.first = 1

    @property
    def offset(self) -> int:
        """How many bytes are consumed: the place just after the last line that was returned."""
        return self._file.offset

    @property
    def identity(self) -> str:
        """Identifies the part of the file that was read; to be stored beside the offset."""
        return self._file.identity

    @property
    def restarts(self) -> int:
        """How often reading restarted at the file's beginning; known lines may follow."""
        return self._file.restarts

    @property
    def restart(self) -> Restart | None:
        """Why it last restarted."""
        return self._file.restart

    def text(self, most: int = _IN_CACHE, *, at_end: bool = False) -> LineBlock:
        """Return the lines that were ended since the last read, as one block.

        :attr:`first` is then the number of its first line.

        Args:
            most: bytes to read at most; more if a line may be longer.
            at_end: the writer has ended: the last line counts although nothing ends it. Call it until it
                returns nothing.

        Raises:
            SourceError: there is no file that can be read now; the next read may succeed.
        """
        pieces = 0
        while at_end or pieces < _WITHOUT_A_LINE:
            pieces += 1
            found, ends = self._next(most, at_end=at_end)
            if found or ends:
                return found
        return LineBlock(b"")

    def skip_to_end(self) -> None:
        """Skip everything that is there.

        Raises:
            SourceError: there is no file that can be read now.
        """
        while data := self._file.chunk(1 << 20).data:
            self._encoding = self._encoding_at(data)
            self._done(data, len(data))

    def close(self) -> None:
        """Close the file; the next read opens it again and continues."""
        self._file.close()

    def _next(self, most: int, *, at_end: bool) -> tuple[LineBlock, bool]:
        """Return the lines of the next piece, and whether the file ends with it for the moment."""
        data, ends, last = self._file.chunk(max(most, self._max_line + 1), again=at_end)
        if self._file.restarts != self._restarts:
            self._restarts, self.line, self._encoding = self._file.restarts, 0, ""
            self._bars = BarStates()
        if not ends_a_line(self._file.tail, self._encoding or UTF_8):
            data = self._done(data, rest_of_a_line(data, self._encoding or UTF_8))
        data = self._skip_zeros(data, ends)
        encoding = self._encoding = self._encoding_at(data)
        change = change_in(data, encoding)
        self.first = self.line + 1
        found, done = cut(
            data[:change],
            max_line=self._max_line,
            at_end=change < len(data) or last or (at_end and ends),
            bars=self._bars,
            encoding=encoding,
            in_bar=self._file.tail.endswith("\r".encode(encoding)),
        )
        self.cut += found.cut
        # To look for one byte takes a tenth of the time of counting it.
        if encoding == UTF_8 and b"\0" in data and (zeros := data.count(0, 0, done)) >= _LEAST_HOLE:
            self.zeros += zeros
        self._done(data, done)
        return found, ends and change == len(data)

    def _encoding_at(self, data: bytes) -> str:
        return encoding_at(data, self._encoding or encoding_at(self._file.head))

    def _skip_zeros(self, data: bytes, ends: bool) -> bytes:
        """Skip a hole: a writer whose file was truncated continues at its old offset, behind zeros."""
        zeros = len(data) - len(data.lstrip(b"\0"))
        if zeros < _LEAST_HOLE:
            return data
        data = self._done(data, zeros)
        self.zeros += zeros
        if not data and not ends:
            self.zeros += self._file.skip_hole()
        return data

    def _done(self, data: bytes, count: int) -> bytes:
        self._file.done(count)
        self.line += newlines(data[:count], self._encoding or UTF_8)
        return data[count:]
