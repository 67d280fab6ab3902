"""Suggests a pattern for names, such as those of which the default parser cannot choose a metric."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..core.errors import ConfigError, ParseError
from ..core.numbers import compiled, is_whole, positional, to_float
from ..core.readings import Reading
from .custom import CustomParser
from .default import DefaultParser, counts_of
from .names import NameEntry, counts_in, entries_in, metric_in, score_name, words_of
from .unfinished import ignored_because

_LOOKED_AT = 1000
_TRIED = 24  # patterns for each metric
_METRICS = 4
_DIGITS = r"([0-9]+)"
_LEAD = r"[^\W\d_]+[^\w/]*_*\Z"
_FOLLOWER = r"[-_ ]?[^\W\d_]+"
_GROUPS = {"score": "([0-9.]+)", "epoch": "(?P<epoch>[0-9]+)", "step": "(?P<step>[0-9]+)"}
_GUARD = "(?<![A-Za-z])"  # keeps ``ep3`` from being found in ``step3``

Expected = Mapping[str, "Reading | None"]


class _CapturedNumber(NamedTuple):
    """A number of a name that a pattern captures: where it is, and the texts that show where it is."""

    group: str
    start: int
    end: int
    before: str
    behind: str = ""

    @property
    def pattern(self) -> str:
        return _GROUPS[self.group] + _escaped(self.behind)


def suggest_pattern(names: Sequence[str], metric: str | None = None) -> str | None:
    """Return a pattern for :class:`CustomParser` that fits most names with a score, None when none does.

    It is tried on every name: it gives the number that it was made from with the same epoch, or nothing.

    Args:
        names: checkpoint names; the first thousand are looked at.
        metric: the metric to read, if the names hold several.
    """
    looked_at = [name for name in names if not ignored_because(name)][:_LOOKED_AT]
    asked_for: list[str | None] = [metric] if metric else [*_metrics(looked_at)] or [None]
    for asked in asked_for:
        parser = DefaultParser(asked)
        pattern = _fitting({name: _expected(name, parser) for name in looked_at})
        if pattern is not None:
            return pattern
    return None


def _metrics(names: Sequence[str]) -> list[str]:
    found = (score_name(entry) for name in names for entry in entries_in(name.rpartition("/")[2]))
    return [metric for metric, _ in Counter(filter(None, found)).most_common(_METRICS)]


def _expected(name: str, parser: DefaultParser) -> Reading | None:
    """Return what a pattern should read: the default parser's reading, or else the only fraction."""
    try:
        readings = parser.readings(name)
    except ParseError:
        return None
    if readings or parser.metric:
        return readings[0] if readings else None
    fractions = [entry for entry in entries_in(name.rpartition("/")[2]) if _is_fraction(entry)]
    if len(fractions) != 1:
        return None
    epoch, step = counts_of(name)
    (entry,) = fractions
    return Reading(metric=metric_in(entry.key), value=float(entry.text), name=name, epoch=epoch, step=step)


def _is_fraction(entry: NameEntry) -> bool:
    return bool(metric_in(entry.key)) and not is_whole(entry.text) and to_float(entry.text) is not None


def _fitting(expected: Expected) -> str | None:
    """Return the pattern that is right for the most names, and wrong for none."""
    readings = [reading for reading in expected.values() if reading is not None]
    entries = (entry for reading in readings for entry in entries_in(reading.name.rpartition("/")[2]))
    if len({reading.value for reading in readings}) == 1 < len(readings) and not any(
        map(score_name, entries)
    ):
        return None  # such as the 1.5 of ``qwen_1.5_a``: what never changes is no score
    found: Counter[str] = Counter()
    for reading in readings:
        found.update(dict.fromkeys(_patterns(reading), 1))
    best, most = None, len(readings) // 2
    for pattern, _ in found.most_common(_TRIED):
        right = _right(pattern, expected)
        if right > most:
            best, most = pattern, right
    return best


def _right(pattern: str, expected: Expected) -> int:
    """Return how many names a pattern reads rightly, 0 where it reads one wrongly."""
    try:
        parser = CustomParser(pattern)
    except ConfigError:
        return 0
    right = 0
    for name, reading in expected.items():
        try:
            found = parser.readings(name)
        except ParseError:
            continue
        if found and (reading is None or not _agree(found[0], reading)):
            return 0
        right += bool(found)
    return right


