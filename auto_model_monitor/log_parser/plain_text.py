"""A line as a terminal shows it: without colours, and of a progress bar the last state."""

from __future__ import annotations

from ..core.numbers import compiled
from ..text.cleaning import from_terminal

_CONTROLS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]"


def is_plain(line: str) -> bool:
    """Return whether :func:`plain` would leave the line unchanged."""
    return line.isprintable() or compiled(_CONTROLS).search(line) is None


def plain(line: str) -> str:
    """Return the line without control characters and without what carriage returns have written over."""
    return line if is_plain(line) else from_terminal(line)
