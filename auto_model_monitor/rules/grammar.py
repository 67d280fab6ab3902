"""Rules as users write them on a command line: ``val_loss < 0.004``, ``stalled 3x``, ``disk < 5GB``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple, NoReturn

from ..core.comparison import Comparison
from ..core.errors import ConfigError
from ..core.numbers import to_float
from . import DiskRule, DivergedRule, NotFiniteRule, PlateauRule, StalledRule, ThresholdRule
from .protocol import Rule

_OPERATORS = {  # the direction, and whether equal is enough
    "<": (Comparison.LOWER, False),
    "<=": (Comparison.LOWER, True),
    ">": (Comparison.HIGHER, False),
    ">=": (Comparison.HIGHER, True),
}
_SAME = str.maketrans({"＜": "<", "＞": ">", "＝": "=", "\t": " "})  # as Chinese keyboards write them
_IN_A_NAME = frozenset("_/@.-")
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


class _RuleToken(NamedTuple):
    text: str
    start: int


def parse_rule(text: str, *, path: str = ".", comparison: Comparison | str | None = None) -> Rule:
    """Return the rule that a text describes.

    ====================  ==================================================================================
    ``val_loss < 0.004``  alerts at each improvement; ``<= > >=`` likewise
    ``acc >= 0.95 for 3``  alerts when three checkpoints in a row hit, and resolves when it falls back
    ``stalled 3x``        nothing new for three usual gaps; ``stalled 2h``, ``90s``, ``30min``, ``1d``
    ``nan``               a NaN or an infinity
    ``plateau 10``        ten checkpoints without a better one
    ``diverged 3x``       three times worse than the best
    ``disk < 5GB``        less is free; ``5GiB`` and ``5%`` likewise
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
            rule: Rule = self._disk()
        elif word.text in _WORDS and not compares:
            self._next += 1
            rule = _WORDS[word.text](self)
        else:
            rule = self._threshold()
        if self._peek().text:
            self._fail("the end of the rule")
        return rule

    def _threshold(self) -> Rule:
        metric = self._take("a metric such as val_loss, or one of " + ", ".join(["disk", *_WORDS]), _is_name)
        comparison, inclusive = _OPERATORS[self._take("one of < <= > >=", _OPERATORS.__contains__)]
        number = float(self._take("a number such as 0.004", _is_finite))
        rule = partial(ThresholdRule, number, comparison, metric=metric, inclusive=inclusive, name=self._name)
        if self._peek().text != "for":
            return rule()
        self._next += 1
        return rule(every="crossing", hold=int(self._take("a number of checkpoints such as 3", _is_count)))

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
        seconds = _seconds(text)
        try:
            return StalledRule(text if seconds is None else seconds, name=self._name)
        except ConfigError:
            self._fail(expected, at=token)

    def plateau(self) -> Rule:
        """Parse the number of checkpoints."""
        patience = int(self._take("a number of checkpoints such as 10", _is_count))
        return PlateauRule(patience, comparison=self._comparison, name=self._name)

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


def _is_name(text: str) -> bool:
    letters = all(c.isalnum() or c in _IN_A_NAME for c in text) and any(c.isalpha() for c in text)
    return letters and not _is_finite(text)


def _is_finite(text: str) -> bool:
    number = to_float(text)
    return number is not None and math.isfinite(number)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9 and int(text) > 0


def _factor(text: str) -> float:
    number = to_float(text.removesuffix("x").removesuffix("×"))
    return number if number is not None and math.isfinite(number) else 0.0


def _seconds(text: str) -> float | None:
    digits = text.rstrip("acdehimnosy")
    number, unit = to_float(digits), _SECONDS.get(text[len(digits) :])
    return None if number is None or unit is None else number * unit
