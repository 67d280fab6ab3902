"""Paths as people type them."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import ConfigError


def expanded(path: str | os.PathLike[str]) -> Path:
    """Return a path with the home directory in place of its ``~``.

    Raises:
        ConfigError: the user after ``~`` is none of this machine, or has no home directory.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError:
        user = os.fspath(path).replace("\\", "/").partition("/")[0]
        text = f"expected a path, or ~ and a user of this machine with a home directory, got {user!r}"
        raise ConfigError(text) from None
