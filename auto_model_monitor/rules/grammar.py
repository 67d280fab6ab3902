"""Rules as users write them on a command line: ``val_loss < 0.004``, ``stalled 3x``, ``disk < 5GB``."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple, NoReturn

from ..core.comparison import Comparison
from ..core.durations import to_seconds
from ..core.errors import ConfigError
from ..core.numbers import to_float
from . import DiskRule, DivergedRule, NotFiniteRule, PlateauRule, StalledRule, ThresholdRule
from .damping import DampedRule
from .protocol import Rule

_OPERATORS = {  # the direction, and whether equal is enough
    "<": (Comparison.LOWER, False),
    "<=": (Comparison.LOWER, True),
    ">": (Comparison.HIGHER, False),
    ">=": (Comparison.HIGHER, True),
}
_SAME = str.maketrans(
    {"＜": "<", "＞": ">", "＝": "=", "％": "%", "\t": " "}
)  # as Chinese keyboards write them
_IN_A_NAME = frozenset("_/@.-")
_QUOTES = "'\"`"
_FOR_ALL = ("once", "at")
_AN_HOUR = 3600.0  # between two alerts, and two all-clears, of a rule that has both


class _RuleToken(NamedTuple):
    text: str
    start: int


def parse_rule(text: str, *, path: str = ".", comparison: Comparison | str | None = None) -> Rule:
    """Return the rule that a text describes.

    ====================  ==================================================================================
    ``val_loss < 0.004``  alerts at each improvement; ``<= > >=`` likewise
    ``acc >= 0.95 for 3``  alerts when three checkpoints in a row hit, and resolves when it falls back; at
                          most one alert and one all-clear an hour
    ``stalled 3x``        nothing new for three usual gaps; ``stalled 2h``, ``90s``, ``30min``, ``1d``
    ``nan``               a NaN or an infinity
    ``plateau 10``        ten checkpoints without a better one
    ``diverged 3x``       three times worse than the best
    ``disk < 5GB``        less is free; ``5GiB`` and ``5%`` likewise
    ====================  ==================================================================================

    What follows may stand behind them, in any order:

    ====================  ==================================================================================
    ``once``              one message a run, behind any rule
    ``at most every 1h``  the least time from one alert to the next, and from one all-clear to the next
    ``by 5%``             the least gain over the last alert that alerts again, or ends a plateau; ``by 0.01``
    ``until 0.92``        behind a comparison: the score at which it counts as recovered
    ====================  ==================================================================================

    Args:
        text: the rule; the text is also its name.
        path: a directory on the disk of a ``disk`` rule.
        comparison: the direction for ``plateau`` and ``diverged``; by default the metric's usual one.

    Raises:
        ConfigError: the text is not a rule; the error shows where, what was expected and what was got.
    """
    if not isinstance(text, str):
        raise ConfigError(f"expected a rule as a text, such as 'val_loss < 0.004', got {text!r}")
    return _RuleParser(text, path, comparison).rule()


class _RuleParser:
    """Reads the tokens once; a keyword before an operator is a metric."""

    def __init__(self, text: str, path: str, comparison: Comparison | str | None) -> None:
        self._text = "".join(c if c.isprintable() else "\ufffd" for c in text.translate(_SAME))
        self._tokens = list(_tokens(self._text))
        self._next = 0
        self._path = path
        self._comparison = comparison
        self._name = " ".join(token.text for token in self._tokens)

    def rule(self) -> Rule:
        """Parse the whole text."""
        word = self._peek()
        compares = self._peek(1).text in _OPERATORS
        if word.text == "disk" and compares:
            rule: Rule = self._damped(self._disk())
        elif word.text in _WORDS and not compares:
            self._next += 1
            rule = self._damped(_WORDS[word.text](self))
        else:
            rule = self._threshold()
        if self._peek().text:
            self._fail("the end of the rule")
        return rule

    def _threshold(self) -> Rule:
        expected = "a metric such as val_loss, or one of " + ", ".join(["disk", *_WORDS])
        metric = _unquoted(self._take(expected, _is_name))
        comparison, inclusive = _OPERATORS[self._take("one of < <= > >=", _OPERATORS.__contains__)]
        number = float(self._take("a number such as 0.004", _is_finite))
        options = self._options(("for", "by", "until", *_FOR_ALL), number, comparison)
        if not options.keys().isdisjoint(("hold", "until")):
            options = {"every": "crossing", "at_most_every": _AN_HOUR, **options}
        return ThresholdRule(
            number, comparison, metric=metric, inclusive=inclusive, name=self._name, **options
        )

    def _options(
        self, known: Collection[str], threshold: float = 0.0, comparison: Comparison = Comparison.LOWER
    ) -> dict[str, Any]:
        """Parse what may stand behind a rule, each word at most once."""
        options: dict[str, Any] = {}
        left = set(known)
        while (word := self._peek().text) in left:
            left.remove(word)
            self._next += 1
            if word == "for":
                options["hold"] = int(self._take("a number of checkpoints such as 3", _is_count))
            elif word == "by":
                options["by"] = self._take("a least gain such as 5% or 0.01", _is_gain)
            elif word == "until":
                options["until"] = self._until(threshold, comparison)
            elif word == "at":
                options["at_most_every"] = self._pause()
            else:
                options["once"] = True
        return options

    def _until(self, threshold: float, comparison: Comparison) -> float:
        side = "or higher" if comparison is Comparison.LOWER else "or lower"
        fits = lambda text: _is_finite(text) and not comparison.is_better(float(text), than=threshold)  # noqa: E731
        return float(self._take(f"a number such as 0.92, {threshold:g} {side}", fits))

    def _pause(self) -> float:
        self._take("'most', as in: at most every 1h", lambda text: text == "most")
        self._take("'every', as in: at most every 1h", lambda text: text == "every")
        found = to_seconds(
            self._take("a time such as 90s, 30min, 2h", lambda text: (to_seconds(text) or 0) > 0)
        )
        assert found is not None  # what it fits
        return found

    def _damped(self, rule: Rule) -> Rule:
        options = self._options(_FOR_ALL)
        return DampedRule(rule, **options) if options else rule

    def _disk(self) -> Rule:
        self._next += 1
        self._take("'<'", lambda text: text in ("<", "<="))
        expected = "a size such as 5GB, 5GiB or 5%"
        amount = self._peek()
        size = self._take(expected, lambda text: text[0].isdigit()) + self._peek().text
        try:
            rule = DiskRule(size, self._path, name=self._name)
        except ConfigError:
            self._fail(expected, at=amount)
        self._next += 1
        return rule

    def stalled(self) -> Rule:
        """Parse the time without news."""
        expected = "a number of usual gaps such as 3x, or a time such as 90s, 30min, 2h"
        token = self._peek()
        text = self._take(expected, bool)
        seconds = to_seconds(text)
        try:
            return StalledRule(text if seconds is None else seconds, name=self._name)
        except ConfigError:
            self._fail(expected, at=token)

    def plateau(self) -> Rule:
        """Parse the number of checkpoints."""
        patience = int(self._take("a number of checkpoints such as 10", _is_count))
        least = self._options(("by",)).get("by", 0.0)
        return PlateauRule(patience, least, comparison=self._comparison, name=self._name)

    def diverged(self) -> Rule:
        """Parse the factor."""
        factor = self._take("a factor above 1 such as 3x", lambda text: _factor(text) > 1)
        return DivergedRule(_factor(factor), comparison=self._comparison, name=self._name)

    def nan(self) -> Rule:
        """Parse nothing more."""
        return NotFiniteRule(name=self._name)

    def _peek(self, ahead: int = 0) -> _RuleToken:
        index = self._next + ahead
        return self._tokens[index] if index < len(self._tokens) else _RuleToken("", len(self._text.rstrip()))

    def _take(self, expected: str, fits: Callable[[str], object]) -> str:
        text = self._peek().text
        if not text or not fits(text):
            self._fail(expected)
        self._next += 1
        return text

    def _fail(self, expected: str, at: _RuleToken | None = None) -> NoReturn:
        token = at or self._peek()
        got = repr(token.text) if token.text else "the end"
        # A terminal shows a Chinese character as wide as two others.
        before = "".join("\u3000" if ord(c) > 0x2E7F else " " for c in self._text[: token.start])
        raise ConfigError(f"expected {expected}, got {got}:\n    {self._text}\n    {before}^")


_WORDS: dict[str, Callable[[_RuleParser], Rule]] = {
    "nan": _RuleParser.nan,
    "stalled": _RuleParser.stalled,
    "plateau": _RuleParser.plateau,
    "diverged": _RuleParser.diverged,
}


def _tokens(text: str) -> Iterator[_RuleToken]:
    """Split at spaces and around operators: ``a<=1`` is three tokens."""
    start = 0
    for end in range(1, len(text) + 1):
        if end == len(text) or text[end] == " " or text[start] == " " or _parts(text[end - 1], text[end]):
            if text[start] != " ":
                yield _RuleToken(text[start:end], start)
            start = end


def _parts(left: str, right: str) -> bool:
    return (left in "<>=") != (right in "<>=")


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] and text[0] in _QUOTES else text


def _is_name(text: str) -> bool:
    text = _unquoted(text)
    if text.endswith(")") and text.count("(") == text.count(")") == 1:  # ``metrics/mAP50(B)``
        text = text[:-1].replace("(", "_") if not text.startswith("(") else text
    letters = all(c.isalnum() or c in _IN_A_NAME for c in text) and any(c.isalpha() for c in text)
    return letters and not _is_finite(text)


def _is_finite(text: str) -> bool:
    number = to_float(text)
    return number is not None and math.isfinite(number)


def _is_gain(text: str) -> bool:
    number = to_float(text.removesuffix("%"))
    return number is not None and 0 < number < math.inf


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9 and int(text) > 0


def _factor(text: str) -> float:
    number = to_float(text.removesuffix("x").removesuffix("×"))
    return number if number is not None and math.isfinite(number) else 0.0
