"""What a training writes below its working directory after its start."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

_OF_A_RUN = "output.index"  # beside the output of a wrapped command: that of another one is another training
#: Called with the path and the relative name of something, and whether it appeared since the start.
OnName = Callable[[str, str, bool], None]


class RunFiles:
    """Bounds the look below a working directory to what a training writes that started at a certain time.

    Attributes:
        since: when it started, in seconds since 1970 UTC.

    Args:
        since: when it started, in seconds since 1970 UTC.
        without: directories and files that are left out, such as our own.
        on_name: called with the path and the relative name of everything, and whether it appeared since.
    """

    _MOST_FOLDERS = 300  # that were there before
    _MOST_NEW_FOLDERS = 3000
    _LARGEST_FOLDER = 1 << 18  # bytes of the directory itself: a data set of some thousand files
    _LARGEST_FILE = 1 << 20  # bytes of a file from before that is read to know what it adds
    _MOST_BYTES = 1 << 23  # of all of them

    def __init__(
        self,
        since: float,
        *,
        without: Iterable[str] = (),
        on_name: OnName | None = None,
    ) -> None:
        self.since = since
        self._without = frozenset(without)
        self._on_name = on_name
        self._folders = self._new_folders = self._bytes = 0

    def enters(self, path: str) -> bool:
        """Return whether to look into a folder."""
        if path in self._without or os.path.lexists(f"{path}/{_OF_A_RUN}"):
            return False
        try:
            found = os.stat(path)  # noqa: PTH116 - no Path object for each look
        except OSError:
            return False
        if found.st_mtime >= self.since:
            self._new_folders += 1
            return self._new_folders <= self._MOST_NEW_FOLDERS
        self._folders += 1
        return found.st_size <= self._LARGEST_FOLDER and self._folders <= self._MOST_FOLDERS

    def reads(self, path: str) -> bool:
        """Return whether to read a file; of the large ones from before nothing is read."""
        if path in self._without:
            return False
        if not self.is_old(path):
            return True
        try:
            size = os.stat(path).st_size  # noqa: PTH116
        except OSError:
            return False
        self._bytes += size
        return size <= self._LARGEST_FILE and self._bytes <= self._MOST_BYTES

    def is_old(self, path: str) -> bool:
        """Return whether a file was last written before the training started."""
        try:
            return os.stat(path).st_mtime < self.since  # noqa: PTH116
        except OSError:
            return False

    def note(self, path: str, name: str) -> None:
        """Take note of a name."""
        if self._on_name is not None and path not in self._without:
            self._on_name(path, name, not self.is_old(path))
