"""The bytes of one growing file, through truncation, rotation and replacement."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from enum import Enum
from hashlib import blake2b
from typing import NamedTuple

from ...core.errors import SourceError

_ON_SOME_SYSTEMS = ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK")
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in _ON_SOME_SYSTEMS)
_KNOWN = 256  # bytes at its beginning, and before the place read to, by which a file is known again
_OTHERS = {
    stat.S_IFDIR: "a directory: name a file in it",
    stat.S_IFIFO: "a FIFO: let 'auto-model-monitor logs -' read what comes out of it",
    stat.S_IFSOCK: "a socket: name a file",
    stat.S_IFCHR: "a device: name a file",
    stat.S_IFBLK: "a device: name a file",
}
_HINTS = {
    errno.ENOENT: "nothing is there; unless the path is wrong, following it reads it once it exists",
    errno.ENOTDIR: "a part of the path is no directory; it will be read as soon as it exists",
    errno.EACCES: "it may not be read; give this user the right to read it (chmod u+r)",
    errno.EPERM: "it may not be read; give this user the right to read it (chmod u+r)",
    errno.ESTALE: "its server has forgotten it; it will be read when it is mounted again",
    errno.EIO: "the disk or the server fails; it will be read when that is over",
}


class Restart(Enum):
    """Why reading restarted at a file's first byte."""

    ROTATED = "rotated"  # it was renamed, and another one took its place
    REPLACED = "replaced"  # it was deleted, and another one took its place
    TRUNCATED = "truncated"  # it was emptied or rewritten in place


class Chunk(NamedTuple):
    """Some bytes.

    Attributes:
        data: those that follow the consumed ones.
        ends: the file ends here for the moment.
        last: it ends here for good, because it is another file that grows now.
    """

    data: bytes
    ends: bool = True
    last: bool = False


_NOTHING_NEW = Chunk(b"")


