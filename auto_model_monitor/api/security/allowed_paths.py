"""The paths that a request may name: those below the directories that the server's owner allows."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ...core.errors import ConfigError
from ...training import TrainingRequest

# Ambiguous texts: a separator of another system, encoded dots and slashes, control characters.
_AMBIGUOUS = re.compile(r"\\|%(?:2e|2f|5c|00|25)|[\x00-\x1f\x7f]", re.IGNORECASE)
_FIELDS = ("train_path", "val_path", "save_path", "weights_path")


class AllowedPaths:
    """The directories below which the paths of a request must lie after all links are followed.

    A directory that is missing now is allowed: a disk may be mounted later.

    Args:
        directories: the allowed directories.
        closed: a directory that stays closed even below an allowed one: the store.

    Attributes:
        directories: the allowed directories, resolved.

    Raises:
        ConfigError: no directory is given, or one of them is a file.
    """

    def __init__(self, directories: Sequence[str | os.PathLike[str]], *, closed: str | None = None) -> None:
        if not directories:
            raise ConfigError("allow_paths: expected at least one directory, got none")
        self.directories = tuple(dict.fromkeys(os.path.realpath(root) for root in directories))
        self._closed = None if closed is None else os.path.realpath(closed)
        for root in self.directories:
            if Path(root).exists() and not Path(root).is_dir():
                raise ConfigError(f"allow_paths: expected a directory, got the file {root}")

    def resolve(self, name: str, given: str) -> str:
        """Return a path with all links followed; a relative one is relative to the first allowed directory.

        Args:
            name: the field that holds the path, for the error.
            given: the path.

        Raises:
            ConfigError: it is ambiguous, or it is or leads outside of the allowed directories.
        """
        if _AMBIGUOUS.search(given) or ".." in Path(given).parts:
            raise ConfigError(
                f"{name}: expected a plain path, got one with a backslash, '..', an encoded character or a "
                "control character"
            )
        path = _followed(name, Path(self.directories[0], given))
        is_closed = self._closed is not None and Path(path).is_relative_to(self._closed)
        if is_closed or self._root_of(path) is None:
            listed = ", ".join(self.directories)
            raise ConfigError(
                f"{name}: expected a path below {listed}, got another one; the server's owner allows more "
                "directories with --allow-path"
            )
        return path

    def directory(self, name: str, given: str) -> str:
        """Return the resolved path of a directory to read; it may be missing if its allowed directory is.

        Raises:
            ConfigError: as in :meth:`resolve`, or there is no such directory.
        """
        path = self.resolve(name, given)
        if not _is(path, stat.S_ISDIR) and self._is_mounted(path):
            raise ConfigError(
                f"{name}: expected a directory that exists, got {given!r}, which is none{self._base(given)}"
            )
        return path

    def file(self, name: str, given: str) -> str:
        """Return the resolved path of a file to read; it may be missing if its allowed directory is.

        Raises:
            ConfigError: as in :meth:`resolve`, or there is no such file.
        """
        path = self.resolve(name, given)
        if not _is(path, stat.S_ISREG) and self._is_mounted(path):
            raise ConfigError(
                f"{name}: expected a file that exists, got {given!r}, which is none{self._base(given)}"
            )
        return path

    def target(self, name: str, given: str) -> str:
        """Return the resolved path of a directory to write; it may be missing.

        Raises:
            ConfigError: as in :meth:`resolve`, or something else has this name.
        """
        path = self.resolve(name, given)
        if os.path.lexists(path) and not _is(path, stat.S_ISDIR):
            raise ConfigError(f"{name}: expected a directory or a free name, got {given!r}, which is a file")
        return path

    def recheck(self, request: TrainingRequest) -> None:
        """Check that the paths of a waiting request still lead where they led when it was made.

        Raises:
            ConfigError: a link has been put there since.
        """
        for name in _FIELDS:
            path = getattr(request, name)
            if path is not None and self.resolve(name, path) != path:
                raise ConfigError(
                    f"{name}: expected {path!r} as it was when requested, got a link that was put "
                    "there since; ask again"
                )

    def _base(self, given: str) -> str:
        """Name the directory that a relative path starts from: it is not the caller's."""
        return "" if Path(given).is_absolute() else f" below {self.directories[0]}"

    def _is_mounted(self, path: str) -> bool:
        root = self._root_of(path)
        return root is not None and _is(root, stat.S_ISDIR)

    def _root_of(self, path: str) -> str | None:
        return next((root for root in self.directories if Path(path).is_relative_to(root)), None)


def _followed(name: str, path: Path) -> str:
    try:
        found = os.path.realpath(path)
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            os.lstat(found)
    except (OSError, ValueError) as error:  # a name that is too long, or that the system cannot encode
        reason = error.strerror if isinstance(error, OSError) else "not a name that this system can encode"
        raise ConfigError(f"{name}: expected a path, got one that cannot be followed: {reason}") from None
    return found


def _is(path: str, kind: Callable[[int], bool]) -> bool:
    try:
        return kind(Path(path).stat().st_mode)
    except OSError:  # it is missing, or access is denied
        return False
