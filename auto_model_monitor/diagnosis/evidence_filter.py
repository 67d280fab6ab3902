"""The cheap test whether a line may show a cause: it lets a reader keep such lines in bounded memory."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from .cause_sign import CauseSign
from .sign_tables import SIGNS

# What the search for tracebacks and for the end of a process looks for, beyond the signs of causes.
_ALWAYS = (
    *("traceback (most", "error:", "exception", "interrupt", "the above exception", "root cause"),
    *(
        'file "',
        "exitcode",
        "exit code",
        "exit status",
        "return code",
        "signal",
        "loss is",
        "original traceback",
    ),
)
_BARE = (b"Error", b"Iteration", b"Exit", b"Timeout", b"Failure")  # an exception without a message
_MOST_SHAPES = 8192
_DIGITS = b"0123456789#\xe2\x96\x88\x8f\x8e\x8d\x8c\x8b\x8a\x89"


class EvidenceFilter:
    """Decides whether a line may be evidence, by fixed texts alone.

    Lines that differ in their digits alone have one shape, and a training's lines have few: the verdict on a
    shape is remembered, at most 8,192 of them.
    """

    def __init__(self) -> None:
        self._shapes: dict[bytes, bool] = {}

    def may_matter(self, line: bytes) -> bool:
        """Return whether the line may show why a training ended; a line that does is never left out."""
        shape = line.translate(None, _DIGITS)
        known = self._shapes.get(shape)
        if known is None:
            known = needles().search(line.lower()) is not None or line.rstrip().endswith(_BARE)
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            self._shapes[shape] = known
        return known

    def places(self, lines: Sequence[bytes]) -> list[int]:
        """Return the indices of the lines that may matter."""
        return [index for index, line in enumerate(lines) if line and self.may_matter(line)]


@cache
def needles() -> re.Pattern[bytes]:
    """Return the regex for the texts of which each line that may matter has one."""
    return re.compile(_tree(_shortest(SIGNS, _ALWAYS)).encode())


def needle_pattern(signs: Sequence[CauseSign]) -> re.Pattern[str]:
    """Return the regex for the needles of some signs."""
    return re.compile(_tree(_shortest(signs, ())))


def _shortest(signs: Sequence[CauseSign], others: Sequence[str]) -> list[str]:
    """Return the needles without those that have another one inside."""
    texts = {needle for sign in signs for needle in sign.needles if needle} | set(others)
    return sorted(text for text in texts if not any(other in text for other in texts - {text}))


def _tree(texts: Sequence[str]) -> str:
    """Return a regex for one of the texts that tries each first character once."""
    if "" in texts:
        return ""
    rest: dict[str, list[str]] = {}
    for text in texts:
        rest.setdefault(text[:1], []).append(text[1:])
    branches = [re.escape(first) + _tree(following) for first, following in rest.items()]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
