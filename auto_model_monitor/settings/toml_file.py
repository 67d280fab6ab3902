"""A TOML file, with every line that is no TOML named."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..core.errors import ConfigError
from ..core.extras import extra
from ..core.paths import expanded
from .config_problems import shortened

_AT_THE_END = "(at end of document)"
_MOST_DOTS = 500  # in one line; keys of many parts take the square of their number
_LINE = re.compile(r"\(at line [0-9]+")
_LARGEST = 128 * 1024  # bytes; a larger file is no configuration, but a log, say
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
        with expanded(path).open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"{file}: expected a file that can be read, got: {reason}") from None
    if len(content) > _LARGEST:
        limit = f"at most {_LARGEST // 1024} KiB"
        raise ConfigError(f"{file}: expected TOML of {limit}, got a larger file: is it the right one?")
    try:
        # utf-8-sig: the Windows editor starts a file with a mark that TOML does not know.
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except ValueError as error:  # no UTF-8
        raise ConfigError(f"{file}: expected TOML, got: {error}") from None
    if any(line.count(".") > _MOST_DOTS for line in text.split("\n")):
        raise ConfigError(f"{file}: expected TOML, got a line of more than {_MOST_DOTS} dots")
    if (first := _mistake(text, tomllib.loads)) is not None:
        mistakes = shortened(_mistakes(text, first, tomllib.loads))
        raise ConfigError([f"{file}: expected TOML, got: {mistake}" for mistake in mistakes])
    settings: dict[str, Any] = tomllib.loads(text)
    return settings


def _mistakes(text: str, first: str, loads: Callable[[str], object]) -> Iterator[str]:
    """Yield every mistake where each line stands for itself, else the first, at which `loads` ends."""
    lines = text.split("\n")
    if any(_SEVERAL_LINES.search(line.rstrip()) or line.count("[") != line.count("]") for line in lines):
        yield first
        return
    each = _of_lines(lines, loads)
    one = next(each, first)
    yield from dict.fromkeys((one,) if _AT_THE_END in first else (first, one))
    yield from (mistake for mistake in each if mistake != first)


def _of_lines(lines: Sequence[str], loads: Callable[[str], object]) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        if mistake := _mistake(line + "\n", loads):
            place = f"(at line {number}"
            yield _LINE.sub(place, mistake.replace(_AT_THE_END, f"{place})"))


def _mistake(text: str, loads: Callable[[str], object]) -> str | None:
    try:
        loads(text)
    except ValueError as error:
        return str(error)
    except RecursionError:
        return "brackets that nest too deeply"
    return None
