"""The pieces of a rule's text: tokens, names of metrics, and numbers with their units."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from ..core.durations import to_seconds
from ..core.numbers import to_float
from ..core.readings import is_of_every_group

_IN_A_NAME = frozenset("_/@.:-")
_QUOTES = "'\"`"
_SECONDS = ("s", "min", "h")  # units of a latency, whose readings are seconds


class RuleToken(NamedTuple):
    """One word, operator or number, and where it begins."""

    text: str
    start: int


def tokens(text: str) -> Iterator[RuleToken]:
    """Split at spaces and around operators, ``a<=1`` is three tokens; a quoted name is one."""
    start = end = 0
    while start < len(text):
        end = _end_of_quotes(text, start) or start + 1
        while end < len(text) and text[start] != " " and not _parts(text[end - 1], text[end]):
            end += 1
        if text[start] != " ":
            yield RuleToken(text[start:end], start)
        start = end


def _end_of_quotes(text: str, start: int) -> int:
    return text.find(text[start], start + 1) + 1 if text[start] in _QUOTES else 0


def _parts(left: str, right: str) -> bool:
    return right == " " or (left in "<>=") != (right in "<>=")


def unquoted(text: str) -> str:
    """Return a name without the quotation marks around it."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in _QUOTES else text


def is_name(text: str) -> bool:
    """Return whether a token is the name of a metric; within quotation marks a group may be any text."""
    name = unquoted(text)
    if is_of_every_group(name):
        name = name[:-1]
    if "*" in name or not any(c.isalpha() for c in name):
        return False
    if name != text and "@" in name[1:]:
        return True
    if name.endswith(")") and name.count("(") == name.count(")") == 1:  # ``metrics/mAP50(B)``
        name = name[:-1].replace("(", "_") if not name.startswith("(") else name
    return all(c.isalnum() or c in _IN_A_NAME for c in name) and not _is_finite(to_float(name))


def amount(text: str) -> float | None:
    """Return a finite number: 0.9 for ``90%``, and seconds for ``200ms``, ``1.5s``, ``2min`` and ``1h``."""
    number = to_float(text)
    if text.endswith("%"):
        # Not by a division: 99.9 / 100 is not the number that 0.999 is.
        exact, rounded = to_float(f"{text[:-1]}e-2"), to_float(text[:-1])
        number = rounded / 100 if exact is None and rounded is not None else exact
    elif text.endswith("ms"):
        milliseconds = to_float(text[:-2])
        number = None if milliseconds is None else milliseconds / 1000
    elif number is None and text.endswith(_SECONDS):
        number = to_seconds(text)
    return number if _is_finite(number) else None


def _is_finite(number: float | None) -> bool:
    return number is not None and math.isfinite(number)


def is_gain(text: str) -> bool:
    """Return whether a token is a number above 0, with or without a unit."""
    return (amount(text) or 0.0) > 0


def is_count(text: str) -> bool:
    """Return whether a token is a positive whole number."""
    return text.isascii() and text.isdigit() and len(text) < 9 and int(text) > 0


def is_time(text: str) -> bool:
    """Return whether a token is a time that is not 0, such as ``30m``."""
    return (to_seconds(text) or 0) > 0


def factor(text: str) -> float:
    """Return the factor that a token is, such as ``3x``; 0 for any other."""
    number = to_float(text.removesuffix("x").removesuffix("×"))
    return number if number is not None and math.isfinite(number) else 0.0
