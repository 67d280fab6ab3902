"""Secrets that stay out of reprs, attribute dumps and quoted server answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

_BASE64_WORD = re.compile(r"[A-Za-z0-9+/_-]{6,}={0,2}")
_HIDDEN = "***"


class Secret:
    """A text that only :meth:`reveal` returns; its repr is ``***`` and it cannot be pickled.

    Args:
        text: the secret, kept in a closure, where neither ``vars()`` nor a debugger's dump shows it.
    """

    __slots__ = ("_reveal",)

    def __init__(self, text: str) -> None:
        def reveal() -> str:
            return text

        self._reveal: Callable[[], str] = reveal

    def reveal(self) -> str:
        """Return the text."""
        return self._reveal()

    def __repr__(self) -> str:
        """Return the same for every secret."""
        return f"Secret({_HIDDEN!r})"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a secret cannot be pickled or copied")


def scrub(text: str, *secrets: str) -> str:
    """Return ``text`` with every secret in it replaced by ``***``, plain or inside a base64 word.

    A server may quote what it received; ``AUTH PLAIN`` and ``AUTH LOGIN`` send base64.
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
    for lost in range(4):  # the quote may begin in the middle of a group of four letters
        body = "A" * lost + plain
        body = body[: len(body) - (len(body) % 4 == 1)]
        with suppress(binascii.Error):
            if secret.encode() in base64.b64decode(body + "=" * (-len(body) % 4)):
                return True
    return False
