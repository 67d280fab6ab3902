"""Finds the keys of a line's numbers: which are metrics and which are counters."""

from __future__ import annotations

from typing import NamedTuple

from ..core.numbers import compiled
from .gaps import Gap, ends_here, gap_of
from .known_formats import KeyValueFormat
from .layout import MOST_METRICS, MetricSlot
from .line_numbers import LineNumber, has_mean, line_numbers
from .metric_names import (
    EPOCH,
    STEP,
    TOTAL_EPOCHS,
    MetricName,
    is_accounting,
    is_setting,
    metric_name,
    names_measure,
    split_in_heading,
    split_in_key,
)
from .split_words import split_at_start, stands_apart
from .vocabulary import AVERAGES, BEST_WORDS, CONFIGURATION, FILLERS, words_of

_DUMP = 4  # more unknown keys than this, beside few known ones, are a dump of settings
_TEXT_VALUE = r"=\s?['\"]?(?!nan|inf|tensor|array|np\.|float)[A-Za-z/]"  # ``optimizer=adam``
_CALL = r"[^=\0]{0,80}?([A-Za-z_]\w{0,80})\(\s?\w{1,80}="  # ``Namespace(lr=``
_LEAST, _LEAST_IN_BAR = 3, 1  # pairs of a record
_OF = r"\s{0,8}(?:/|of)\s{0,8}\Z"
_TAIL = r"[\W_]{0,80}(?:s|ms|sec|it/s)?[\W_]{0,80}\Z"
_CHINESE_COUNT = r"(?i:\s*[个次]?\s*(?:训练)?(?:(轮|回合|周期|epoch)|步|迭代|iter|step))"  # after ``第 3``
_HELD_OUT = ("val", "test")
_COPULAS = ("is", "was", "of")  # ``loss is 0.5``
_DELIMITED = r"%?(?:\s*(?:\Z|[|,;)]|\s-\s|\s\[)|\t|\s\s)"


