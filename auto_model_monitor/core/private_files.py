"""Files and directories that only their owner reads, and that no link leads elsewhere.

A directory such as one below ``/tmp`` may belong to several people: a link with the name of our file would
make us write into another one.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

_FLAGS = ("O_NOFOLLOW", "O_CLOEXEC", "O_NONBLOCK")  # those that the system knows


def open_private(path: str | os.PathLike[str], flags: int) -> int:
    """Open a file, created with mode 0600 if it is to be written; return its descriptor.

    Raises:
        OSError: it cannot be opened, or is a link, a pipe or a directory.
    """
    create = os.O_CREAT if flags & (os.O_WRONLY | os.O_RDWR) else 0
    extra = sum(getattr(os, name, 0) for name in _FLAGS)
    file = os.open(path, flags | create | extra, 0o600)
    mode = os.fstat(file).st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode)):
        os.close(file)
        raise OSError(f"expected a file, got something else: {os.fspath(path)!r}")
    return file


def make_private_directory(path: Path) -> None:
    """Create a directory and those above it that do not exist, each with mode 0700.

    Raises:
        OSError: one cannot be created, or is no directory.
    """
    missing = [path]
    while not missing[-1].parent.exists() and missing[-1].parent != missing[-1]:
        missing.append(missing[-1].parent)
    for directory in reversed(missing):
        directory.mkdir(mode=0o700, exist_ok=True)
