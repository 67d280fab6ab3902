"""The numbers of a line, each with the words around it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from ..core.numbers import compiled
from .gaps import Gap, gap_of
from .layout import BLANK, MOST_METRICS

# A number, or a word for one; Lightning's bar pads it to ``nan.0``, C on Windows writes ``nan(ind)``.
_MARK = r"(?i:\0|(?<![\w.])(?:nan|inf(?:inity)?)(?:\.0*|\((?:ind|snan)\))?(?!\w|\.\w))"
_MOST_NUMBERS = 4 * MOST_METRICS  # of one line that are looked at


class LineNumber(NamedTuple):
    """One number of the line, or a word that stands for one.

    Attributes:
        position: which number of the line it is, counted from 0, -1 for a word.
        text: the word, or the blank.
        gap: what stands before it.
        after: the words after it, up to the next.
        last: there is no next.
    """

    position: int
    text: str
    gap: Gap
    after: str
    last: bool


def line_numbers(blank: str) -> list[LineNumber]:
    """Return the numbers of a line from which they were taken out, and the words that stand for one."""
    marks = list(islice(compiled(_MARK).finditer(blank), _MOST_NUMBERS))
    if len(marks) == _MOST_NUMBERS:
        blank = blank[: marks[-1].end()]
    ends = [0, *(mark.end() for mark in marks)]
    starts = [*(mark.start() for mark in marks), len(blank)]
    between = [blank[end:start] for end, start in zip(ends, starts, strict=True)]
    places, index = [], 0
    for number, mark in enumerate(marks):
        is_blank = mark[0] == BLANK
        places.append(
            LineNumber(
                index if is_blank else -1,
                mark[0],
                gap_of(between[number]),
                between[number + 1],
                number + 1 == len(marks),
            )
        )
        index += is_blank
    return places


def has_mean(places: Sequence[LineNumber], number: int) -> bool:
    """Return whether a number's mean stands in brackets behind it: ``0.5 (0.4)``."""
    place = places[number]
    return not place.last and place.after.strip() == "(" and places[number + 1].after.startswith(")")
