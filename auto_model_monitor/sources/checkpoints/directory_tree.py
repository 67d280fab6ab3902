"""A directory and the folders below it, polled with as little work as is safe."""

from __future__ import annotations

import errno
import logging
import os
import stat
from collections.abc import Callable, Iterator
from typing import NamedTuple

from . import filesystems
from .freshness import Freshness
from .listing import DirectoryChange, EntryType, Listing

logger = logging.getLogger(__name__)
# Every poll resolves each folder by its whole path, so a chain of folders costs the square of its length:
# two thousand nested folders took minutes on a slow file system. No training writes a tenth of this.
DEEPEST = 100
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ENODEV, errno.ENOTCONN})


class PollTime(NamedTuple):
    """When a poll starts: seconds since 1970, and seconds of the monotonic clock."""

    wall: float
    monotonic: float


class Folder:
    """One directory and its state as of the last poll.

    Attributes:
        path: where it is on this machine.
        prefix: what stands before its names relative to the watched directory: empty, or ``a/b/``.
        linked: whether it was reached through a symbolic link.
        listing: its names.
        markers: those of its names that mark others as unfinished.
        children: the folders in it that are watched too, by name.
    """

    __slots__ = ("children", "complained", "freshness", "linked", "listing", "markers", "path", "prefix")

    def __init__(self, path: str, prefix: str = "", *, linked: bool = False) -> None:
        self.path = path
        self.prefix = prefix
        self.linked = linked
        self.listing = Listing()
        self.freshness = Freshness()
        self.markers: set[str] = set()
        self.children: dict[str, Folder] = {}
        self.complained = False

    def stat(self) -> os.stat_result:
        """Return its attributes.

        Raises:
            OSError: nothing, or no directory, is there.
        """
        found = os.stat(self.path)  # noqa: PTH116 - no Path object for each look
        if not stat.S_ISDIR(found.st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), self.path)
        return found


