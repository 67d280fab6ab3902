"""Rules as users write them: ``val_loss < 0.004``, ``stalled 3x``, ``recall@sex:* < 80% for 2 critical``."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any, NoReturn

from ..core.alerts import Level
from ..core.comparison import Comparison
from ..core.durations import to_seconds
from ..core.errors import ConfigError
from . import (
    CrossingRule,
    DiskRule,
    DivergedRule,
    GpuRule,
    NotFiniteRule,
    PlateauRule,
    StalledRule,
    ThresholdRule,
)
from .baseline import REFERENCE
from .damping import DampedRule
from .protocol import Rule
from .rule_tokens import RuleToken, amount, factor, is_count, is_gain, is_name, is_time, tokens, unquoted

_OPERATORS = {  # the direction, and whether equal is enough
    "<": (Comparison.LOWER, False),
    "<=": (Comparison.LOWER, True),
    ">": (Comparison.HIGHER, False),
    ">=": (Comparison.HIGHER, True),
}
_CHANGES = {"drop": Comparison.LOWER, "rise": Comparison.HIGHER}
_SAME = str.maketrans(
    {"＜": "<", "＞": ">", "＝": "=", "％": "%", "：": ":", "\t": " "}
)  # as Chinese keyboards write them
_OF_CARDS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "idle": ("a time", bool),
    "memory": ("a share such as 95%", lambda share: 0 < share < 1),
    "temperature": ("degrees Celsius such as 85", lambda degrees: degrees > 0),
}
_LEVELS = frozenset(level.value for level in Level)
_FOR_ALL = ("once", "at", *_LEVELS)
_FOR_COMPARISONS = ("for", "by", "until", "every", *_FOR_ALL)
_CROSSES = frozenset({"against", "hold_seconds", "repeat"})  # what only a rule about crossings has
_AN_HOUR = 3600.0  # between two alerts, and two all-clears, of a rule that has both


def parse_rule(
    text: str, *, path: str = ".", comparison: Comparison | str | None = None, crossing: bool = False
) -> Rule:
    """Return the rule that a text describes.

    ====================  ==================================================================================
    ``val_loss < 0.004``  alerts at each improvement; ``<= > >=`` likewise; ``90%`` is 0.9, ``200ms`` is 0.2
    ``acc >= 0.95 for 3``  alerts when three checkpoints in a row hit, and resolves when it falls back; at
                          most one alert and one all-clear an hour
    ``acc drop > 0.02 vs 7d``  the score is lower by that than the mean of the windows of the seven days
                          before; ``rise`` likewise; ``vs reference``: than its reference
    ``stalled 3x``        nothing new for three usual gaps; ``stalled 2h``, ``90s``, ``30min``, ``1d``
    ``nan``               a NaN or an infinity
    ``plateau 10``        ten checkpoints without a better one
    ``diverged 3x``       three times worse than the best
    ``disk < 5GB``        less is free; ``5GiB`` and ``5%`` likewise
    ``gpu idle 30m``      a card of the training has computed nothing for that long; with the extra ``gpu``
    ``gpu memory > 95%``  a card of the training uses more of its memory
    ``gpu temperature > 85``  a card of the training is hotter, in degrees Celsius
    ====================  ==================================================================================

    What follows may stand behind them, in any order:

    ====================  ==================================================================================
    ``once``              one message a run, behind any rule
    ``at most every 1h``  the least time from one alert to the next, and from one all-clear to the next
    ``critical``          the level of its alerts; ``warning`` and ``info`` likewise
    ``by 5%``             the least gain over the last alert that alerts again, or ends a plateau; ``by 0.01``
    ``until 0.92``        behind a comparison: the score at which it counts as recovered
    ``for 30m``           behind a comparison: it must hold so long
    ``every 1d``          behind a comparison and ``stalled``: repeats the alert daily while it holds
    ====================  ==================================================================================

    Args:
        text: the rule; the text is also its name.
        path: a directory on the disk of a ``disk`` rule.
        comparison: the direction for ``plateau`` and ``diverged``; by default the metric's usual one.
        crossing: whether every comparison alerts when it begins to hold and resolves when it no longer
            does, at most once an hour each, as a warning: for a model in production.

    Raises:
        ConfigError: the text is not a rule; the error shows where, what was expected and what was got.
    """
    if not isinstance(text, str):
        raise ConfigError(f"expected a rule as a text, such as 'val_loss < 0.004', got {text!r}")
    return _RuleParser(text, path, comparison, crossing=crossing).rule()


class _RuleParser:
    """Reads the tokens once; a keyword before an operator is a metric."""

    def __init__(self, text: str, path: str, comparison: Comparison | str | None, *, crossing: bool) -> None:
        self._text = "".join(c if c.isprintable() else "\ufffd" for c in text.translate(_SAME))
        self._tokens = list(tokens(self._text))
        self._next = 0
        self._path = path
        self._comparison = comparison
        self._crossing = crossing
        self._name = " ".join(token.text for token in self._tokens)

    def rule(self) -> Rule:
        """Parse the whole text."""
        word = self._peek().text
        compares = self._peek(1).text in _OPERATORS
        if word == "disk" and compares:
            rule = self._disk()
        elif word == "gpu" and self._peek(1).text in _OF_CARDS:
            rule = self._gpu()
        elif word in _WORDS and not (compares or self._peek(1).text in _CHANGES):
            self._next += 1
            rule = _WORDS[word](self)
        else:
            rule = self._comparing()
        if self._peek().text:
            self._fail("the end of the rule")
        return rule

    def _comparing(self) -> Rule:
        expected = "a metric such as val_loss, or one of " + ", ".join(["disk", "gpu", *_WORDS])
        metric = unquoted(self._take(expected, is_name))
        change = _CHANGES.get(self._peek().text)
        if change is not None:
            return self._changing(metric, change)
        comparison, inclusive = _OPERATORS[self._take("one of < <= > >=", _OPERATORS.__contains__)]
        number = self._amount("a number such as 0.004, 90% or 200ms", lambda number: True)
        options = self._options(_FOR_COMPARISONS, number, comparison)
        options |= {"metric": metric, "inclusive": inclusive, "name": self._name}
        if self._crossing or not _CROSSES.isdisjoint(options):
            return _crossing(number, comparison, options)
        if not options.keys().isdisjoint(("hold", "until")):
            options = {"every": "crossing", "at_most_every": _AN_HOUR, **options}
        return ThresholdRule(number, comparison, **options)

    def _changing(self, metric: str, comparison: Comparison) -> Rule:
        word = self._take("drop or rise", bool)
        operator = self._take(f"'>', as in: {word} > 0.02 vs 7d", lambda text: text in (">", ">="))
        number = self._amount("a difference such as 0.02, 2% or 50ms", lambda number: number >= 0)
        options = self._options(("vs", *_FOR_COMPARISONS), number, Comparison.HIGHER)
        if "against" not in options:
            self._fail("'vs 7d' or 'vs reference'")
        options |= {"metric": metric, "inclusive": operator == ">=", "name": self._name}
        return _crossing(number, comparison, options)

    def _options(
        self, known: Collection[str], threshold: float = 0.0, comparison: Comparison = Comparison.LOWER
    ) -> dict[str, Any]:
        """Parse what may stand behind a rule, each word at most once, and one level."""
        options: dict[str, Any] = {}
        left = set(known)
        while (word := self._peek().text) in left:
            left -= _LEVELS if word in _LEVELS else {word}
            self._next += 1
            if word == "until":
                options["until"] = self._until(threshold, comparison)
            else:
                options |= self._option(word)
        return options

    def _option(self, word: str) -> dict[str, Any]:
        if word == "for":
            expected = "a number such as 3, or a time such as 30m"
            text = self._take(expected, lambda text: is_count(text) or is_time(text))
            return {"hold": int(text)} if is_count(text) else {"hold_seconds": to_seconds(text)}
        if word == "by":
            text = self._take("a least gain such as 5% or 0.01", is_gain)
            return {"by": amount(text) if text[-1].isalpha() else text}
        if word == "vs":
            expected = "'reference', or a time such as 7d"
            return {"against": self._take(expected, lambda text: text == REFERENCE or is_time(text))}
        if word == "at":
            self._take("'most', as in: at most every 1h", lambda text: text == "most")
            self._take("'every', as in: at most every 1h", lambda text: text == "every")
            return {"at_most_every": self._time()}
        if word == "every":
            return {"repeat": self._time()}
        return {"once": True} if word == "once" else {"level": Level(word)}

    def _until(self, threshold: float, comparison: Comparison) -> float:
        side = "or higher" if comparison is Comparison.LOWER else "or lower"
        fits = lambda number: not comparison.is_better(number, than=threshold)  # noqa: E731
        return self._amount(f"a number such as 0.92, {threshold:g} {side}", fits)

    def _amount(self, expected: str, fits: Callable[[float], bool]) -> float:
        found = amount(self._peek().text)
        if found is None or not fits(found):
            self._fail(expected)
        self._next += 1
        return found

    def _time(self) -> float:
        found = to_seconds(self._take("a time such as 90s, 30min, 2h", is_time))
        assert found is not None  # what it fits
        return found

    def _damped(self, rule: Rule, options: dict[str, Any] | None = None) -> Rule:
        if options is None:
            options = self._options(_FOR_ALL)
        return DampedRule(rule, **options) if options else rule

    def _disk(self) -> Rule:
        self._next += 1
        self._take("'<'", lambda text: text in ("<", "<="))
        expected = "a size such as 5GB, 5GiB or 5%"
        number = self._peek()
        size = self._take(expected, lambda text: text[0].isdigit())
        if self._peek().text not in _FOR_ALL:  # the unit may stand apart
            size += self._peek().text
            self._next += 1
        try:
            rule = DiskRule(size, self._path, name=self._name)
        except ConfigError:
            self._fail(expected, at=number)
        return self._damped(rule)

    def _gpu(self) -> Rule:
        self._next += 1
        quantity = self._take(f"one of {', '.join(_OF_CARDS)}", _OF_CARDS.__contains__)
        if quantity != "idle":
            self._take("'>'", lambda text: text in (">", ">="))
        expected, fits = _OF_CARDS[quantity]
        limit = self._time() if quantity == "idle" else self._amount(expected, fits)
        return self._damped(GpuRule(quantity, limit, name=self._name))  # type: ignore[arg-type]

    def stalled(self) -> Rule:
        """Parse the time without news."""
        expected = "a number of usual gaps such as 3x, or a time such as 90s, 30min, 2h"
        token = self._peek()
        text = self._take(expected, bool)
        seconds = to_seconds(text)
        try:
            rule = StalledRule(text if seconds is None else seconds, name=self._name)
        except ConfigError:
            self._fail(expected, at=token)
        options = self._options(("every", *_FOR_ALL))
        rule.repeat = options.pop("repeat", 0.0)
        return self._damped(rule, options)

    def plateau(self) -> Rule:
        """Parse the number of checkpoints."""
        patience = int(self._take("a number of checkpoints such as 10", is_count))
        options = self._options(("by", *_FOR_ALL))
        least = options.pop("by", 0.0)
        rule = PlateauRule(patience, least, comparison=self._comparison, name=self._name)
        return self._damped(rule, options)

    def diverged(self) -> Rule:
        """Parse the factor."""
        text = self._take("a factor above 1 such as 3x", lambda text: factor(text) > 1)
        return self._damped(DivergedRule(factor(text), comparison=self._comparison, name=self._name))

    def nan(self) -> Rule:
        """Parse nothing more."""
        return self._damped(NotFiniteRule(name=self._name))

    def _peek(self, ahead: int = 0) -> RuleToken:
        index = self._next + ahead
        return self._tokens[index] if index < len(self._tokens) else RuleToken("", len(self._text.rstrip()))

    def _take(self, expected: str, fits: Callable[[str], object]) -> str:
        text = self._peek().text
        if not text or not fits(text):
            self._fail(expected)
        self._next += 1
        return text

    def _fail(self, expected: str, at: RuleToken | None = None) -> NoReturn:
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


def _crossing(number: float, comparison: Comparison, options: dict[str, Any]) -> Rule:
    # A repeated alert is not to wait for the pause between two alerts.
    pause = min(_AN_HOUR, options.get("repeat", math.inf) / 2)
    return CrossingRule(number, comparison, **{"at_most_every": pause, **options})
