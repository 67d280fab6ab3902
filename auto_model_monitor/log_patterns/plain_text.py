"""A line as a terminal shows it: without colours, and of a progress bar what stands there last."""

from __future__ import annotations

from ..patterns import compiled

_ESCAPE = r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)|[@-Z\\-_])?"


def plain(line: str) -> str:
    """Return the line without escape sequences and without what carriage returns have written over."""
    if "\x1b" in line:
        line = compiled(_ESCAPE).sub("", line)
    if "\b" in line:
        line = line.replace("\b", "")
    if "\r" in line:
        pieces = line.rstrip("\r").split("\r")
        line = next((piece for piece in reversed(pieces) if piece and not piece.isspace()), "")
    return line
