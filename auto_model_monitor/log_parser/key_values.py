"""Finds the keys of a line's numbers: which are metrics and which are counters."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

from ..core.numbers import compiled
from .gaps import Gap, ends_here, gap_of
from .known_formats import KeyValueFormat
from .layout import BLANK, MOST_METRICS, MetricSlot
from .metric_names import (
    EPOCH,
    STEP,
    TOTAL_EPOCHS,
    MetricName,
    is_accounting,
    metric_name,
    split_in_heading,
    split_in_key,
)
from .vocabulary import FILLERS, words_of

# A number, or a word for one; Lightning's bar pads it to ``nan.0``, C on Windows writes ``nan(ind)``.
_MARK = r"(?i:\0|(?<![\w.])(?:nan|inf(?:inity)?)(?:\.0*|\((?:ind|snan)\))?(?!\w|\.\w))"
_MOST_NUMBERS = 4 * MOST_METRICS  # of one line that are looked at
_OF = r"\s{0,8}(?:/|of)\s{0,8}\Z"
_TAIL = r"[\W_]{0,80}(?:s|ms|sec|it/s)?[\W_]{0,80}\Z"
_CHINESE_COUNT = r"(?i:\s*[个次]?\s*(?:训练)?(?:(轮|回合|周期|epoch)|步|迭代|iter|step))"  # after ``第 3``
_COPULAS = ("is", "was", "of")  # ``loss is 0.5``
_DELIMITED = r"%?\s*(?:\Z|[|,;)]|\s-\s|\s\[)"


class KeyedNumber(NamedTuple):
    """One metric of a line.

    Attributes:
        named: what its key names.
        slot: where it stands, not yet with its name.
        heading: the split that a heading before it names.
        best: a heading before it speaks of the best so far.
        spaced: a mere space stands between key and number.
    """

    name: MetricName
    slot: MetricSlot
    heading: str
    best: bool
    spaced: bool


class _Number(NamedTuple):
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


class KeyValueScan:
    """Goes once through the numbers of a line.

    Attributes:
        found: the metrics, in order.
        unknown: how many keys name nothing known.
        counters: which numbers are the epoch, the number of epochs and the step.

    Args:
        blank: the line without its numbers.
        form: what is known of its format.
        taken: the numbers that the format's head explains.
    """

    def __init__(self, blank: str, form: KeyValueFormat, taken: set[int]) -> None:
        self.found: list[KeyedNumber] = []
        self.counters: dict[str, int] = {}
        self.unknown = 0
        self._form = form
        self._taken = taken
        self._spaced = form.spaced  # whether numbers may follow their keys after mere spaces
        self._prose = False
        self._heading = ""
        self._best = False
        self._places = _places(blank)
        self._read()

    def _read(self) -> None:
        for number, place in enumerate(self._places):
            self._see(place.gap)
            if place.position not in self._taken and len(self.found) <= MOST_METRICS:
                self._pair(number, place)
        clean = bool(self._places) and compiled(_TAIL).match(self._places[-1].after) is not None
        if not self._spaced and (self._prose or not clean):
            self.found = [found for found in self.found if not found.spaced]

    def _see(self, gap: Gap) -> None:
        """Take in what stands beside a key: headings."""
        for text in gap.before[-8:]:
            if len(text) > 60 or "/" in text:
                self._prose = True
                continue
            split = split_in_heading(text)
            if not self._form.split:  # timm's ``Test`` is its validation
                self._heading = split or self._heading
            self._best = self._best or "best" in words_of(text)
            self._prose = self._prose or not (split or is_accounting(text))

    def _pair(self, number: int, place: _Number) -> None:
        key = self._name_of(place.gap)
        if key is None:
            counted = compiled(_CHINESE_COUNT).match(place.after) if place.gap.key.endswith("第") else None
            if counted is not None:
                counter = EPOCH if counted[1] else STEP
                self._count(MetricName(counter, counter), number, place)
            if place.gap.explicit or self._form.bar:  # ``Val: 50%|``
                self._heading = split_in_key(place.gap.key) or self._heading
            if place.gap.key and not is_accounting(place.gap.key):
                self._prose = True
                self.unknown += place.gap.explicit
        elif key.counts:
            self._count(key, number, place)
        elif not place.gap.opened and self._stands_alone(place):
            self._keep(key, number, place)

    def _name_of(self, gap: Gap) -> MetricName | None:
        if not gap.key:
            return None
        alias = self._form.aliases.get(gap.key.lower())
        if alias:
            return MetricName("", alias, joined=True)
        structured = self._form.structured and gap.explicit
        key = None if structured and not self._form.loose else metric_name(gap.key)
        if key is None and structured:
            key = metric_name(gap.key, structured=True)
            key = key._replace(weak=True) if key and self._form.loose else key
        return key

    def _count(self, key: MetricName, number: int, place: _Number) -> None:
        """Take a number for a counter; a line that begins with one is no prose."""
        if place.position < 0 or place.gap.sign or place.after.startswith("%"):
            return
        begins = not self.found and not place.gap.before and key.base in (EPOCH, STEP)
        self._spaced = self._spaced or begins
        self._heading = key.split or self._heading
        self.counters.setdefault(key.base, place.position)
        if key.base == EPOCH and compiled(_OF).match(place.after) and not place.last:
            self.counters.setdefault(TOTAL_EPOCHS, place.position + 1)
            self._taken.add(place.position + 1)

    def _stands_alone(self, place: _Number) -> bool:
        if not ends_here(place.after, last=place.last, quoted=place.gap.quoted):
            return False
        if place.gap.explicit or _states_a_fault(place):
            return True
        words = words_of(place.gap.key)
        if " " in place.gap.key and not FILLERS.isdisjoint(words[:-1] if words[-1] in _COPULAS else words):
            return False
        if compiled(_TAIL if place.last else _DELIMITED).match(place.after):
            return True
        following = gap_of(place.after)
        if place.last or following.before:
            return False
        return not following.key or self._name_of(following) is not None or is_accounting(following.key)

    def _keep(self, key: MetricName, number: int, place: _Number) -> None:
        index, other = place.position, -1
        following = self._places[number + 1] if not place.last else None
        if following is not None and following.position > index >= 0 and place.after.strip() == "(":
            if self._form.averaged:
                index = following.position
            elif following.after.startswith("%"):
                other = following.position
        percent = place.after.startswith("%")
        # ``precision=16`` is that of the arithmetic, and ``test error: 4`` counts tests
        fraction = not percent and (not place.gap.explicit or key.base == "precision" or key.weak)
        constant = (
            float(place.gap.sign.rstrip(".") + place.text.rstrip(".0").partition("(")[0])
            if index < 0
            else 0.0
        )
        slot = MetricSlot("", index, place.gap.sign, other, fraction, "", constant)
        self.found.append(
            KeyedNumber(
                key, slot, self._heading, self._best, not place.gap.explicit and not _states_a_fault(place)
            )
        )
        if not key.joined:
            self._heading = key.split or self._heading
            self._best = self._best or key.best


def _states_a_fault(place: _Number) -> bool:
    """Return whether a sentence says that a metric is NaN: ``Loss is nan, stopping training``."""
    return place.position < 0 and words_of(place.gap.key)[-1:] == ("is",)


def _places(blank: str) -> list[_Number]:
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
            _Number(
                index if is_blank else -1,
                mark[0],
                gap_of(between[number]),
                between[number + 1],
                number + 1 == len(marks),
            )
        )
        index += is_blank
    return places
