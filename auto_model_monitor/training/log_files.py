"""The files of a task's log, and the limit on their size."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from .regular_files import open_regular, read_regular

EARLIER, CURRENT = "log.1.txt", "log.txt"
#: The files of a log, in the order of their lines; the first exists once the log has reached its limit.
LOG_FILES = (EARLIER, CURRENT)
MAX_LOG = 1 << 30  # bytes of one training's log
LEAST_LOG = 64 << 10  # the smallest limit
_CHUNK = 1 << 20


def shorten(folder: Path, read: int, most: int) -> int | None:
    """Move the content of a log into its earlier file once it is long enough.

    The training goes on appending to the same file, which is emptied. So that nothing is lost, a log whose
    end has not been read, or that grows meanwhile, waits until it is twice as long.

    Args:
        folder: the task's folder.
        read: how many bytes have been read.
        most: the limit of both files together, in bytes.

    Returns:
        How many bytes were emptied before they were read; None if nothing was done.

    Raises:
        OSError: the file cannot be emptied.
    """
    path, part = folder / CURRENT, most // 3
    with suppress(OSError):
        size = path.lstat().st_size if path.is_file() and not path.is_symlink() else 0
        if size > (part if read >= size else 2 * part):
            _keep_end(path, folder / EARLIER, part)
            grown = path.lstat().st_size
            if grown > max(size, 2 * part) or grown == size:
                os.truncate(path, 0)
                return max(0, grown - read)
    return None


def end_of_log(log: Path, limit: int) -> bytes:
    """Return the last bytes of a log, from both of its files.

    Raises:
        OSError: it cannot be read.
    """
    end = read_regular(log, limit)
    if len(end) < limit:
        with suppress(OSError):
            return read_regular(log.with_name(EARLIER), limit - len(end)) + end
    return end


def _keep_end(log: Path, earlier: Path, limit: int) -> None:
    """Copy the last bytes of a log, as far as the disk has room."""
    draft = earlier.with_suffix(".draft")
    try:
        source, size = open_regular(log)
        with source:
            source.seek(max(0, size - limit))
            draft.unlink(missing_ok=True)
            target = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(target, "wb") as copy:
                while data := source.read(_CHUNK):
                    copy.write(data)
        draft.replace(earlier)
    except OSError:  # a full disk needs the room more
        with suppress(OSError):
            draft.unlink(missing_ok=True)
            earlier.unlink(missing_ok=True)
