"""Templates of logging calls, such as ``step %d done in %.2f s``: which say nothing whatever is put in."""

from __future__ import annotations

from enum import Enum

from ..patterns import compiled, number_splitter
from .layout import BLANK
from .layouts import layout_of

_PLACE = r"%(?:\([^()%]{0,80}\))?[-#0 +]{0,5}(?:\*|[0-9]{0,4})(?:\.(?:\*|[0-9]{0,4}))?[hlL]?([A-Za-z%])"
_NUMBERS = frozenset("diouxXeEfFgGc")
# Words which, put in, would make a template say something if any single word could.
_WORDS = ("x", "0", "loss", "val_loss", "train", "completed", "finished", "started")
_NUMERIC = frozenset({int, float, bool, type(None)})


class Silence(Enum):
    """When that which is made of a template says nothing."""

    ALWAYS = "whatever is put in"
    WITH_PLAIN_WORDS = "where numbers and single words are put in"
    NEVER = "not even then"


def silence_of(template: str) -> Silence:
    """Find out, at the price of understanding it several times, when a template says nothing."""
    kinds = [place[1] for place in compiled(_PLACE).finditer(template)]
    if not all(kind in _NUMBERS or kind in "%sra" for kind in kinds):
        return Silence.NEVER
    holds_words = any(kind in "sra" for kind in kinds)
    for word in _WORDS if holds_words else ("0",):
        text = compiled(_PLACE).sub(lambda place, word=word: _put_in(place[1], word), template)  # type: ignore[misc]
        if layout_of(BLANK.join(number_splitter()(text)[::2])) is not None:
            return Silence.NEVER
    return Silence.WITH_PLAIN_WORDS if holds_words else Silence.ALWAYS


def are_plain(arguments: object) -> bool:
    """Tell whether the arguments of a logging call are numbers and single words, such as paths."""
    if type(arguments) is not tuple:
        return False
    for each in arguments:
        kind = type(each)
        if kind in _NUMERIC:
            continue
        if kind is not str or " " in each or "=" in each or ":" in each or not each.isascii():
            return False
    return True


def _put_in(kind: str, word: str) -> str:
    return "%" if kind == "%" else "0" if kind in _NUMBERS else word
