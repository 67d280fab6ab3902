"""Read files that a training may have replaced with something else."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0)


def open_regular(path: Path) -> tuple[BinaryIO, int]:
    """Return a regular file, open for reading, and its size in bytes.

    Raises:
        OSError: it cannot be opened, or is not a regular file.
    """
    file = os.open(path, _FLAGS | getattr(os, "O_NOFOLLOW", 0))
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode):
        os.close(file)
        raise OSError(f"{path}: expected a regular file, got something else")
    return os.fdopen(file, "rb"), status.st_size


def read_regular(path: Path, limit: int = 4096) -> bytes:
    """Return the last bytes of a regular file.

    A pipe in its place would block the dispatcher, and with it every training.

    Args:
        path: the file.
        limit: the largest number of bytes.

    Raises:
        OSError: it cannot be read, or is not a regular file.
    """
    file = os.open(path, _FLAGS)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path}: expected a regular file, got something else")
        os.lseek(file, max(0, status.st_size - limit), os.SEEK_SET)
        return os.read(file, limit)
    finally:
        os.close(file)
