"""The names in one directory, and which of them came and went since the last poll."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from enum import Enum
from typing import NamedTuple

_FEW = 64  # new names up to which one stat each is cheaper than a second listing


class EntryType(Enum):
    """The type of a name that is no regular file."""

    FOLDER = "folder"
    LINKED_FOLDER = "linked folder"
    NEITHER = "neither"


class DirectoryChange(NamedTuple):
    """What changed in one directory.

    Attributes:
        added: new names, and those that waited until now.
        removed: names that are gone.
        odd: those of ``added`` that are no regular files; NEITHER is a FIFO, a socket, a device, a
            dangling link, or a name that was deleted during the poll.
    """

    added: list[str]
    removed: set[str]
    odd: dict[str, EntryType]


class Listing:
    """The names in one directory, as of the last poll.

    Attributes:
        names: in the order of the directory.
        waiting: those of ``names`` that were not ready and must be checked again.
    """

    __slots__ = ("names", "waiting")

    def __init__(self) -> None:
        self.names: list[str] = []
        self.waiting: set[str] = set()

    def update(self, path: str) -> DirectoryChange:
        """List the directory at ``path`` and return what has changed.

        Raises:
            OSError: it cannot be listed.
        """
        if not self.names:
            names, odd = _scan(path)
            self.names, self.waiting = names, set()
            return DirectoryChange(names, set(), odd)
        names = os.listdir(path)  # noqa: PTH208 - the names alone, at a third of the price
        added, removed = _difference(self.names, names)
        added += self.waiting.difference(removed)
        odd = _odd_ones(path, added) if added else {}
        if names != self.names:
            self.names = names
        self.waiting = set()
        return DirectoryChange(added, removed, odd)


def _scan(path: str) -> tuple[list[str], dict[str, EntryType]]:
    """Return every name in ``path``, and the types of those that are no regular files."""
    if os.scandir not in os.supports_fd:
        return _scan_open(path)
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        return _scan_open(handle)  # spares the path of each entry
    finally:
        os.close(handle)


def _scan_open(directory: str | int) -> tuple[list[str], dict[str, EntryType]]:
    try:
        names, odd = _scan_with(directory, os.DirEntry.is_file)
    except OSError:  # of a link that cannot be followed, unless it is the directory that fails
        names, odd = _scan_with(directory, _is_file)
    return names, {entry.name: _type_of_entry(entry) for entry in odd}


def _scan_with(
    directory: str | int, is_file: Callable[[os.DirEntry[str]], bool]
) -> tuple[list[str], list[os.DirEntry[str]]]:
    odd: list[os.DirEntry[str]] = []
    note = odd.append
    with os.scandir(directory) as entries:
        # One comprehension, because a million entries go through it; note() returns None.
        return [e.name for e in entries if is_file(e) or not note(e)], odd


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False


def _type_of_entry(entry: os.DirEntry[str]) -> EntryType:
    try:
        if not entry.is_dir():
            return EntryType.NEITHER
        return EntryType.LINKED_FOLDER if entry.is_symlink() else EntryType.FOLDER
    except OSError:
        return EntryType.NEITHER


def _odd_ones(path: str, names: Sequence[str]) -> dict[str, EntryType]:
    """Return what those of ``names`` are that are no regular files in ``path``."""
    if len(names) > _FEW:
        present, odd = _scan(path)
        odd.update(dict.fromkeys(set(names).difference(present), EntryType.NEITHER))
        return odd
    kinds = ((name, _kind(os.path.join(path, name))) for name in names)  # noqa: PTH118
    return {name: kind for name, kind in kinds if kind is not None}


def _kind(path: str) -> EntryType | None:
    """Return what ``path`` is, None for a regular file or a link to one."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - no Path object for each name
    except OSError:
        return EntryType.NEITHER
    if stat.S_ISREG(mode):
        return None
    if not stat.S_ISDIR(mode):
        return EntryType.NEITHER
    return EntryType.LINKED_FOLDER if os.path.islink(path) else EntryType.FOLDER  # noqa: PTH114


def _difference(old: list[str], new: list[str]) -> tuple[list[str], set[str]]:
    """Return what ``new`` has more than ``old``, in its order, and what it lacks.

    A directory keeps its order, so the two lists mostly begin and end alike. Comparing lists runs in C at
    a tenth of the price of a set of names; only the part in the middle is worth one.
    """
    start = _common(old, new, len(old), len(new), from_end=False)
    rest_old, rest_new = old[start:], new[start:]
    end = _common(rest_old, rest_new, len(rest_old), len(rest_new), from_end=True)
    before, after = rest_old[: len(rest_old) - end], rest_new[: len(rest_new) - end]
    known = set(before)
    return [name for name in after if name not in known], known.difference(after)


def _common(a: list[str], b: list[str], size_a: int, size_b: int, *, from_end: bool) -> int:
    """Return how many names the two have in common at their start or end, by halving."""
    low, high = 0, min(size_a, size_b)
    while low < high:
        middle = (low + high + 1) // 2
        if from_end:
            same = a[size_a - middle : size_a - low] == b[size_b - middle : size_b - low]
        else:
            same = a[low:middle] == b[low:middle]
        low, high = (middle, high) if same else (low, middle - 1)
    return low
