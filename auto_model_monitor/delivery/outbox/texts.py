"""Text that SQLite can store."""

from __future__ import annotations


def storable(text: str) -> str:
    r"""Return the text with its surrogates (undecodable bytes of a path) written as ``\udcff``."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
