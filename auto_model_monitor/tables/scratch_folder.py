"""Folders for what a look writes to the disk: removed at its end, or after a crash by a later process."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_PREFIX = "auto-model-monitor-look-"


@contextmanager
def scratch_folder() -> Iterator[str]:
    """Yield a new folder of mode 0700, and remove it at the end.

    It is locked meanwhile. The system drops the lock of a process that is killed, so that the first look of
    a later process recognises unused folders, also those of other containers, and removes them.
    """
    _remove_abandoned(tempfile.gettempdir())
    folder, lock = _new_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def _new_folder() -> tuple[str, int | None]:
    while True:
        folder = tempfile.mkdtemp(prefix=_PREFIX)
        with suppress(BlockingIOError):
            lock = _locked(folder)
            if Path(folder).exists():
                return folder, lock
        # Another process took it for abandoned before it was locked.


@cache
def _remove_abandoned(place: str) -> None:
    """Remove the folders of this user's processes that were killed; once a process."""
    if fcntl is None:
        return
    with suppress(OSError), os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and _is_own(entry):
                with suppress(BlockingIOError):
                    _remove(entry.path)


def _remove(folder: str) -> None:
    lock = _locked(folder)
    if lock is not None:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _is_own(entry: os.DirEntry[str]) -> bool:
    with suppress(OSError):
        found = entry.stat(follow_symlinks=False)
        return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return False


def _locked(folder: str) -> int | None:
    """Return a descriptor of a folder that is locked now; None where there are no locks.

    Raises:
        BlockingIOError: another process has locked it.
    """
    if fcntl is None:
        return None
    file = -1
    try:
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if file >= 0:
            os.close(file)
        if isinstance(error, BlockingIOError):
            raise
        return None
    return file
