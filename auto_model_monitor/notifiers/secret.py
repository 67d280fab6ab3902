"""Secrets that do not show themselves: not in a repr, not in a dump of attributes, not in an echo."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

_BASE64_WORD = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_HIDDEN = "***"


class Secret:
    """A text that is handed on when asked for by name, and otherwise reads ``***``."""

    __slots__ = ("_reveal",)

    def __init__(self, text: str) -> None:
        """Keep the text in a closure, where neither ``vars`` nor a debugger's dump looks."""

        def reveal() -> str:
            return text

        self._reveal: Callable[[], str] = reveal

    def reveal(self) -> str:
        """Return the text itself."""
        return self._reveal()

    def __repr__(self) -> str:
        """Say that there is one, and no more."""
        return f"Secret({_HIDDEN!r})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """Refuse to be written to disk."""
        raise TypeError("a secret cannot be pickled or copied")


def scrub(text: str, *secrets: str) -> str:
    """Return ``text`` with every secret in it hidden, plain or inside a base64 word.

    A server may quote what it was sent; ``AUTH PLAIN`` and ``AUTH LOGIN`` send base64.
    """
    for secret in filter(None, secrets):
        text = re.sub(re.escape(secret), _HIDDEN, text, flags=re.IGNORECASE)
        for word in set(_BASE64_WORD.findall(text)):
            if _holds(word, secret):
                text = text.replace(word, _HIDDEN)
    return text


def _holds(word: str, secret: str) -> bool:
    import base64
    import binascii

    plain = word.rstrip("=").replace("-", "+").replace("_", "/")
    for lost in range(4):  # letters before the word, as when an echo begins in the middle
        body = "A" * lost + plain
        body = body[: len(body) - (len(body) % 4 == 1)]
        with suppress(binascii.Error):
            if secret.encode() in base64.b64decode(body + "=" * (-len(body) % 4)):
                return True
    return False
