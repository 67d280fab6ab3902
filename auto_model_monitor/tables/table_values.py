"""What is asked of a table and what it answers: keys, values, conditions and sums, without any SQL."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from ..core.numbers import compiled

Kind = Literal["number", "text", "boolean", "time"]
"""What a column holds."""

Cell = str | int | None
"""A key of a row: the canonical text of a value, the index of a window or bin, None where missing."""

Keys = tuple[Cell, ...]

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "outside", "missing", "present"]

Scalar = str | int | float | bool | datetime

DUPLICATES = "__duplicates"
"""The column of rows opened with an id: how many further rows had the same id and were left out."""

_WHOLE_NUMBER = r"([-+]?[0-9]+)(?:\.0*)?"
_LARGEST_WHOLE = 1e15  # doubles beyond do not count in ones


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCondition:
    """What a row must fulfil. A missing value fulfils no comparison, but ``missing``.

    Attributes:
        column: the column's name.
        operator: how it is compared. ``in`` and ``not in`` take a collection, ``outside`` takes two numbers
            and holds below the first and above the second, ``missing`` and ``present`` take nothing.
        value: what it is compared with; labels such as ``1``, ``"1"``, ``True`` and ``1.0`` are equal.
    """

    column: str
    operator: Operator
    value: Scalar | Collection[Scalar] | None = None


@dataclass(frozen=True, slots=True)
class Windows:
    """A key: the index ``i`` of the window ``[edges[i], edges[i + 1])`` that a time falls in, None outside.

    Attributes:
        column: a column of times; those without a zone are in that of the table.
        edges: ascending times with a zone, one more than there are windows.
    """

    column: str
    edges: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Bins:
    """A key: how many of the edges are at most the number; 0 is below all, None is no number.

    Attributes:
        column: the column's name; text that is a number counts as one.
        edges: ascending numbers.
    """

    column: str
    edges: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class AbsoluteDifference:
    """A number: ``|one - other|``, missing where either is.

    Attributes:
        one: a column's name.
        other: a column's name.
    """

    one: str
    other: str


@dataclass(frozen=True, slots=True)
class NegativeLog:
    """A number: ``-ln(p)`` of a probability, or ``-ln(1 - p)``; missing where ``p`` is outside [0, 1].

    As in scikit-learn, ``p`` is clipped to 2.2e-16 from 0 and 1.

    Attributes:
        column: the column's name.
        of_complement: whether it is that of ``1 - p``.
    """

    column: str
    of_complement: bool = False


@dataclass(frozen=True, slots=True)
class Holds:
    """A number: 1 where a condition holds, else 0, so that its sum is the number of rows.

    Attributes:
        condition: the condition.
    """

    condition: RowCondition


Key = str | Windows | Bins
"""What rows are grouped by: a column's name stands for its canonical text."""

Value = str | AbsoluteDifference | NegativeLog | Holds
"""What sums are made of: a column's name stands for its number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moments:
    """The sums of the values of some rows, about a number so that no digits are lost.

    An engine with several threads adds in any order: two looks at the same rows may differ in the last digit.

    Attributes:
        rows: the number of values that are finite numbers.
        missing: that of all others.
        about: the number ``c``.
        shifted: the sum of ``x - c``.
        squares: the sum of ``(x - c)²``.
        low: the least value, None of no rows.
        high: the greatest value, None of no rows.
    """

    rows: int
    missing: int
    about: float
    shifted: float
    squares: float
    low: float | None
    high: float | None

    @property
    def total(self) -> float:
        """The sum of the values."""
        return self.shifted + self.rows * self.about

    @property
    def mean(self) -> float | None:
        """The mean, None of no rows."""
        return self.about + self.shifted / self.rows if self.rows else None

    @property
    def variance(self) -> float | None:
        """The sample variance, None of fewer than two rows."""
        if self.rows < 2:
            return None
        return max(self.squares - self.shifted * self.shifted / self.rows, 0.0) / (self.rows - 1)

    def __add__(self, other: Moments) -> Moments:
        """Return the sums of both sets of rows, which are about the same number."""
        lows = [low for low in (self.low, other.low) if low is not None]
        highs = [high for high in (self.high, other.high) if high is not None]
        return Moments(
            rows=self.rows + other.rows,
            missing=self.missing + other.missing,
            about=self.about,
            shifted=self.shifted + other.shifted,
            squares=self.squares + other.squares,
            low=min(lows, default=None),
            high=max(highs, default=None),
        )


@dataclass(frozen=True, slots=True)
class RankSum:
    """The ranks of some rows among others, from which the area under the ROC curve follows.

    Attributes:
        rows: the number of rows.
        ranks: the sum of their ranks, from 1; equal values share the mean of theirs.
    """

    rows: int
    ranks: float

    def __add__(self, other: RankSum) -> RankSum:
        """Return the sum of both."""
        return RankSum(self.rows + other.rows, self.ranks + other.ranks)


def canonical(value: object) -> str | None:
    """Return the text that stands for a value: ``1``, ``"1"``, ``True``, ``"true"`` and ``1.0`` are ``"1"``.

    None, NaN, infinities and blank text are missing: None.
    """
    if value is None or isinstance(value, bool):
        return None if value is None else str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float | Decimal):
        return _canonical_number(float(value))
    if isinstance(value, date):
        return value.isoformat()
    text = (value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)).strip()
    return _canonical_text(text)


def _canonical_number(number: float) -> str | None:
    if not math.isfinite(number):
        return None
    return str(int(number)) if number.is_integer() and abs(number) < _LARGEST_WHOLE else repr(number)


def _canonical_text(text: str) -> str | None:
    if text.lower() in ("true", "false"):
        return str(int(text.lower() == "true"))
    whole = compiled(_WHOLE_NUMBER).fullmatch(text)
    return (whole[1].removeprefix("+") if whole else text) or None


def spellings(value: object) -> tuple[str, ...]:
    """Return how a column of text may write what is canonically the same value."""
    text = canonical(value)
    if text is None:
        return ()
    more = {"1": ("true", "True", "TRUE"), "0": ("false", "False", "FALSE")}.get(text, ())
    whole = compiled(_WHOLE_NUMBER).fullmatch(text)
    return (text, *((f"{text}.0",) if whole else ()), *more)


def interpolated(at: Mapping[int, float], rows: int, fraction: float) -> float:
    """Return a quantile of sorted numbers, of which those at or next to its place are given by place."""
    wanted = (rows - 1) * fraction
    lower = min(math.floor(wanted), rows - 1)
    one, other = at[lower], at[min(lower + 1, rows - 1)] if wanted > lower else at[lower]
    return one + (other - one) * (wanted - lower)