class TailedFile:
    """Reads a file piece by piece, each byte once, and restarts where the file does.

    Whether it does is seen from the bytes before the place that was read to: so a file that has grown past
    its old size since it was truncated is found out, and one that was replaced by a longer copy of itself, as
    rsync does it, is read on. A file that was renamed is read to its end before the one in its place; as long
    as that one is empty, the writer may not have taken to it yet.

    Attributes:
        path: the path as it was given.
        offset: how many bytes are consumed.
        head: the first of these bytes.
        tail: the last of these bytes.
        restarts: how often reading restarted at the beginning.
        restart: why it last restarted.

    Args:
        path: the file, which need not exist yet.
        offset: where to continue.
        identity: the value of :attr:`identity` there; another file is read from its start.
    """

    def __init__(self, path: str | os.PathLike[str], *, offset: int = 0, identity: str = "") -> None:
        self.path = os.fspath(path)
        self.offset = offset
        self.head = self.tail = b""
        self.restarts = 0
        self.restart: Restart | None = None
        # A training may change its working directory later: resolve the path now.
        self._path = os.path.abspath(self.path)  # noqa: PTH100 - resolve() would follow links for good
        self._asked = identity
        self._file: int | None = None
        self._leaving: Restart | None = None
        self._seen: tuple[int, int] | None = None
        self._chunk = _NOTHING_NEW

    @property
    def identity(self) -> str:
        """Identifies the part of the file that was read; empty where nothing was read.

        Many file systems reuse an inode immediately, so it is made of the file's content.
        """
        if self._asked or not self.offset:
            return self._asked
        return f"{len(self.head)}:{_digest(self.head)}:{len(self.tail)}:{_digest(self.tail)}"

    def chunk(self, most: int, *, again: bool = False) -> Chunk:
        """Return at most ``most`` unconsumed bytes; then call :meth:`done`.

        Args:
            most: bytes.
            again: read them even if nothing has changed since the last time.

        Raises:
            SourceError: there is no file that can be read now; the next call may succeed.
        """
        try:
            self._chunk = self._read(most, again=again)
        except OSError as error:
            self.close()
            raise SourceError(_complaint(self.path, error)) from error
        return self._chunk

    def done(self, count: int) -> None:
        """Consume ``count`` bytes of the last chunk."""
        data, self._chunk = self._chunk.data[:count], Chunk(self._chunk.data[count:], *self._chunk[1:])
        self._advance(data)
        if self._chunk.last and not self._chunk.data:
            self.close()

    def skip_hole(self) -> int:
        """Consume the rest of a hole, if one is there and the system knows of it; return its length."""
        if self._file is None or len(self.head) < _KNOWN or not hasattr(os, "SEEK_DATA"):
            return 0
        try:
            length = os.lseek(self._file, self.offset, os.SEEK_DATA) - self.offset
        except OSError:  # nothing follows, or the file system does not say
            return 0
        if length > _KNOWN:
            self.offset += length
            self.tail = b"\0" * _KNOWN
            return length
        return 0

    def close(self) -> None:
        """Close the file; the next chunk opens it again and continues."""
        file, self._file, self._seen = self._file, None, None
        if file is not None:
            os.close(file)

    def __del__(self) -> None:
        """Close the file."""
        if getattr(self, "_file", None) is not None:
            self.close()

    def _advance(self, data: bytes) -> None:
        if len(self.head) < _KNOWN and len(self.head) == self.offset:
            self.head = (self.head + data[:_KNOWN])[:_KNOWN]
        self.tail = (self.tail + data[-_KNOWN:])[-_KNOWN:]
        self.offset += len(data)
        self._asked = ""

    def _read(self, most: int, *, again: bool) -> Chunk:
        if self._file is None:
            self._open()
        assert self._file is not None
        # Before the reading: what was written before the file was renamed is there by then.
        self._leaving = self._successor(self._file)
        found = os.fstat(self._file)
        seen = (found.st_size, found.st_mtime_ns)
        if seen == self._seen and not again and self._leaving is None:
            return _NOTHING_NEW
        data = self._verified(self._file, found.st_size, most)
        ends = len(data) < most
        self._seen = seen if ends and found.st_size == self.offset + len(data) else None
        if self._leaving is not None and not data:
            self.close()
            return self._read(most, again=again)
        return Chunk(data, ends, ends and self._leaving is not None)

    def _verified(self, file: int, size: int, most: int) -> bytes:
        """Return what follows the place that was read to; where that has changed, the file's beginning."""
        before = len(self.tail)
        data = _bytes_at(file, self.offset - before, most + before)
        # Both ends of what was read are looked at, as a log may repeat itself line by line.
        same = data[:before] == self.tail and _bytes_at(file, 0, len(self.head)) == self.head
        if same and size >= self.offset:
            return data[before:]
        self._restart_at_zero(Restart.TRUNCATED)
        return _bytes_at(file, 0, most)

    def _open(self) -> None:
        """Open the file, and find out whether it is the one that was read before."""
        file = _opened(self._path)
        leaving, self._leaving = self._leaving, None
        self._file = file
        if self.offset and not self._is_the_same(file):
            self._restart_at_zero(leaving or Restart.REPLACED)

    def _restart_at_zero(self, why: Restart) -> None:
        self.offset, self.head, self.tail, self._asked = 0, b"", b"", ""
        self.restarts += 1
        self.restart = why

    def _successor(self, file: int) -> Restart | None:
        """Return why another file follows when this one ends; None if none does."""
        mine = os.fstat(file)
        try:
            there = os.stat(self._path)  # noqa: PTH116 - no Path object for each look
        except OSError:
            return None if mine.st_nlink else Restart.REPLACED
        if (there.st_dev, there.st_ino) == (mine.st_dev, mine.st_ino):
            return None
        if not there.st_size and mine.st_nlink:
            return None
        with suppress(OSError):  # a file that cannot be opened now is reported when it is its turn
            other = _opened(self._path)
            if not self._is_the_same(file):
                self._restart_at_zero(Restart.TRUNCATED)
            if _begins_alike(file, other) and self._is_the_same(other):
                self.close()
                self._file = other
                return None
            os.close(other)
        return Restart.ROTATED if mine.st_nlink else Restart.REPLACED

    def _is_the_same(self, file: int) -> bool:
        """Return whether a file holds the part that was read, and remember its ends."""
        if os.fstat(file).st_size < self.offset:
            return False
        head = _bytes_at(file, 0, min(_KNOWN, self.offset))
        tail = _bytes_at(file, max(0, self.offset - _KNOWN), min(_KNOWN, self.offset))
        if self._asked:
            same = self._asked == f"{len(head)}:{_digest(head)}:{len(tail)}:{_digest(tail)}"
        else:
            same = head.startswith(self.head) and tail.endswith(self.tail)
        if same:
            self.head, self.tail, self._asked = head, tail, ""
        return same


def _opened(path: str) -> int:
    # Opening and closing a FIFO would break the pipe of its writer.
    kind = stat.S_IFMT(os.stat(path).st_mode)  # noqa: PTH116
    if kind != stat.S_IFREG:
        raise OSError(0, _OTHERS.get(kind, "something else: name a file"))
    return os.open(path, _FLAGS)


def _begins_alike(file: int, longer: int) -> bool:
    head = _bytes_at(file, 0, _KNOWN)
    return _bytes_at(longer, 0, len(head)) == head


def _bytes_at(file: int, offset: int, count: int) -> bytes:
    os.lseek(file, offset, os.SEEK_SET)  # os.pread() is not everywhere
    pieces = []
    while count > 0 and (piece := os.read(file, count)):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


def _complaint(path: str, error: OSError) -> str:
    reason = error.strerror or str(error)
    if not error.errno:
        return f"expected a log file at {path!r}, got {reason}"
    return f"expected a log file at {path!r}, got {reason!r}: " + _HINTS.get(
        error.errno, "it will be read when that is over"
    )
