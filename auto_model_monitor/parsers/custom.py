"""A parser that finds the score by a regular expression."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress

from ..core.capture_groups import GroupSite, site_of, whole_number
from ..core.errors import ConfigError, ParseError
from ..core.pattern_safety import LONGEST_NAME, longest_text
from ..core.readings import Reading
from .base import BaseParser
from .names import metric_in, whole

_COUNTERS = ("epoch", "step")
_LONGEST_PATH = 1024  # characters
# A pattern that matches no line break and sees no end of the text, so that it may run over many lines.
_WITHIN_A_LINE = (
    r"(?:\\[dwb]|\\[^A-Za-z0-9\x00-\x1f]|[^\\\[\](){}*+?\x00-\x1f]|\)|\((?:\?:|\?P<\w+>|(?!\?))"
    r"|\[(?!\^)(?:\\[dw]|\\[^A-Za-z0-9\x00-\x1f]|[^\]\\\x00-\x1f])+\]"
    r"|(?:[*+?]|\{[0-9]*,?[0-9]*\})\??(?!\+))+"
)


class CustomParser(BaseParser):
    """Reads the score by a regular expression, searched for in the name.

    A group that takes in only a part of a number, as ``[0-9.]+`` does of ``1.2e-05``, is completed; a
    plain group of digits and dots also finds ``9.8e-05`` and ``nan`` where the rest of the pattern fits.

    Args:
        pattern: the expression, as a text or compiled.
        metric: the score's name; by default that of its group, else the word before it in the pattern.

    Attributes:
        pattern: the compiled expression. Its first group is the score, or the group named ``score``;
            groups named ``epoch`` and ``step`` are counters; other named groups are readings of their own.
            A pattern with a ``/`` sees the path below the watched directory, any other the last part.

    Raises:
        ConfigError: the pattern is no regular expression, has no group for the score, or may take very long
            to find nothing, as a repeat inside a repeat does.
    """

    def __init__(self, pattern: str | re.Pattern[str], metric: str | None = None) -> None:
        if metric is not None and not isinstance(metric, str):
            raise ConfigError(f"metric: expected the score's name, such as 'val_loss', got {metric!r}")
        self.pattern = _compiled(pattern)
        self._group = _score_group(self.pattern)
        self._site = site_of(self.pattern, self._group)
        self._names = {index: name for name, index in self.pattern.groupindex.items()}
        own = self._names.pop(self._group, "score")
        self._sites = {index: site_of(self.pattern, index) for index in self._names}
        self.metric: str = metric or (metric_in(self._site.before) if own == "score" else own) or "score"
        self.columnar = all(name in _COUNTERS for name in self._names.values())
        self._whole_path = "/" in self.pattern.pattern
        variants = (_variant(source, self.pattern) for source in (self._site.quick, self._site.widened))
        self._quick, self._widened = variants
        self._lines = _line_patterns(self.pattern, self._site)
        tried = (self.pattern, self._quick, self._widened, *self._lines)
        longest = _LONGEST_PATH if self._whole_path else LONGEST_NAME
        longest_text([each.pattern for each in tried if each is not None], self.pattern.flags, longest)
        self._bind()

    def _bind(self) -> None:
        self._read = self._reader()
        if _is_own(type(self)):
            # Spares one call for each of a million names; a subclass keeps the methods it wrote.
            self.score = self._read  # type: ignore[method-assign,assignment]

    def __reduce__(self) -> tuple[object, ...]:
        """Copy and pickle without the reader, which is a closure."""
        state = {name: value for name, value in vars(self).items() if name not in ("_read", "score")}
        return _rebuilt, (type(self), state)

    @property
    def identity(self) -> str:
        """The pattern and the metric."""
        return f"{self.pattern.pattern} {self.metric}"

    def parse(self, filename: str) -> tuple[float, str] | tuple[None, None]:
        """Return the score and the name, or ``(None, None)`` when the pattern does not match.

        Raises:
            ParseError: the pattern matches, but its group holds no number.
        """
        value = self._read(filename)
        return (None, None) if value is None else (value, filename)

    def scores(self, names: Sequence[str]) -> list[float | None]:
        """Return what :meth:`score` returns for each name, in one go where every name is a usual one.

        Raises:
            ParseError: one of them cannot be read; ask for each to learn which.
        """
        if self._quick is None or not _is_own(type(self)):
            return super().scores(names)
        text = "\n".join(names) + "\n"
        if not self._whole_path and "/" in text:
            return super().scores(names)
        scores = self._scores_of_lines(text, len(names))
        if scores is None:
            search, group = self._quick.search, self._group
            try:
                scores = [float(search(name)[group]) for name in names]  # type: ignore[index]
            except (TypeError, ValueError):  # a name without a match or a number: read each
                scores = super().scores(names)
        return scores

    def _scores_of_lines(self, text: str, count: int) -> list[float | None] | None:
        """Return the scores of names, one a line; None unless each line surely holds a usual one."""
        if text.count("\n") != count:  # a name with a line break
            return None
        for pattern in self._lines:
            found = pattern.findall(text)
            if len(found) != count:
                return None
            if self.pattern.groups > 1:
                found = [groups[self._group - 1] for groups in found]
            with suppress(ValueError):
                return list(map(float, found))
            with suppress(ValueError):
                return [float(number.rstrip(".")) for number in found]
        return None

    def readings(self, name: str, path: str = "") -> tuple[Reading, ...]:
        """Return the score and the other named groups' numbers; nothing when the pattern does not match.

        Raises:
            ParseError: the pattern matches, but its group holds no number.
        """
        value = self.score(name)
        if value is None:
            return ()
        text = self._looked_at(name)
        found = self._search(text)
        groups = {} if found is None else self._numbers(text, found)
        epoch, step = whole(groups.pop("epoch", None)), whole(groups.pop("step", None))
        values = [(self.metric, value), *((metric, float(number)) for metric, number in groups.items())]
        return tuple(
            Reading(metric=metric, value=number, name=name, path=path, epoch=epoch, step=step)
            for metric, number in values
        )

    def _looked_at(self, name: str) -> str:
        return name if self._whole_path else name.rpartition("/")[2]

    def _search(self, text: str) -> re.Match[str] | None:
        for pattern in (self._quick, self.pattern, self._widened):
            found = None if pattern is None else pattern.search(text)
            if found is not None:
                return found
        return None

    def _numbers(self, text: str, found: re.Match[str]) -> dict[str, str]:
        """Return what the further named groups hold, as far as these are numbers."""
        numbers = {}
        for index, name in self._names.items():
            number = (
                None if found[index] is None else whole_number(text, *found.span(index), self._sites[index])
            )
            if number is not None:
                numbers[name] = number
        return numbers

    def _careful(self, text: str) -> float | None:
        """Return the score, completed to the whole number it stands in."""
        found = self._search(text)
        if found is None or found[self._group] is None:
            return None
        number = whole_number(text, *found.span(self._group), self._site)
        try:
            return float(number or "")
        except ValueError:
            got = number or found[self._group]
            message = f"{text!r}: expected a number for {self.metric} in the pattern's group, got {got!r}"
            raise ParseError(message) from None

    def _reader(self) -> Callable[[str], float | None]:
        """Return the fastest function that reads a score with this pattern.

        The first poll may read a million names, so the pattern is analysed once, here.
        """
        careful, group = self._careful, self._group
        whole_path, quick = self._whole_path, self._quick

        def read(name: str) -> float | None:
            return careful(name if whole_path else name.rpartition("/")[2])

        if quick is None:
            return read
        search = quick.search

        def read_quickly(name: str) -> float | None:
            if "/" not in name or whole_path:
                try:
                    return float(search(name)[group])  # type: ignore[index]
                except (TypeError, ValueError):  # no match, a group without part in it, or no number
                    pass
            return read(name)

        return read_quickly


def _is_own(kind: type[CustomParser]) -> bool:
    return kind.parse is CustomParser.parse and kind.score is CustomParser.score


def _variant(source: str | None, pattern: re.Pattern[str]) -> re.Pattern[str] | None:
    """Compile the pattern with another group; None where that cannot be, as inside a look-behind."""
    try:
        return None if source is None else re.compile(source, pattern.flags)
    except re.error:
        return None


def _line_patterns(pattern: re.Pattern[str], site: GroupSite) -> list[re.Pattern[str]]:
    """Return what finds the group in each line of a text, the fastest first; nothing where it may err."""
    if pattern.flags & re.DOTALL or not re.fullmatch(_WITHIN_A_LINE, pattern.pattern):
        return []
    sources = dict.fromkeys(source for source in (site.bulk, site.quick) if source)
    return [re.compile(rf"(?:{source})[^\n]*\n", pattern.flags | re.MULTILINE) for source in sources]


def _rebuilt(kind: type[CustomParser], state: dict[str, object]) -> CustomParser:
    """Make a parser again from the attributes that ``copy`` and ``pickle`` keep."""
    parser = kind.__new__(kind)
    vars(parser).update(state)
    parser._bind()
    return parser


def _compiled(pattern: object) -> re.Pattern[str]:
    expected = (
        "pattern: expected a regular expression with a group around the score, such as 'val_loss_([0-9.]+)'"
    )
    source = pattern.pattern if isinstance(pattern, re.Pattern) else pattern
    if not isinstance(source, str):
        raise ConfigError(f"{expected}, got {pattern!r}")
    try:
        return pattern if isinstance(pattern, re.Pattern) else re.compile(source)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigError(f"{expected}, got {pattern!r}, which is none: {error}") from None


def _score_group(pattern: re.Pattern[str]) -> int:
    """Return the number of the group that holds the score."""
    if "score" in pattern.groupindex:
        return pattern.groupindex["score"]
    counters = {pattern.groupindex.get(name) for name in _COUNTERS}
    for group in range(1, pattern.groups + 1):
        if group not in counters:
            return group
    expected = "pattern: expected a group around the score, such as 'val_loss_([0-9.]+)'"
    raise ConfigError(f"{expected}, got {pattern.pattern!r}, which has none")
