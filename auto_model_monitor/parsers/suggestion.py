"""Suggests a pattern for names that the default parser cannot read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from ..core.errors import ParseError
from ..core.numbers import compiled, is_whole, positional, to_float
from .custom import CustomParser
from .names import NameEntry, entries_in, metric_in, words_of
from .unfinished import ignored_because

_GROUP = "([0-9.]+)"
_LOOKED_AT = 1000
_DIGITS = r"([0-9]+)"


def suggest_pattern(names: Sequence[str], metric: str | None = None) -> str | None:
    """Return a pattern for :class:`CustomParser` that fits most of the names, None when none does.

    Args:
        names: checkpoint names; the first thousand that hold a fraction are looked at.
        metric: the metric to read, if the names hold several.
    """
    found: Counter[str] = Counter()
    looked_at: list[str] = []
    for name in names:
        patterns = [] if ignored_because(name) else list(_patterns(name.rpartition("/")[2], metric))
        if patterns:
            looked_at.append(name)
            found.update(dict.fromkeys(patterns, 1))
        if len(looked_at) == _LOOKED_AT:
            break
    for pattern, _ in found.most_common(3):
        parser = CustomParser(pattern)
        if 2 * sum(_reads(parser, name) for name in looked_at) > len(looked_at):
            return pattern
    return None


def _reads(parser: CustomParser, name: str) -> bool:
    try:
        return parser.score(name) is not None
    except ParseError:
        return False


def _patterns(name: str, metric: str | None) -> Iterator[str]:
    """Yield a pattern for each fraction in a name: known metrics first."""
    entries = [entry for entry in entries_in(name) if _is_score(entry, metric)]
    for entry in sorted(entries, key=lambda entry: not metric_in(entry.key, known=True)):
        yield _before(name, entry) + _GROUP
    found = positional(name)
    if found is not None and not entries:
        step = "_[0-9]+" if "step" in found.groupdict() else ""
        yield f"{_general(name[: found.start('score')])}{_GROUP}{step}"


def _is_score(entry: NameEntry, metric: str | None) -> bool:
    key = metric_in(entry.key)
    if not key or is_whole(entry.text) or to_float(entry.text) is None:
        return False
    expected = words_of(metric or "")
    return words_of(entry.key)[-len(expected) :] == expected if expected else True


def _before(name: str, entry: NameEntry) -> str:
    """Return the literal text of a key and what joins it to its number."""
    key = metric_in(entry.key, known=True) or metric_in(entry.key)
    end = entry.start + entry.key.rindex(key) + len(key)
    return _escaped(key + name[end : name.index(entry.text, end)])


def _general(text: str) -> str:
    """Return a pattern for a text in which the numbers differ from name to name."""
    return "".join("[0-9]+" if part.isdigit() else _escaped(part) for part in compiled(_DIGITS).split(text))


def _escaped(text: str) -> str:
    return re.escape(text).replace(r"\-", "-")  # outside a set a hyphen means itself
