"""One growing file, followed line by line through whatever happens to logs."""

from __future__ import annotations

import os

from .growing_file import GrowingFile, Restart
from .lines import cut, encoding_of, ends_a_line, rest_of_a_line

_WITHOUT_A_LINE = 64  # pieces of one read in which no line ends, as in the hole that truncating may leave


class LineFollower:
    r"""Reads the lines of one file as they are written.

    It goes with the file through growth, truncation (also where it has grown past its old size since),
    rotation by renaming (the old file is read to its end first) and by copying and truncating; see
    :class:`~.growing_file.GrowingFile`. A last line that is not ended waits; of a progress bar, which ends
    its states by ``\r``, the latest complete one is returned at each read. Of a terminal's commands and of
    bytes that are no text nothing is left but the text.

    Memory and time of a read are bounded however large the file is. Not for several threads at once.

    Args:
        path: the file, which need not exist yet.
        offset: where to go on, as :attr:`offset` said before a restart.
        identity: what :attr:`identity` was there; if that was another file, this one is read from its start.
        max_line: bytes after which a line is cut; what follows is left out.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, offset: int = 0, identity: str = "", max_line: int = 65536
    ) -> None:
        """Take the path; nothing is opened yet."""
        self._file = GrowingFile(path, offset=offset, identity=identity)
        self._max_line = max_line

    @property
    def offset(self) -> int:
        """How many bytes are done with: the place just after the last line that was returned."""
        return self._file.offset

    @property
    def identity(self) -> str:
        """What tells the file, read as far as it was, from any other one; to be kept beside the offset."""
        return self._file.identity

    @property
    def restarts(self) -> int:
        """How often the file began anew, so that lines follow that may have been there before."""
        return self._file.restarts

    @property
    def restart(self) -> Restart | None:
        """Why it did so last."""
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

        For when nobody writes any more; to be called until it returns nothing.

        Raises:
            SourceError: there is no file that can be read now.
        """
        return self._lines(most, at_end=True)

    def close(self) -> None:
        """Close the file; the next read opens it again and goes on."""
        self._file.close()

    def _lines(self, most: int, *, at_end: bool) -> list[tuple[int, str]]:
        file = self._file
        for _ in range(_WITHOUT_A_LINE):
            data, ends, last = file.chunk(max(most, self._max_line + 1), again=at_end)
            encoding = encoding_of(file.head or data)
            if not ends_a_line(file.tail, encoding):
                done = rest_of_a_line(data, encoding)
                file.done(done)
                data = data[done:]
            start = file.offset
            final = last or (at_end and ends)
            lines, done = cut(data, max_line=self._max_line, at_end=final, encoding=encoding)
            file.done(done)
            if lines or ends:
                return [(start + line.end, line.text) for line in lines]
        return []
