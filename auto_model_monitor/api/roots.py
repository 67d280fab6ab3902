"""Which paths a request may name: those below the directories that the server's owner has opened."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ..core.errors import ConfigError

# What could be read in two ways: a separator of another system, encoded dots and slashes, control characters.
_AMBIGUOUS = re.compile(r"\\|%(?:2e|2f|5c|00|25)|[\x00-\x1f\x7f]", re.IGNORECASE)


class Roots:
    """The directories below which the paths of a request have to be, links included.

    Attributes:
        directories: the roots, resolved.
    """

    def __init__(self, directories: Sequence[str | os.PathLike[str]], *, closed: str | None = None) -> None:
        """Take the roots, and one directory that stays closed even below a root: the store.

        A root need not be there at the moment: a disk may be mounted later.

        Raises:
            ConfigError: none was given, or one of them is a file.
        """
        if not directories:
            raise ConfigError("allow_paths: expected at least one directory, got none")
        self.directories = tuple(dict.fromkeys(os.path.realpath(root) for root in directories))
        self._closed = None if closed is None else os.path.realpath(closed)
        for root in self.directories:
            if Path(root).exists() and not Path(root).is_dir():
                raise ConfigError(f"allow_paths: expected a directory, got the file {root}")

    def resolve(self, name: str, given: str) -> str:
        """Return the path with all links followed; a relative one is relative to the first root.

        Args:
            name: the field that it comes from, for the error.
            given: the path as it was given.

        Raises:
            ConfigError: it is ambiguous, or it is, or leads, outside the roots.
        """
        if _AMBIGUOUS.search(given) or ".." in Path(given).parts:
            raise ConfigError(
                f"{name}: expected a plain path, got one with a backslash, '..', an encoded character or a "
                "control character"
            )
        path = _followed(name, Path(self.directories[0], given))
        if self._root_of(path) is None or self._is_closed(path):
            listed = ", ".join(self.directories)
            raise ConfigError(
                f"{name}: expected a path below {listed}, got another one; the server's owner opens more "
                "directories by --allow-path"
            )
        return path

    def directory(self, name: str, given: str) -> str:
        """Return the path of a directory to be read, resolved.

        Below a root that is itself not there at the moment, it need not be there either.

        Raises:
            ConfigError: as above, or there is no such directory.
        """
        path = self.resolve(name, given)
        root = self._root_of(path)
        if root is not None and _is_directory(root) and not _is_directory(path):
            raise ConfigError(
                f"{name}: expected a directory that exists, got {given!r}, which is none{self._about(given)}"
            )
        return path

    def file(self, name: str, given: str) -> str:
        """Return the path of a file to be read, resolved.

        Raises:
            ConfigError: as above, or there is no such file.
        """
        path = self.resolve(name, given)
        root = self._root_of(path)
        if root is not None and _is_directory(root) and not Path(path).is_file():
            raise ConfigError(
                f"{name}: expected a file that exists, got {given!r}, which is none{self._about(given)}"
            )
        return path

    def target(self, name: str, given: str) -> str:
        """Return the path of a directory to be written, resolved; it need not be there.

        Raises:
            ConfigError: as above, or there is something else in its place.
        """
        path = self.resolve(name, given)
        if os.path.lexists(path) and not _is_directory(path):
            raise ConfigError(f"{name}: expected a directory or a free name, got {given!r}, which is a file")
        return path

    def _about(self, given: str) -> str:
        """Return where a relative path was looked for, because the directory of the caller is not meant."""
        return "" if Path(given).is_absolute() else f" below {self.directories[0]}"

    def _root_of(self, path: str) -> str | None:
        return next((root for root in self.directories if _is_within(path, root)), None)

    def _is_closed(self, path: str) -> bool:
        return self._closed is not None and _is_within(path, self._closed)


def _followed(name: str, path: Path) -> str:
    try:
        found = os.path.realpath(path)
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            os.lstat(found)
    except (OSError, ValueError) as error:  # a name that is too long, or no text of this system's
        reason = getattr(error, "strerror", None) or "no name that this system has"
        raise ConfigError(f"{name}: expected a path, got one that cannot be followed: {reason}") from None
    return found


def _is_directory(path: str) -> bool:
    try:
        return Path(path).is_dir()
    except OSError:
        return False


def _is_within(path: str, root: str) -> bool:
    return Path(path).is_relative_to(root)