class KeyedNumber(NamedTuple):
    """One metric of a line.

    Attributes:
        named: what its key names.
        slot: where it stands, not yet with its name.
        heading: the split that a heading before it names.
        best: a heading before it speaks of the best so far.
        spaced: a mere space stands between key and number.
        unknown: the key names nothing that is known: a metric only in a record.
        mean: the word of the key that says that it is a mean, if one does.
    """

    name: MetricName
    slot: MetricSlot
    heading: str
    best: bool
    spaced: bool
    unknown: bool = False
    mean: str = ""


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
        split: the split that a heading above the line names.
    """

    def __init__(self, blank: str, form: KeyValueFormat, taken: set[int], split: str = "") -> None:
        self.found: list[KeyedNumber] = []
        self.counters: dict[str, int] = {}
        self.unknown = 0
        self._form = form
        self._taken = taken
        self._counts = bool(taken)  # the head says how far the training is
        self._spaced = form.spaced  # whether numbers may follow their keys after mere spaces
        self._averaged = form.averaged
        self._prose = False
        self._pairs = 0  # keys with a number of their own, whatever they name
        self._settings = len(compiled(_TEXT_VALUE).findall(blank))
        self._called = compiled(_CALL).match(blank)
        self._heading = split
        self._first = "" if form.split or form.bar else split_at_start(blank)
        self._best = False
        self._of_episode = False
        self._places = line_numbers(blank)
        self._read()

    def _read(self) -> None:
        self._averaged = (
            self._averaged or sum(has_mean(self._places, at) for at in range(len(self._places))) > 1
        )
        for number, place in enumerate(self._places):
            self._see(place.gap)
            if place.position not in self._taken and len(self.found) <= MOST_METRICS:
                self._pair(number, place)
        record = self._is_record()
        clean = bool(self._places) and compiled(_TAIL).match(self._places[-1].after) is not None
        spaced = record or self._spaced or (clean and not self._prose)
        found = [f for f in self.found if (record or not f.unknown) and (spaced or not f.spaced)]
        certain = self._sure() > 1 and not self.is_dump
        found = [_with_whole_precision(each, certain=certain) for each in found]
        self.found = _all_best(found) if found and found[0].name.best else found

    def _is_record(self) -> bool:
        """Return whether the line is made of pairs, so that unknown keys are metrics too."""
        least = _LEAST_IN_BAR if self._form.bar else _LEAST
        return self._pairs >= least and self._sure() > 0 and not (self.is_dump or self._called)

    @property
    def is_dump(self) -> bool:
        """Whether the line is a dump of settings: they outnumber the metrics, and it names no progress."""
        if self._called and not CONFIGURATION.isdisjoint(words_of(self._called[1])[-1:]):
            return True
        if self._counts or EPOCH in self.counters or STEP in self.counters:
            return False
        known = sum(not f.unknown for f in self.found)
        if not self._form.structured and self.unknown > max(_DUMP, 2 * known):
            return True
        return self._settings + 2 * (TOTAL_EPOCHS in self.counters) > self._sure()

    def _sure(self) -> int:
        """Return how surely metrics are on the line; no settings are named ``loss`` and ``acc``."""
        sure = [f for f in self.found if not (f.unknown or f.name.weak or f.name.base == "learning_rate")]
        return len(sure) + 2 * sum(f.name.base in ("loss", "acc") for f in sure)

    def _see(self, gap: Gap) -> None:
        """Take in what stands beside a key: headings."""
        for text in gap.before[-8:]:
            if len(text) > 60 or "/" in text:
                self._prose = True
                continue
            split, words = split_in_heading(text), words_of(text)
            self._settings += 3 * (words[-1:] != () and words[-1] in CONFIGURATION)
            if not self._form.split:  # timm's ``Test`` is its validation
                self._heading = split or self._heading
            self._best = self._best or "best" in words
            self._prose = self._prose or not (split or is_accounting(text))

    def _pair(self, number: int, place: LineNumber) -> None:
        key = self._name_of(place.gap)
        if key is None or (self._form.bar and place.after.startswith("%|")):  # ``Map: 100%|███``
            self._pass(number, place)
        elif key.counts:
            self._pairs += 1
            self._count(key, number, place)
        elif (not place.gap.opened or _is_listed(place, key)) and self._stands_alone(place, number):
            self._pairs += 1
            self._keep(key, number, place)

    def _pass(self, number: int, place: LineNumber) -> None:
        """Take in a number whose key names neither a metric nor a counter."""
        gap = place.gap
        counted = compiled(_CHINESE_COUNT).match(place.after) if gap.key.endswith("第") else None
        if counted is not None:
            counter = EPOCH if counted[1] else STEP
            self._count(MetricName(counter, counter), number, place)
        score = self._score_of_split(place)
        if score is not None:
            self._pairs += 1
            self._keep(score, number, place)
            return
        if gap.explicit or self._form.bar or (number == 0 and not gap.opened):  # ``Val: 50%|``, ``CV Batch``
            self._heading = split_in_key(gap.key) or self._heading
        words = words_of(gap.key)
        if number == 0 and not BEST_WORDS.isdisjoint(words):  # ``Best epoch: 4 | val_acc: 0.9``
            self._best = True
        self._of_episode = self._of_episode or (number == 0 and words == ("episode",))
        if BEST_WORDS.issuperset(words):  # no key, or ``val_acc 0.8 [best: 0.9]``
            return
        self._pairs += 1
        if is_accounting(gap.key):
            return
        self.unknown += gap.explicit
        self._settings += is_setting(gap.key)
        self._prose = self._prose or not (gap.explicit or self._is_short(gap.key))
        key = metric_name(gap.key, structured=True)
        if key is not None and not key.counts and self._is_short(gap.key) and not gap.opened:
            self._keep(key._replace(weak=True), number, place, unknown=True)

    def _score_of_split(self, place: LineNumber) -> MetricName | None:
        """Return the metric of ``Loss: 0.3, Train: 81.2%, Val: 79.5%``, which is called as its split."""
        if (
            self._form.bar
            or not place.gap.explicit
            or place.gap.opened
            or not compiled(_DELIMITED).match(place.after)
        ):
            return None
        words = words_of(place.gap.key)
        split = split_in_key(place.gap.key) if len(words) == 1 else ""
        return MetricName("", split, weak=True) if split else None

    def _is_short(self, key: str) -> bool:
        """Return whether words are short enough to be the key of a pair, and no part of a sentence."""
        if is_accounting(key):
            return True
        words = words_of(key)
        return len(key) > 1 and (" " not in key or names_measure(words[-1])) and FILLERS.isdisjoint(words)

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

    def _count(self, key: MetricName, number: int, place: LineNumber) -> None:
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

    def _stands_alone(self, place: LineNumber, number: int) -> bool:
        listed = [each.after.isspace() for each in self._places[number : number + 2]] == [True, True]
        if listed or not ends_here(place.after, last=place.last, quoted=place.gap.quoted):
            return False  # ``mAP_copypaste: 0.374 0.581 0.404`` is a list
        if place.gap.explicit or _states_a_fault(place):
            return True
        words = words_of(place.gap.key)
        if " " in place.gap.key and not FILLERS.isdisjoint(words[:-1] if words[-1] in _COPULAS else words):
            return False
        if compiled(_TAIL if place.last else _DELIMITED).match(place.after):
            return True
        following = gap_of(place.after)
        if place.last or not all(map(stands_apart, following.before)):
            return False
        return not following.key or self._is_short(following.key) or self._name_of(following) is not None

    def _keep(self, key: MetricName, number: int, place: LineNumber, *, unknown: bool = False) -> None:
        index, other = place.position, -1
        following = self._places[number + 1] if not place.last else None
        if following is not None and following.position > index >= 0 and place.after.strip() == "(":
            if self._averaged:
                index = following.position
            elif following.after.startswith("%"):
                other = following.position
        percent = place.after.startswith("%")
        # ``precision=16`` is that of the arithmetic, ``test error: 4`` counts tests; ``epoch 5 acc 1`` not
        sure = EPOCH in self.counters and key.base in ("loss", "acc") and place.gap.key.isidentifier()
        fraction = not (percent or sure) and (not place.gap.explicit or key.base == "precision" or key.weak)
        word = place.gap.sign.rstrip(".") + place.text.rstrip(".0").partition("(")[0]
        constant = float(word) if index < 0 else 0.0
        slot = MetricSlot("", index, place.gap.sign, other, fraction, "", constant)
        spaced = not place.gap.explicit and not _states_a_fault(place)
        words = words_of(place.gap.key)
        if self._of_episode and words[-1:] == ("score",):
            key = key._replace(weak=unknown)
        mean = next((word for word in words if word in AVERAGES), "")
        heading = self._heading or (self._first if key.base else "")
        self.found.append(KeyedNumber(key, slot, heading, self._best, spaced, unknown, mean))
        self._heading = ("" if key.joined or unknown else key.split) or self._heading


def _all_best(found: list[KeyedNumber]) -> list[KeyedNumber]:
    """Mark what follows a best number as of the same moment: ``Best val loss: 0.3, acc: 0.9``.

    In ``best loss: 0.3, loss: 0.4`` the second is of now, and so is what has a split of its own.
    """
    first, *others = found
    if any(each.name.split or each.name.base == first.name.base for each in others):
        return found
    return [first, *(each._replace(best=True) for each in others)]


def _with_whole_precision(found: KeyedNumber, *, certain: bool) -> KeyedNumber:
    """Let a precision of a split, or beside other metrics, be whole: it is not that of the arithmetic."""
    certain = certain or (found.name.split or found.heading) in _HELD_OUT
    takes = certain and found.name.base == "precision" and not (found.spaced or found.name.weak)
    return found._replace(slot=found.slot._replace(fraction=False)) if takes else found


def _is_listed(place: LineNumber, key: MetricName) -> bool:
    """Return whether a number is the only one of a list, or the learning rate of the first group."""
    listed = place.gap.explicit and place.gap.opened
    return listed and (place.after.startswith("]") or key.base == "learning_rate")


def _states_a_fault(place: LineNumber) -> bool:
    """Return whether a sentence says that a metric is NaN: ``Loss is nan, stopping training``."""
    return place.position < 0 and words_of(place.gap.key)[-1:] == ("is",)
