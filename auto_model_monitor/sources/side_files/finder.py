"""Finds the files beside checkpoints, and those of them that have changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from ...core.clocks import Clock
from ...core.errors import SourceError
from ..checkpoints.directory_tree import DEEPEST, DirectoryTree, PollTime
from .run_files import RunFiles
from .side_file import SideFile, header_of, is_side_file, may_be_side_file, side_file, unnamed_side_file

_FULL_LOOK_EVERY = 600.0  # seconds

_Stamp = tuple[int, int, int]


class WatchedFile:
    """One file, and how it looked when it was read last.

    Attributes:
        path: where it is.
        name: the same relative to what is watched, with ``/``.
        file: what reads it.
        complaint: why it could not be read the last time.
        is_old: whether what it holds now is of an earlier training.
    """

    def __init__(self, path: str, name: str, file: SideFile, *, is_old: bool = False) -> None:
        self.path = path
        self.name = name
        self.file = file
        self.complaint = ""
        self.is_old = is_old
        self._read: _Stamp | None = None
        self._found: _Stamp | None = None

    def has_changed(self) -> bool:
        """Return whether there is anything to read.

        Raises:
            OSError: it is gone.
        """
        found = os.stat(self.path)  # noqa: PTH116 - no Path object for each look
        self._found = (found.st_mtime_ns, found.st_size, found.st_ino)
        return self.file.waits or self._found != self._read

    @property
    def age(self) -> tuple[int, str]:
        """What sorts files by their last change."""
        return self._found[0] if self._found else 0, self.path

    def was_read(self) -> None:
        """Take note that all of it, as it was found, was read."""
        self._read, self.complaint = self._found, ""


class SideFileFinder:
    """Knows the files of a directory and all below it, or the one file that it was given.

    A directory in which nothing has changed costs one ``stat``, and so does a file. Tables and logs of any
    name are read only as long as no file of a known name is there, which would hold the same numbers.

    Attributes:
        path: the directory or the file.

    Args:
        path: the directory or the file, which need not exist yet.
        clock: the time.
        deepest: how many levels of folders below the directory are looked into.
        only: what belongs to the training; None for everything.
    """

    def __init__(
        self, path: str, clock: Clock, *, deepest: int = DEEPEST, only: RunFiles | None = None
    ) -> None:
        self.path = path
        self._clock = clock
        self._deepest = deepest
        self._tree = DirectoryTree(path, enters=self._enters, full_look_every=_FULL_LOOK_EVERY)
        self._files: dict[str, WatchedFile] = {}
        self._unnamed: dict[str, str] = {}  # paths of tables and logs of any name, and these names
        self._has_named = False
        self._only = only

    @property
    def is_empty(self) -> bool:
        """Whether no file has been found so far."""
        return not self._files

    def changed(self, *, all_of_them: bool = False) -> list[WatchedFile]:
        """Return the files that there is something to read in, the one that was changed last at the end.

        Raises:
            SourceError: there is no such directory or file, or it cannot be read now.
        """
        try:
            if stat.S_ISDIR(os.stat(self.path).st_mode):  # noqa: PTH116
                self._update_files()
            else:
                self._add(self.path, os.path.basename(self.path))  # noqa: PTH119
        except OSError as error:
            reason = error.strerror or str(error)
            expected = f"expected a directory or a file of numbers at {self.path!r}"
            raise SourceError(f"{expected}, got {reason!r}: it will be read when it is there") from error
        return sorted(self._to_be_read(all_of_them), key=lambda watched: watched.age)

    def _to_be_read(self, all_of_them: bool) -> Iterator[WatchedFile]:
        for watched in list(self._files.values()):
            try:
                changed = watched.has_changed()
            except OSError:  # it is gone, or will be complained of when it is back
                self._forget(watched.path)
            else:
                if changed or all_of_them:
                    yield watched

    def _update_files(self) -> None:
        moment = PollTime(self._clock.now().timestamp(), self._clock.monotonic())
        for folder, change in list(self._tree.changes(moment)):
            for name in change.added:
                self._sort_in(os.path.join(folder.path, name), folder.prefix + name)  # noqa: PTH118
        if self._has_named:
            for path in [path for path in self._unnamed if path in self._files]:
                self._forget(path)
            self._unnamed.clear()
        else:
            self._add_unnamed()

    def _sort_in(self, path: str, name: str) -> None:
        last = name.rpartition("/")[2]
        is_named = is_side_file(last)
        if self._only is not None:
            self._only.note(path, name)
        if not (is_named or may_be_side_file(last)) or (
            self._only is not None and not self._only.reads(path)
        ):
            return
        if is_named:
            self._add(path, name)
            # One of an earlier training says nothing about where this one writes its numbers.
            self._has_named = self._has_named or not self._files[path].is_old
        else:
            self._unnamed[path] = name

    def _add_unnamed(self) -> None:
        for path, name in list(self._unnamed.items()):
            header = None if path in self._files else header_of(path)
            if header is None:
                continue
            file = unnamed_side_file(path, header)
            if file is None:
                del self._unnamed[path]
            else:
                self._files[path] = self._watched(path, name, file)

    def _add(self, path: str, name: str) -> None:
        if path in self._files:
            return
        file = side_file(path)
        if file is None:
            kinds = "trainer_state.json, a .csv, scalars.json or an event file of TensorBoard"
            raise SourceError(f"expected a file of numbers such as {kinds}, got {self.path!r}")
        self._files[path] = self._watched(path, name, file)

    def _watched(self, path: str, name: str, file: SideFile) -> WatchedFile:
        is_old = self._only is not None and self._only.is_old(path)
        return WatchedFile(path, name, file, is_old=is_old)

    def _forget(self, path: str) -> None:
        self._files.pop(path).file.close()

    def _enters(self, name: str) -> bool:
        if name.rpartition("/")[2].startswith(".") or name.count("/") >= self._deepest:
            return False
        return self._only is None or self._only.enters(os.path.join(self.path, name))  # noqa: PTH118
