"""Follows a growing file line by line, through truncation and rotation."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Protocol, TypeVar

from .lines import LineBlock, cut, cut_text, encoding_of, ends_a_line, newlines, rest_of_a_line
from .tailed_file import Chunk, Restart, TailedFile

T = TypeVar("T")


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

    def close(self) -> None:
        """Release it; the next chunk opens it again."""
        ...


_IN_CACHE = 1 << 18  # bytes that a processor keeps at hand while they are gone through several times
_WITHOUT_A_LINE = 256  # pieces of one read in which no line ends, as in the hole that truncating may leave


class LineFollower:
    r"""Reads the lines of one file as they are written.

    It follows the file through growth, truncation (also where it has grown past its old size since),
    rotation by renaming (the old file is read to its end first) and by copying and truncating; see
    :class:`~.tailed_file.TailedFile`. A last line that is not ended waits; of a progress bar, which ends
    its states by ``\r``, the latest complete one is returned at each read. Of a terminal's commands and of
    bytes that are no text nothing is left but the text.

    Memory and time of a read are bounded however large the file is. Not thread-safe.

    Attributes:
        line: how many lines of the file were ended so far, where it was read from its start.
        first: the number of the first line that the last read returned, counted from 1.

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
        self._start = self._restarts = 0
        self.line = 0
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

    def read(self, most: int = 1 << 20) -> list[tuple[int, str]]:
        """Return the lines that were ended since the last read, each with the offset just after it.

        Args:
            most: bytes to read at most; more if a line may be longer.

        Raises:
            SourceError: there is no file that can be read now; the next read may succeed.
        """
        return self._lines(most, at_end=False)

    def finish(self, most: int = 1 << 20) -> list[tuple[int, str]]:
        """Return what :meth:`read` would, and the last line although nothing ends it.

        Call it when the writer has ended, until it returns nothing.

        Raises:
            SourceError: there is no file that can be read now.
        """
        return self._lines(most, at_end=True)

    def text(self, most: int = _IN_CACHE, *, at_end: bool = False) -> LineBlock:
        """Return the lines of :meth:`read` or, at the end, of :meth:`finish` as one block: much faster.

        :attr:`first` is then the number of its first line.

        Raises:
            SourceError: there is no file that can be read now.
        """
        return self._cut(most, at_end, cut_text) or LineBlock(b"")

    def skip_to_end(self) -> None:
        """Skip everything that is there.

        Raises:
            SourceError: there is no file that can be read now.
        """
        while data := self._file.chunk(1 << 20).data:
            self._done(data, len(data), encoding_of(self._file.head or data))

    def close(self) -> None:
        """Close the file; the next read opens it again and continues."""
        self._file.close()

    def _lines(self, most: int, *, at_end: bool) -> list[tuple[int, str]]:
        lines = self._cut(most, at_end, cut)
        return [(self._start + line.end, line.text) for line in lines or ()]

    def _cut(self, most: int, at_end: bool, how: Callable[..., tuple[T, int]]) -> T | None:
        for _ in range(_WITHOUT_A_LINE):
            data, ends, last = self._file.chunk(max(most, self._max_line + 1), again=at_end)
            if self._file.restarts != self._restarts:
                self._restarts, self.line = self._file.restarts, 0
            encoding = encoding_of(self._file.head or data)
            if not ends_a_line(self._file.tail, encoding):
                data = self._done(data, rest_of_a_line(data, encoding), encoding)
            self._start, self.first = self._file.offset, self.line + 1
            final = last or (at_end and ends)
            found, done = how(data, max_line=self._max_line, at_end=final, encoding=encoding)
            self._done(data, done, encoding)
            if found or ends:
                return found
        return None

    def _done(self, data: bytes, count: int, encoding: str) -> bytes:
        self._file.done(count)
        self.line += newlines(data[:count], encoding)
        return data[count:]
