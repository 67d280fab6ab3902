"""Reads names by their shape, learned from the first two: a directory has many names and few shapes.

Which of a name's numbers is the score depends on its words, and on where it has digits, hardly ever on which
digits. Two names have one shape when they differ in nothing but digits, and in none of these:

- digits that touch a letter, an ``@`` or a ``=`` belong to words, such as ``f1``, ``recall@10``; so do the
  numbers behind a word that may belong to a metric's name, such as ``AP_50``, ``PCK_0.05``;
- a number that begins with 0 may be ``0`` itself, which Lightning writes for what was not logged, or ``007``.

``mAP50-95``, and fairseq's names, whose fourth decimal is dropped, are always left to the careful way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple, TypeVar

from ..core.errors import ParseError
from ..core.numbers import compiled, tokens
from ..core.readings import Reading

Careful = Callable[[str, str], tuple[Reading, ...]]
NameShape = tuple[bytes, ...]
Span = slice
Pair = tuple[Span, str, str]  # where a number is written, and how, in two names of one shape
T = TypeVar("T")

_MOST_SHAPES = 2048
_OWN = ("50-95", "50_95", "5:0.95", "5-0.95", "5_0.95", "checkpoint.best_")
_ALIKE = bytes.maketrans(b"23456789", b"1" * 8)
_LATER_ZERO = re.compile(rb"(?<=[01])0")
_BEHIND_A_WORD = rb"(?:(?<=[A-MO-Za-mo-z][_-])|(?i:(?<=cision[_-])))"  # but not behind ``version_``
_RANK = rb"(?:[1-5]|1[05]|2[05]|30|40|50|75|95|[125]00|1000)(?!\.?[0-9])"
_THRESHOLD = rb"0?\.(?:05|[1-57]|[27]5|[57]0|95)(?![0-9])"
_IN_WORDS = re.compile(
    rb"[0-9]+(?=[A-Za-z@=\x80-\xff])|%b(?:%b|%b)|(?<=[A-Za-z])%b|(?<=@)[0-9]+\.[0-9]+"
    rb"|(?<=[A-Za-z@\x80-\xff])[0-9]+" % (_BEHIND_A_WORD, _RANK, _THRESHOLD, _THRESHOLD)
)
_RUN = r"[0-9]+"


def shape_of(name: str) -> NameShape:
    """Return what names that are read alike have in common: digits as ``1``, and the digits of words."""
    raw = name.encode("utf-8", "surrogatepass")
    return (_LATER_ZERO.sub(b"1", raw.translate(_ALIKE)), *_IN_WORDS.findall(raw))


class ReadPlan(NamedTuple):
    """Where the numbers of a shape lie.

    Attributes:
        parts: for each reading its metric, where its number is written, and whether its sign is turned.
        epoch: where the epoch is written, None where there is none.
        step: likewise.
    """

    parts: tuple[tuple[str, Span, bool], ...]
    epoch: Span | None
    step: Span | None

    def read(self, name: str, path: str) -> tuple[Reading, ...]:
        """Return the readings of a name of this shape."""
        epoch = None if self.epoch is None else int(name[self.epoch])
        step = None if self.step is None else int(name[self.step])
        return tuple(
            Reading(
                metric=metric,
                value=0.0 - float(name[span]) if turned else float(name[span]),
                name=name,
                path=path,
                epoch=epoch,
                step=step,
            )
            for metric, span, turned in self.parts
        )


class NameShapeCache:
    """What is known of the shapes that one parser has met."""

    def __init__(self) -> None:
        # None stands for a shape that was met once, False for one that has no plan.
        self._plans: dict[NameShape, ReadPlan | bool | None] = {}

    def readings(self, name: str, path: str, careful: Careful) -> tuple[Reading, ...]:
        """Return what ``careful`` returns, by a plan where there is one.

        Raises:
            ParseError: of the careful way.
        """
        if any(own in name for own in _OWN):
            return careful(name, path)
        shape = shape_of(name)
        plan = self._plans.get(shape, False)
        if isinstance(plan, ReadPlan):
            return plan.read(name, path)
        if shape not in self._plans:
            if len(self._plans) >= _MOST_SHAPES:
                self._plans.clear()
            self._plans[shape] = None
        elif plan is None:
            self._plans[shape] = _plan(name, careful) or False
        return careful(name, path)


def _plan(name: str, careful: Careful) -> ReadPlan | None:
    """Return a plan for the names of this shape, None where none is certain.

    The name is held against one of the same shape in which every digit is another: what is read from both
    must stand in both at the same place, and at one place only, under the same metric.
    """
    shape = shape_of(name)
    others = (_with_other_digits(name, shift) for shift in (0, 1))
    other = next((each for each in others if shape_of(each) == shape), None)
    if other is None:
        return None
    try:
        mine, theirs = careful(name, ""), careful(other, "")
        if [reading.metric for reading in mine] != [reading.metric for reading in theirs]:
            return None
        if not mine:
            return ReadPlan((), None, None)
        spans = [(span, name[span], other[span]) for span in _numbers(name)]
        return ReadPlan(
            tuple(_part(spans, one, two) for one, two in zip(mine, theirs, strict=True)),
            _count(spans, mine[0].epoch, theirs[0].epoch),
            _count(spans, mine[0].step, theirs[0].step),
        )
    except (ParseError, LookupError):
        return None


def _part(spans: Sequence[Pair], mine: Reading, theirs: Reading) -> tuple[str, Span, bool]:
    """Return where a reading's number stands.

    Raises:
        LookupError: it stands nowhere, or its place is ambiguous.
    """
    found = [
        (mine.metric, span, turned)
        for span, text, other in spans
        for turned in (False, True)
        if _is(text, mine.value, turned) and _is(other, theirs.value, turned)
    ]
    return _only(found)


def _is(text: str, value: float, turned: bool) -> bool:
    try:
        return (0.0 - float(text) if turned else float(text)) == value
    except ValueError:
        return False


def _count(spans: Sequence[Pair], mine: int | None, theirs: int | None) -> Span | None:
    """Return where a count stands, None where there is none.

    Raises:
        LookupError: it stands nowhere, or its place is ambiguous.
    """
    if mine is None and theirs is None:
        return None
    whole = (pair for pair in spans if pair[1].isdecimal())
    return _only([span for span, text, other in whole if (int(text), int(other)) == (mine, theirs)])


def _only(found: Sequence[T]) -> T:
    if len(found) != 1:
        raise LookupError
    return found[0]


def _with_other_digits(name: str, shift: int) -> str:
    """Return the name with other digits; a 0 at the start of a number stays, as do the digits of words."""
    text = list(name)
    kept = {place for run in _IN_WORDS.finditer(_single_bytes(name)) for place in range(*run.span())}
    for run in compiled(_RUN).finditer(name):
        for place in range(*run.span()):
            digit = int(name[place])
            if place not in kept and (digit or place > run.start()):
                text[place] = str((digit + place % 7 + shift) % 9 + 1)
    return "".join(text)


def _single_bytes(name: str) -> bytes:
    """Return one byte for each character, so that places are the same; beyond ASCII all count as letters."""
    return bytes(min(ord(character), 0x80) for character in name)


def _numbers(name: str) -> Iterator[Span]:
    """Yield where the numbers of each path component are written."""
    components = name.split("/")
    starts = accumulate((len(component) + 1 for component in components), initial=0)
    for start, component in zip(starts, components, strict=False):
        for token in tokens(component):
            if token.number:
                yield slice(start + token.end - len(token.number), start + token.end)