class DirectoryTree:
    """The watched directory, with the folders below it if asked for.

    Attributes:
        previous: the names, with their folders, that were read before the watched directory went away or
            was replaced; None when there is nothing to compare with.

    Args:
        path: the watched directory.
        enters: returns whether to watch the folder of that relative name too; None enters none.
        full_look_every: seconds after which a directory is listed regardless of its times.
    """

    def __init__(
        self, path: str, *, enters: Callable[[str], bool] | None = None, full_look_every: float
    ) -> None:
        self.previous: set[str] | None = None
        self._root = Folder(path)
        self._enters = enters
        self._full_look_every = full_look_every
        self._identity: tuple[int, int, int | None] | None = None
        self._gone = False
        self._trusted: dict[int, bool] = {}
        self._trusted_until = 0.0
        self._warned_too_deep = False

    @property
    def identity(self) -> str:
        """Distinguishes the watched directory from one created later in its place, also after a restart.

        The device's number is no part of it: a mount may get another one at each boot.
        """
        return "" if self._identity is None else ":".join(map(str, self._identity[1:]))

    def forget(self) -> None:
        """Report every name as new at the next poll."""
        self._root = Folder(self._root.path)

    def changes(self, moment: PollTime) -> Iterator[tuple[Folder, DirectoryChange]]:
        """Yield every directory that was listed, the watched one first.

        Raises:
            OSError: the watched directory cannot be read; nothing has been yielded then.
        """
        root, found, change = self._poll_root(moment)
        visited = {(found.st_dev, found.st_ino)}
        if change is not None:
            yield root, change
        real, links = _split(root)
        while real or links:
            # Real folders come before links, so that "latest -> version_3" never takes version_3's place.
            folder = (real or links).pop()
            change = self._poll_below(folder, visited, moment)
            if change is not None:
                yield folder, change
            more_real, more_links = _split(folder)
            real += more_real
            links += more_links

    def _poll_root(self, moment: PollTime) -> tuple[Folder, os.stat_result, DirectoryChange | None]:
        try:
            found = self._root.stat()
            if self._is_spared(self._root, found, moment):
                return self._root, found, None
            self._recognise(found, moment)
            return self._root, found, self._list(self._root, found, moment)
        except OSError as error:
            self._gone = self._gone or error.errno in _GONE
            self._root.freshness.forget()
            raise

    def _poll_below(
        self, folder: Folder, visited: set[tuple[int, int]], moment: PollTime
    ) -> DirectoryChange | None:
        try:
            found = folder.stat()
            key = (found.st_dev, found.st_ino)
            if key in visited:
                return None
            visited.add(key)
            change = None
            if not self._is_spared(folder, found, moment):
                change = self._list(folder, found, moment)
        except OSError as error:
            folder.freshness.forget()
            if not folder.complained:
                logger.warning("skipped the folder %r: %s", folder.path, error.strerror)
            folder.complained = True
            return None
        folder.complained = False
        return change

    def _is_spared(self, folder: Folder, found: os.stat_result, moment: PollTime) -> bool:
        return folder.freshness.spares_listing(found, wall=moment.wall, monotonic=moment.monotonic)

    def _list(self, folder: Folder, found: os.stat_result, moment: PollTime) -> DirectoryChange:
        change = folder.listing.update(folder.path)
        until = moment.monotonic + self._full_look_every
        if self._trusts(folder, found, moment):
            folder.freshness.note(found, wall=moment.wall, monotonic=moment.monotonic, until=until)
        else:
            folder.freshness.forget()
        if self._enters is not None:
            self._adopt(folder, change, self._enters)
        return change

    def _adopt(self, folder: Folder, change: DirectoryChange, enters: Callable[[str], bool]) -> None:
        for name in change.removed:
            folder.children.pop(name, None)
        if folder.prefix.count("/") >= DEEPEST:
            self._warn_too_deep(folder, change)
            return
        for name, kind in change.odd.items():
            inside = folder.prefix + name
            if kind is not EntryType.NEITHER and name not in folder.children and enters(inside):
                path = os.path.join(folder.path, name)  # noqa: PTH118
                linked = folder.linked or kind is EntryType.LINKED_FOLDER
                folder.children[name] = Folder(path, f"{inside}/", linked=linked)

    def _warn_too_deep(self, folder: Folder, change: DirectoryChange) -> None:
        if self._warned_too_deep or all(kind is EntryType.NEITHER for kind in change.odd.values()):
            return
        self._warned_too_deep = True
        text = "expected folders at most %d levels below %r, got more: watch one of those in %r"
        logger.warning(text, DEEPEST, self._root.path, folder.path)

    def _trusts(self, folder: Folder, found: os.stat_result, moment: PollTime) -> bool:
        if moment.monotonic >= self._trusted_until:
            self._trusted.clear()
            self._trusted_until = moment.monotonic + self._full_look_every
        if found.st_dev not in self._trusted:
            self._trusted[found.st_dev] = filesystems.is_trusted(folder.path, found.st_dev)
        return self._trusted[found.st_dev]

    def _recognise(self, found: os.stat_result, moment: PollTime) -> None:
        """Detect whether the watched directory was replaced by another one."""
        if self._identity is None or self._identity[:2] != (found.st_dev, found.st_ino):
            self._trusted.clear()
        generation = None
        if self._trusts(self._root, found, moment):
            generation = filesystems.generation(self._root.path)
        identity = (found.st_dev, found.st_ino, generation)
        if self._identity is not None and self._is_remade(self._identity, identity):
            if self.previous is None:
                self.previous = self._all_names()
            self._root = Folder(self._root.path)
        self._identity = identity
        self._gone = False

    def _is_remade(self, old: tuple[int, int, int | None], new: tuple[int, int, int | None]) -> bool:
        if old[:2] != new[:2]:
            return True
        if old[2] is None or new[2] is None:
            return self._gone
        return old[2] != new[2]

    def _all_names(self) -> set[str]:
        names: set[str] = set()
        folders = [self._root]
        while folders:
            folder = folders.pop()
            ready = (name for name in folder.listing.names if name not in folder.listing.waiting)
            names.update(folder.prefix + name for name in ready)
            folders += folder.children.values()
        return names


def _split(folder: Folder) -> tuple[list[Folder], list[Folder]]:
    children = folder.children.values()
    return [c for c in children if not c.linked], [c for c in children if c.linked]
