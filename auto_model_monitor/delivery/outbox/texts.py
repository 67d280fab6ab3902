"""Texts as a database can hold them."""

from __future__ import annotations


def storable(text: str) -> str:
    """Return the text without the stand-ins for bytes that are no characters, as a path may have them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
