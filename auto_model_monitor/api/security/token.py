"""The token: made once, kept in a file that only its owner may read, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path

from ...core.errors import ConfigError

FILE = "token"
# At least 16 characters, for one that somebody wrote by hand, and none that a URL or a cookie must escape.
_TOKEN = re.compile(r"[A-Za-z0-9._~-]{16,256}")
WANTED = "16 to 256 letters, digits, '.', '_', '~' and '-'"


def stored_token(store: str | os.PathLike[str]) -> str:
    """Return the token of a store; it is made at the first start, in ``STORE/token``, mode 0600.

    Raises:
        ConfigError: the file holds no token, is no plain file, or others may read it.
    """
    path = Path(store) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    if not os.path.lexists(path):
        _make(path)
    return _read(path)


def _make(path: Path) -> None:
    """Write a new token; of two servers that do so at once, the first one's stays."""
    new = path.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
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
    except OSError:  # a file system without links
        new.replace(path)


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise ConfigError(f"{path}: expected the file of the token, got: {error.strerror}") from None
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise ConfigError(f"{path}: expected a plain file that holds the token, got something else")
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as file:
        if os.name == "posix" and status.st_mode & 0o077:
            raise ConfigError(
                f"{path}: expected a file that only its owner may read, got mode "
                f"{stat.S_IMODE(status.st_mode):04o}; others may know the token by now: delete the file, and "
                "the next start makes a new one"
            )
        token = file.read(1000).strip()
    if not _TOKEN.fullmatch(token):
        raise ConfigError(
            f"{path}: expected a token of {WANTED}; delete the file, and the next start makes one"
        )
    return token


class Token:
    """A secret that can be asked whether something given is the same."""

    def __init__(self, token: str) -> None:
        """Take the secret.

        Raises:
            ConfigError: it is too short, or could not stand in a URL as it is.
        """
        if not _TOKEN.fullmatch(token):
            raise ConfigError(f"token: expected {WANTED}, got something else")
        self._digest = _digest(token)

    def __repr__(self) -> str:
        """Show nothing of it."""
        return "Token(***)"

    def is_(self, given: str) -> bool:
        """Tell whether what was given is the token, in a time that says nothing about either."""
        return hmac.compare_digest(_digest(given), self._digest)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
