"""A TOML file, with every line that is no TOML named."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..core.extras import extra

_AT_THE_END = "(at end of document)"
# A text or a list of several lines: no line of the file can be judged by itself.
_SEVERAL_LINES = re.compile(r"\"{3}|'{3}|[\[{,]\s*(#.*)?$")


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the content of a TOML file, unchecked.

    Raises:
        ConfigError: it cannot be read, or is no TOML.
        MissingExtraError: on Python 3.10, the package that reads TOML is not installed.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        with extra("toml"):
            import tomli as tomllib
    file = os.fspath(path)
    try:
        # utf-8-sig: the Windows editor starts a file with a mark that TOML does not know.
        text = Path(path).expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"{file}: expected a file that can be read, got: {reason}") from None
    except ValueError as error:  # no UTF-8
        raise ConfigError(f"{file}: expected TOML, got: {error}") from None
    if mistakes := _mistakes(text, tomllib.loads):
        raise ConfigError([f"{file}: expected TOML, got: {mistake}" for mistake in mistakes])
    content: dict[str, Any] = tomllib.loads(text)
    return content


def _mistakes(text: str, loads: Callable[[str], object]) -> list[str]:
    """Return every mistake where each line stands for itself, else the first, at which `loads` ends."""
    first = _mistake(text, loads)
    lines = text.split("\n")
    if first is None:
        return []
    if any(_SEVERAL_LINES.search(line.rstrip()) or line.count("[") != line.count("]") for line in lines):
        return [first]
    each = []
    for number, line in enumerate(lines):
        # The empty lines before it give the mistake the line's own number.
        if mistake := _mistake("\n" * number + line + "\n", loads):
            each.append(mistake.replace(_AT_THE_END, f"(at line {number + 1})"))
    return each if each and _AT_THE_END in first else list(dict.fromkeys([first, *each]))


def _mistake(text: str, loads: Callable[[str], object]) -> str | None:
    try:
        loads(text)
    except ValueError as error:
        return str(error)
    return None
