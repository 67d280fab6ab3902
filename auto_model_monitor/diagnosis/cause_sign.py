"""A sign: the form of a text that shows a cause."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import NamedTuple


class Place(IntEnum):
    """Where a sign counts, from the strongest to the weakest."""

    VERDICT = 1  # any line: the scheduler or the kernel states why it ended the training
    ASSERTION = 2  # any line: a device or /dev/shm states what a later exception only reports
    FAULT = 3  # an exception's text, or a line without a traceback
    EXCEPTION = 4  # an exception's text alone
    LINE = 5  # a line without a traceback alone
    ENDING = 6  # a line that states how the process ended, not why


class CauseSign(NamedTuple):
    """One row of the tables of signs.

    Attributes:
        cause: the id of the cause; ``wrapper`` for an exception that only reports another one.
        place: where the sign counts.
        needles: texts in lower case of which each line with the sign has one; they make the search fast.
        pattern: the form as a regex; its named groups are facts for the remedy. Compiled when a needle is
            found: to compile all of them takes longer than a command may take to start.
    """

    cause: str
    place: Place
    needles: tuple[str, ...]
    pattern: str


def signs(place: Place, cause: str, *rows: tuple[str, str]) -> Iterator[CauseSign]:
    """Return the signs of a cause that count in one place.

    Args:
        place: where they count.
        cause: the cause.
        rows: needles separated by ``|`` (the empty string: any exception), and the regex.
    """
    for needles, pattern in rows:
        yield CauseSign(cause, place, tuple(needles.split("|")), pattern)
