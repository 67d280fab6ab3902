"""The disk of a store: how much of it is free, and a reserve for what must work on a full one."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_RESERVE = 1 << 20  # bytes
_LOW = 64 << 10  # bytes; with fewer a disk counts as full


def free_bytes(path: Path) -> int | None:
    """Return how many bytes of a path's disk are free, None if unknown."""
    try:
        state = os.statvfs(path)
    except (OSError, AttributeError):
        return None
    return state.f_bavail * state.f_frsize


def is_full(path: Path) -> bool:
    """Return whether a path's disk is full."""
    free = free_bytes(path)
    return free is not None and free < _LOW


class DiskReserve:
    """A file that occupies room, which a full disk needs for a cancellation or a deletion.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.fill()

    def fill(self) -> None:
        """Occupy the room, if the disk has several times as much."""
        with suppress(OSError):
            free = free_bytes(self._path.parent)
            if self._size() >= _RESERVE or free is None or free < 4 * _RESERVE:
                return
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
            with os.fdopen(os.open(self._path, flags, 0o600), "wb") as file:
                file.write(bytes(_RESERVE))

    def release(self) -> bool:
        """Free the room; return whether there was any."""
        with suppress(OSError):
            if self._size():
                self._path.unlink()
                return True
        return False

    def _size(self) -> int:
        try:
            return self._path.lstat().st_size
        except OSError:
            return 0
