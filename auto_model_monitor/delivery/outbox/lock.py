"""A lock between processes: one watch of one directory at a time tells people."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class WatchLock:
    """Held from the first success of :meth:`acquire` until the process ends, however it ends.

    Where the system or the file system knows no such lock, it is taken for held: two watches are then told
    apart by nothing, as without it.

    Args:
        path: the lock's file, which holds the number of the process that has it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Take the path; nothing is touched."""
        self._path = Path(path)
        self._file: int | None = None
        self._process = 0

    def acquire(self) -> bool:
        """Try to get the lock; return whether this process has it."""
        if self._file is not None and self._process == os.getpid():
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return True  # where nothing can be written, nothing is shared either
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return False
            except OSError:
                pass  # this file system has no locks
        with suppress(OSError):  # on a full disk nobody learns who has it
            os.truncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file, self._process = file, os.getpid()
        _held.add(self)
        return True

    def holder(self) -> str:
        """Return the number of the process that has it, as far as can be known."""
        try:
            return self._path.read_text(encoding="ascii", errors="replace").strip() or "unknown"
        except OSError:
            return "unknown"

    def release(self) -> None:
        """Let it go, if this process has it."""
        if self._process == os.getpid():
            self._close()

    def __del__(self) -> None:
        """Let it go with the monitor that had it, as when a notebook makes a new one."""
        self._close()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.close(file)


_held: WeakSet[WatchLock] = WeakSet()


def _close_in_child() -> None:
    # A worker that a training forks would keep the lock of a parent that has died.
    for lock in list(_held):
        lock._close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
