"""A line as a terminal shows it: without colours, and of a progress bar the last state."""

from __future__ import annotations

from ..core.numbers import compiled

_ESCAPE = r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|[@-Z\\-_])?"


def is_plain(line: str) -> bool:
    """Return whether :func:`plain` would leave the line unchanged."""
    return not ("\x1b" in line or "\r" in line or "\0" in line)


def plain(line: str) -> str:
    """Return the line without escape sequences and without what carriage returns have written over."""
    if "\x1b" in line:
        line = compiled(_ESCAPE).sub("", line)
    line = line.replace("\b", "").replace("\0", "\ufffd")
    if "\r" in line:
        pieces = line.rstrip("\r").split("\r")
        line = next((piece for piece in reversed(pieces) if piece and not piece.isspace()), "")
    return line
