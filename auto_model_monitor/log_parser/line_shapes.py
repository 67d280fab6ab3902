"""The shape of a line: the line with every digit replaced by a zero.

A program writes thousands of lines of few shapes. Where in a line of a known shape its numbers stand, and
that they are numbers, need not be found out again: looking up a shape is ten times as fast.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import itemgetter
from typing import Any, NamedTuple

from .entries import Number, ParsedLine, Stage
from .layout import Layout
from .values import count_epochs, number_at, whole

#: Makes a zero of each digit.
ZEROS = bytes.maketrans(b"123456789", b"000000000")
_LONGEST = 300  # characters of a line whose shape is remembered
_DIGITS = frozenset("0123456789")
_new = tuple.__new__


class LineShape(NamedTuple):
    """What lines of one shape hold.

    Attributes:
        fixed: takes those digits out of a line that belong to words, such as that of ``f1``.
        expected: what they have to be.
        places: the metrics, and from where to where their numbers stand.
        stage: the stage.
        epoch: where ``epoch`` or ``epoch/total`` stands, None for nowhere.
        total: where the number of epochs stands.
        step: where the step stands.
        silent: such lines hold neither number nor stage.
    """

    fixed: Callable[[str], Any] | None = None
    expected: Any = None
    places: tuple[tuple[str, int, int], ...] = ()
    stage: Stage | None = None
    epoch: slice | None = None
    total: slice | None = None
    step: slice | None = None
    silent: bool = False

    def parse(self, line: str) -> ParsedLine:
        """Return the content of a line of this shape."""
        _, _, places, stage, epoch, total, step, _ = self
        metrics: dict[str, Number] = {}
        if epoch is not None:
            count_epochs(line[epoch], metrics)
        if total is not None:
            epochs = whole(line[total])
            if epochs is not None:
                metrics["total_epochs"] = epochs
        for metric, start, end in places:
            metrics[metric] = float(line[start:end])
        # What a named tuple's own constructor does, at half its price.
        return _new(ParsedLine, (metrics, stage, None if step is None else whole(line[step])))


def shape(line: str) -> bytes:
    """Return what lines of one shape have in common.

    Raises:
        UnicodeEncodeError: the line holds half a character.
    """
    return line.encode().translate(ZEROS)


def is_short(line: str) -> bool:
    """Return whether a line is short enough for its shape to be remembered."""
    return len(line) <= _LONGEST


def learned(layout: Layout | None, parts: Sequence[str], metrics: dict[str, Number]) -> LineShape | None:
    """Return the shape of a line that was read, None where its numbers decide its meaning.

    Args:
        layout: what the line's format is.
        parts: words, number, words, number, …, words.
        metrics: its metrics.
    """
    fixed, expected = _fixed_digits(parts)
    if layout is None:
        return LineShape(fixed, expected, silent=True)
    if (
        layout.bar
        or layout.repeats
        or layout.ahead
        or layout.columns
        or layout.heading
        or max(layout.whole, layout.keras) >= 0
    ):
        return None
    ends = list(accumulate(map(len, parts)))

    def place(index: int) -> slice | None:
        return slice(ends[2 * index], ends[2 * index + 1]) if index >= 0 else None

    places = []
    for slot in layout.slots:
        where = place(slot.position)
        if where is None or slot.other >= 0:
            return None
        if number_at(slot, parts) is not None:
            places.append((slot.metric, where.start - len(slot.sign), where.stop))
    if (layout.epoch >= 0 and "epoch" not in metrics) or (
        layout.total >= 0 and "total_epochs" not in metrics
    ):
        return None
    epoch, total, step = map(place, (layout.epoch, layout.total, layout.step))
    return LineShape(fixed, expected, tuple(places), layout.stage, epoch, total, step)


def _fixed_digits(parts: Sequence[str]) -> tuple[Callable[[str], Any] | None, Any]:
    """Return what takes the digits of a line's words out of it, and what they are."""
    places, start = [], 0
    for number, part in enumerate(parts):
        if not number % 2 and not _DIGITS.isdisjoint(part):
            places += [start + index for index, character in enumerate(part) if character in _DIGITS]
        start += len(part)
    fixed = itemgetter(*places) if places else None
    return fixed, fixed("".join(parts)) if fixed else None
