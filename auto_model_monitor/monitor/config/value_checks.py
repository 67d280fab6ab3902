"""What the values of settings have to be."""

from __future__ import annotations

import math
import numbers
import os
from collections.abc import Callable
from typing import Any

from ...core.durations import to_seconds


def is_path(value: object) -> bool:
    """Return whether it is a path, as text or as an object."""
    if not isinstance(value, (str, os.PathLike)):
        return False
    text = os.fspath(value)
    return isinstance(text, str) and bool(text.strip()) and "\0" not in text


def is_number(value: object) -> bool:
    """Return whether it is a finite number."""
    try:
        return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number beyond the floats
        return False


def is_duration(value: Any) -> bool:
    """Return whether it is seconds above 0."""
    return is_number(value) and value > 0


def is_digest(value: Any) -> bool:
    """Return whether it is seconds, 0 or more, or a text such as ``1h``."""
    seconds: Any = to_seconds(value) if isinstance(value, str) else value
    return is_number(seconds) and seconds >= 0


def is_port(value: Any) -> bool:
    """Return whether it is a port's number."""
    return type(value) is int and 0 < value < 65536


def is_host(value: object) -> bool:
    """Return whether it is a host's name."""
    return isinstance(value, str) and bool(value.strip()) and " " not in value


def is_login(value: object) -> bool:
    """Return whether it is a name that a mail server can take."""
    return isinstance(value, str) and bool(value.strip()) and value.isascii() and value.isprintable()


def is_bool(value: object) -> bool:
    """Return whether it is True or False."""
    return isinstance(value, bool)


def one_of(choices: tuple[str, ...]) -> Callable[[object], bool]:
    """Return the check for one of some texts."""
    return lambda value: isinstance(value, str) and value in choices
