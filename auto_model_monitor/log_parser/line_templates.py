"""Templates of logging calls, such as ``step %d done in %.2f s``, whose messages never hold a metric."""

from __future__ import annotations

from enum import Enum

from ..core.numbers import compiled, number_splitter
from .layout import BLANK, Layout
from .layout_detection import detect_layout
from .plain_text import plain
from .vocabulary import SPLITS

_PLACE = r"%(?:\([^()%]{0,80}\))?[-#0 +]{0,5}(?:\*|[0-9]{0,4})(?:\.(?:\*|[0-9]{0,4}))?[hlL]?([A-Za-z%])"
_NUMBERS = frozenset("diouxXeEfFgGc")
_MOST_TEXTS = 4
_FILLERS = ("0", "x")
# Words that give a template a meaning if any single word can.
_WORDS = ("x", "0", "loss", "val_loss", "train", "completed", "finished", "started")
_NUMERIC = frozenset({int, float, bool, type(None)})


class SkipRule(Enum):
    """When the messages of a template can be skipped."""

    ALWAYS = "for all arguments"
    WITH_PLAIN_ARGUMENTS = "for numbers and single words"
    NEVER = "never"


def skip_rule(template: str) -> SkipRule:
    """Find out, by parsing it several times, when the messages of a template can be skipped."""
    if "\r" in template or "{" in template:  # several states, or JSON with a text in it
        return SkipRule.NEVER
    template = plain(template)
    kinds = [place[1] for place in compiled(_PLACE).finditer(template)]
    texts = [number for number, kind in enumerate(kinds) if kind in "sra"]
    if len(texts) > _MOST_TEXTS or not all(kind in _NUMBERS or kind in "%sra" for kind in kinds):
        return SkipRule.NEVER
    for filler in _FILLERS if texts else _FILLERS[:1]:
        for position in texts or [-1]:
            for word in _WORDS if texts else _FILLERS[:1]:
                line = _filled(template, kinds, {position: word}, filler)
                layout = detect_layout(BLANK.join(number_splitter()(line)[::2]))
                # a heading of a single word is an argument that is not plain
                if layout is not None and (position < 0 or layout._replace(heading="") != Layout()):
                    return SkipRule.NEVER
    return SkipRule.WITH_PLAIN_ARGUMENTS if texts else SkipRule.ALWAYS


def are_plain(arguments: object) -> bool:
    """Return whether the arguments of a logging call are numbers and single words, such as paths."""
    if type(arguments) is not tuple:
        return False
    for each in arguments:
        kind = type(each)
        if kind in _NUMERIC:
            continue
        if (
            kind is not str
            or " " in each
            or "=" in each
            or ":" in each
            or not (each.isascii() and each.isprintable())
        ):
            return False
        if each.strip("[]*-.#").lower() in SPLITS:  # a heading
            return False
    return True


def _filled(template: str, kinds: list[str], words: dict[int, str], filler: str) -> str:
    """Put numbers where numbers go, the words where they are to go, and the filler into all other places."""
    pieces = compiled(_PLACE).split(template)[::2]
    line = pieces[0]
    for number, kind in enumerate(kinds):
        put = "%" if kind == "%" else "0" if kind in _NUMBERS else words.get(number, filler)
        line += put + pieces[number + 1]
    return line
