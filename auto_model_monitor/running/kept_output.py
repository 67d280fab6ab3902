"""What is kept of a command's output: its beginning, each line that may show why it ended, and its end."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence

from ..diagnosis import EvidenceFilter
from .run_folder import RunFolder

_HEAD = 64 << 10  # bytes at the beginning that are kept
_TAIL = 1 << 20  # bytes at the end that are kept
_PIECE = 1 << 20  # bytes of a read
_MOST_BEHIND = 64 << 20  # unread bytes of which lines are only counted, so that reading keeps up
_MOST_KEPT = 4096  # lines of evidence kept at each end
_LONGEST = 64 << 10  # bytes of a line that are kept
_BEFORE, _AFTER = 1, 2  # neighbours of a line that may be evidence, such as the source of a frame


class KeptOutput:
    """Reads the log of a run as it grows, in bounded memory, through its rotations.

    The last megabyte stays on the disk, so a short log is read at the end alone.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._filter = EvidenceFilter()
        self._file: int | None = None
        self._count = 0  # lines that were read
        self._partial = b""
        self._kept: list[tuple[int, bytes]] = []
        self._latest: deque[tuple[int, bytes]] = deque(maxlen=_MOST_KEPT)

    def read_on(self) -> None:
        """Read what has left the last megabyte.

        Raises:
            OSError: the log cannot be read.
        """
        while (unread := self._unread()) > _TAIL + _PIECE:
            lines = self._split(self._read())
            if unread < _MOST_BEHIND:
                self._keep_some(lines)
            self._count += len(lines)

    def lines(self) -> list[tuple[int, bytes]]:
        """Return what is kept, once the command has ended, as pairs of a line's number, from 1, and the line.

        Raises:
            OSError: the log cannot be read.
        """
        self.read_on()
        rest: list[bytes] = []
        while data := self._read():
            rest += self._split(data)
        rest += [self._partial] if self._partial else []
        numbered = list(enumerate(rest, start=self._count + 1))
        if self._file is not None:
            os.close(self._file)
            self._file = None
        return [*self._kept, *self._latest, *numbered]

    def _split(self, data: bytes) -> list[bytes]:
        *lines, partial = (self._partial + data).split(b"\n")
        self._partial = _shortened(partial)
        return [_shortened(line) for line in lines]

    def _keep_some(self, lines: Sequence[bytes]) -> None:
        chosen = set() if self._count else _within(lines, _HEAD)
        for place in self._filter.places(lines):
            chosen.update(range(max(0, place - _BEFORE), min(len(lines), place + _AFTER + 1)))
        for place in sorted(chosen):
            pair = (self._count + place + 1, lines[place])
            if len(self._kept) < _MOST_KEPT:
                self._kept.append(pair)
            else:
                self._latest.append(pair)

    def _read(self) -> bytes:
        """Return the next bytes; empty at the end of the last file."""
        while True:
            if self._file is None and not self._open(self._folder.log_files[:1]):
                return b""
            assert self._file is not None
            data = os.read(self._file, _PIECE)
            if data or not self._open(self._successors()):
                return data

    def _open(self, paths: Sequence[str]) -> bool:
        if not paths:
            return False
        file = os.open(paths[0], os.O_RDONLY | os.O_CLOEXEC)
        if self._file is not None:
            os.close(self._file)
        self._file = file
        return True

    def _successors(self) -> list[str]:
        """Return the files behind the one that is read, which may have been renamed or deleted."""
        assert self._file is not None
        paths = self._folder.log_files
        mine = os.fstat(self._file).st_ino
        places = [place for place, path in enumerate(paths) if os.stat(path).st_ino == mine]  # noqa: PTH116
        # What was deleted stood behind the beginning.
        return paths[places[0] + 1 :] if places else paths[1:]

    def _unread(self) -> int:
        if self._file is None:
            paths, left = self._folder.log_files, 0
        else:
            paths, place = self._successors(), os.lseek(self._file, 0, os.SEEK_CUR)
            left = os.fstat(self._file).st_size - place
        return left + sum(os.stat(path).st_size for path in paths)  # noqa: PTH116


def _shortened(line: bytes) -> bytes:
    return line if len(line) <= _LONGEST else line[: _LONGEST // 2] + line[-_LONGEST // 2 :]


def _within(lines: Sequence[bytes], size: int) -> set[int]:
    """Return the places of the first lines whose bytes together fit in ``size``."""
    places = set()
    for place, line in enumerate(lines):
        size -= len(line) + 1
        if size < 0:
            break
        places.add(place)
    return places
