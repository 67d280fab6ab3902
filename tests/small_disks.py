"""A small file system that a test can fill."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def small_disk_at(point: Path, size: str) -> Iterator[Path]:
    """Mount a tmpfs of a size such as ``8m``; skip the test where that is not allowed."""
    point.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(point)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    try:
        yield point
    finally:
        subprocess.run(["umount", "-l", str(point)], check=True, timeout=200)


def fill(folder: Path) -> Path:
    """Write until nothing fits any more; return the file that is to be removed."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(os.urandom(4096))
    return filler
