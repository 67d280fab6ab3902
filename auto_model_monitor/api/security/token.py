"""The token: created once, stored in a file that only its owner can read, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from ...core.errors import ConfigError

_FILE = "token"
# At least 16 characters, because people may write their own; none that a URL or a cookie must escape.
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,256}")
_EXPECTED = "16 to 256 letters, digits, '.', '_', '~' and '-'"


def stored_token(store: str | os.PathLike[str]) -> str:
    """Return the token of a store; the first start creates it in ``STORE/token``, mode 0600.

    Raises:
        ConfigError: the file contains no token, is not a regular file, or others can read it.
    """
    path = Path(store) / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(path):
        _create(path)
    return _read(path)


def _create(path: Path) -> None:
    """Write a new token; if two servers do so at the same time, the first one's stays."""
    new = path.with_name(f"{_FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
            file.flush()
            os.fsync(file.fileno())
        _publish(new, path)
    finally:
        new.unlink(missing_ok=True)


def _publish(new: Path, path: Path) -> None:
    try:
        os.link(new, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        new.replace(path)


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        found = "a symbolic link" if path.is_symlink() else f"the error {error.strerror!r}"
        raise ConfigError(f"{path}: expected a regular file that contains the token, got {found}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise ConfigError(f"{path}: expected a regular file that contains the token, got something else")
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        if os.name == "posix" and status.st_mode & 0o077:
            raise ConfigError(
                f"{path}: expected a file that only its owner can read, got mode "
                f"{stat.S_IMODE(status.st_mode):04o}; others may know the token: delete the file, and the "
                "next start creates a new one"
            )
        token = file.read(1000).strip()
    if not _TOKEN.fullmatch(token):
        raise ConfigError(
            f"{path}: expected a token of {_EXPECTED}; delete the file, and the next start creates one"
        )
    return token


class AccessToken:
    """The secret of a server.

    Args:
        token: the secret.

    Raises:
        ConfigError: it is too short, or contains a character that a URL must escape.
    """

    def __init__(self, token: str) -> None:
        if not _TOKEN.fullmatch(token):
            raise ConfigError(f"token: expected {_EXPECTED}, got something else")
        self._digest = hashlib.sha256(token.encode()).digest()

    def __repr__(self) -> str:
        """Return a text without the secret."""
        return "AccessToken(***)"

    def matches(self, given: str) -> bool:
        """Return whether a text is the token, in constant time."""
        digest = hashlib.sha256(given.encode("utf-8", "surrogateescape")).digest()
        return hmac.compare_digest(digest, self._digest)
