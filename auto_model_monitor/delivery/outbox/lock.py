"""A lock between processes: only one monitor at a time sends the alerts of a watch."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

from ...core.private_files import make_private_directory, open_private

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


logger = logging.getLogger(__name__)


class WatchLock:
    """Held from a successful :meth:`acquire` until :meth:`release` or the process ends, however it ends.

    Where the system or the file system has no such locks, :meth:`acquire` succeeds and protects nothing.

    Args:
        path: the lock file; it contains the process ID of the holder.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._file: int | None = None
        self._process = 0

    def acquire(self) -> bool:
        """Try to take the lock without waiting; return whether this process holds it."""
        if self._file is not None and self._process == os.getpid():
            return True
        try:
            make_private_directory(self._path.parent)
            file = open_private(self._path, os.O_RDWR)
        except OSError as error:
            if self._path.is_symlink() or self._path.exists():
                logger.warning("the lock %s protects nothing: %s", self._path, error)
            return True  # where nothing can be written, no outbox is shared either
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(file)
                return False
            except OSError:
                pass  # this file system has no locks
        with suppress(OSError):  # on a full disk the holder stays unknown
            os.truncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file, self._process = file, os.getpid()
        _held.add(self)
        return True

    def holder(self) -> str:
        """Return the process ID of the holder, or ``unknown``."""
        try:
            file = open_private(self._path, os.O_RDONLY)
        except OSError:
            return "unknown"
        try:
            return os.read(file, 64).decode("ascii", "replace").strip() or "unknown"
        finally:
            os.close(file)

    def release(self) -> None:
        """Release the lock if this process holds it."""
        if self._process == os.getpid():
            self._close()

    def __del__(self) -> None:
        """Release the lock of a monitor that was dropped, as in a notebook that creates another one."""
        self._close()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):
                os.close(file)


_held: WeakSet[WatchLock] = WeakSet()


def _close_in_child() -> None:
    # A worker process forked by a training would otherwise keep the lock after its parent has died.
    for lock in list(_held):
        lock._close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_in_child)