def _agree(found: Reading, expected: Reading) -> bool:
    same = found.value == expected.value or (found.value != found.value and expected.value != expected.value)
    return same and found.epoch == expected.epoch and found.step in (None, expected.step)


def _patterns(reading: Reading) -> Iterator[str]:
    """Yield patterns for a name, the plainest first."""
    name = reading.name.rpartition("/")[2]
    by_place = None if _entries_of(reading, name) else positional(name)
    if by_place is not None:
        groups = [group for group, text in by_place.groupdict().items() if text is not None]
        yield _in_full(name, [_CapturedNumber(group, *by_place.span(group), "") for group in groups])
        return
    counter = _counter(reading, name)
    for entry in _entries_of(reading, name):
        pieces = [_score_piece(name, entry), *([counter] if counter else [])]
        pieces.sort(key=lambda piece: piece.start)
        yield from _joined(name, pieces)


def _entries_of(reading: Reading, name: str) -> list[NameEntry]:
    """Return the entries that may be the one that was read."""
    expected = words_of(reading.metric)
    return [
        entry
        for entry in entries_in(name)
        if metric_in(entry.key)
        and expected == words_of(entry.key)[-len(expected) :]
        and to_float(entry.text) is not None
    ]


def _score_piece(name: str, entry: NameEntry) -> _CapturedNumber:
    key = metric_in(entry.key, known=True) or metric_in(entry.key)
    end = entry.start + entry.key.rindex(key) + len(key)
    start = name.index(entry.text, end)
    return _CapturedNumber("score", start, start + len(entry.text), key + name[end:start])


def _counter(reading: Reading, name: str) -> _CapturedNumber | None:
    """Return where the epoch is written, or else the step."""
    group = "step" if reading.epoch is None else "epoch"
    for entry in reversed(entries_in(name)):
        count = counts_in((entry,))[group == "step"]
        if count is None or count != (reading.step if group == "step" else reading.epoch):
            continue
        if name.startswith(entry.key, entry.start):
            start = name.index(entry.text, entry.start + len(entry.key))
            lead = compiled(_LEAD).search(name[:start])
            return _CapturedNumber(group, start, start + len(entry.text), lead[0] if lead else "")
        start, end = entry.start, entry.start + len(entry.text)
        behind = compiled(_FOLLOWER).match(name, end)  # ``10_epochs``
        return _CapturedNumber(group, start, end, "", behind[0] if behind else "")
    return None


def _joined(name: str, pieces: Sequence[_CapturedNumber]) -> Iterator[str]:
    first, last = pieces[0], pieces[-1]
    begin = _escaped(first.before) + first.pattern
    if len(pieces) == 1:
        patterns = [begin]
    else:
        gap = name[first.end + len(first.behind) : last.start - len(last.before)]
        loose = f".*?{_escaped(last.before)}{last.pattern}"
        patterns = [begin + _general(gap) + _escaped(last.before) + last.pattern, begin + loose]
        if last.group == "score":  # the epoch stands in some names alone
            patterns.append(f"(?:{begin}.*?)?{_escaped(last.before)}{last.pattern}")
        else:
            patterns.append(f"{begin}(?:{loose})?")
    yield from patterns
    yield from (_GUARD + pattern for pattern in patterns)
    yield _in_full(name, pieces)


def _in_full(name: str, pieces: Sequence[_CapturedNumber]) -> str:
    """Return a pattern that repeats all that stands before the last piece."""
    pattern, end = "", 0
    for piece in sorted(pieces, key=lambda piece: piece.start):
        pattern += _general(name[end : piece.start]) + _GROUPS[piece.group]
        end = piece.end
    return pattern


def _general(text: str) -> str:
    """Return a pattern for a text in which the numbers differ from name to name."""
    return "".join("[0-9]+" if part.isdigit() else _escaped(part) for part in compiled(_DIGITS).split(text))


def _escaped(text: str) -> str:
    return re.escape(text).replace(r"\-", "-")  # outside a set a hyphen means itself
