"""Files that a training can reach, read as what they ought to be."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_NONBLOCK", 0)


def read_plain(path: Path, most: int = 4096) -> bytes:
    """Return the last bytes of a plain file.

    A pipe that a training has put in its place would let the dispatcher, and so all trainings, wait for ever.

    Args:
        path: the file.
        most: how many bytes at most.

    Raises:
        OSError: it cannot be read, or is no plain file.
    """
    file = os.open(path, _FLAGS)
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path}: expected a plain file, got something else")
        os.lseek(file, max(0, status.st_size - most), os.SEEK_SET)
        return os.read(file, most)
    finally:
        os.close(file)
