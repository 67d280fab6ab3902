"""Open files of a process: pipes, and which are the same."""

# ruff: noqa: SIM105

from __future__ import annotations

import os
import sys


def large_pipe() -> tuple[int, int]:
    """Return the reading and the writing end of a pipe that holds as much as the system allows."""
    reading, writing = os.pipe()
    if sys.platform == "linux":
        import fcntl

        try:
            fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 1 << 20)
        except OSError:  # this user has too many large pipes
            pass
    return reading, writing


def are_same(one: int, other: int) -> bool:
    """Return whether two files are the same, as after ``2>&1``: then the order of what goes there matters."""
    first, second = os.fstat(one), os.fstat(other)
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)


def open_missing_streams() -> None:
    """Open the null device for each standard stream that the caller has closed."""
    for file in (0, 1, 2):
        try:
            os.fstat(file)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def close_copy(file: int) -> None:
    """Replace a file by the null device, so that its number stays taken."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, file, inheritable=False)
    os.close(null)
