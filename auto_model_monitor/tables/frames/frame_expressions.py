"""Keys, values and conditions as expressions of Narwhals, in the subset that Polars, Ibis and Spark share."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timezone, tzinfo
from typing import Any

from ...core.extras import extra
from ..table_values import (
    AbsoluteDifference,
    Bins,
    Holds,
    Key,
    Kind,
    NegativeLog,
    RowCondition,
    Scalar,
    Value,
    Windows,
    canonical,
    spellings,
)
from ..time_texts import MILLISECONDS, shortest_text

with extra("production"):
    import narwhals as nw

Expression = Any
"""An expression of Narwhals."""

_EPSILON = 2.220446049250313e-16
_NUMBER = r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$"


class FrameExpressions:
    """Makes expressions about the columns of one frame.

    Args:
        kinds: what its columns hold.
        naive: the columns of times without a zone.
        zone: their zone.
        fills: the numbers that replace missing ones.
    """

    def __init__(
        self, kinds: Mapping[str, Kind], naive: Collection[str], zone: tzinfo, fills: Mapping[str, float]
    ) -> None:
        self._kinds = kinds
        self._naive = naive
        self._zone = zone
        self._fills = fills

    def number(self, name: str) -> Expression:
        """Return a column as finite numbers, filled; null where there is none."""
        number = self._finite(name)
        return number.fill_null(self._fills[name]) if name in self._fills else number

    def key(self, key: Key) -> Expression:
        """Return what rows are grouped by."""
        if isinstance(key, Windows):
            times, bounds = self._times(key.column, key.edges)
            reached = _reached(times, bounds)
            return nw.when((reached > 0) & (reached < len(bounds))).then(reached - 1)
        if isinstance(key, Bins):
            return _reached(self.number(key.column), key.edges)
        return canonical_text(nw.col(key)) if self._kinds[key] == "text" else nw.col(key)

    def value(self, value: Value) -> Expression:
        """Return what is summed."""
        if isinstance(value, str):
            return self.number(value)
        if isinstance(value, AbsoluteDifference):
            return (self.number(value.one) - self.number(value.other)).abs()
        if isinstance(value, Holds):
            return nw.when(self.condition(value.condition)).then(nw.lit(1.0)).otherwise(nw.lit(0.0))
        return _negative_log(self.number(value.column), value)

    def condition(self, one: RowCondition) -> Expression:
        """Return a condition, false or null where it cannot be decided."""
        if one.operator in ("missing", "present"):
            missing = self._missing(one.column)
            return missing if one.operator == "missing" else ~missing
        if isinstance(one.value, datetime):
            times, (bound,) = self._times(one.column, [one.value])
            return _ordered(times, one.operator, bound)
        if one.operator in ("<", "<=", ">", ">="):
            return _ordered(self.number(one.column), one.operator, float(one.value))  # type: ignore[arg-type]
        values = _listed(one.value)
        if one.operator == "outside":
            low, high = (float(end) for end in values)  # type: ignore[arg-type]
            return (self.number(one.column) < low) | (self.number(one.column) > high)
        among = self._among(one.column, values)
        return among if one.operator in ("==", "in") else ~self._missing(one.column) & ~among

    def times(self, name: str) -> Expression:
        """Return a column of times in a form that sorts."""
        return self._times(name, [])[0]

    def _times(self, name: str, moments: Sequence[datetime]) -> tuple[Expression, list[Any]]:
        """Return times, and what they are compared with."""
        column, kind = nw.col(name), self._kinds[name]
        if kind == "number":
            number = self._finite(name)
            seconds = nw.when(number > MILLISECONDS).then(number / 1000.0).otherwise(number)
            return seconds, [moment.timestamp() for moment in moments]
        local = [moment.astimezone(self._zone).replace(tzinfo=None) for moment in moments]
        if kind == "text":
            return column.str.replace_all("T", " ", literal=True), [shortest_text(one) for one in local]
        if name in self._naive:
            return column, [nw.lit(one) for one in local]
        in_utc = column.dt.convert_time_zone("UTC")
        return in_utc, [nw.lit(moment.astimezone(timezone.utc)) for moment in moments]

    def _finite(self, name: str) -> Expression:
        column, kind = nw.col(name), self._kinds[name]
        if kind == "text":
            text = column.str.strip_chars()
            column = nw.when(text.str.contains(_NUMBER)).then(text)
        number = column.cast(nw.Float64) if kind != "time" else nw.lit(None, nw.Float64)
        return nw.when(number - number == 0.0).then(number)

    def _missing(self, name: str) -> Expression:
        column, kind = nw.col(name), self._kinds[name]
        if kind == "text":
            return column.is_null() | (column.fill_null("").str.strip_chars() == "")
        return self._finite(name).is_null() if kind == "number" else column.is_null()

    def _among(self, name: str, values: Collection[Scalar]) -> Expression:
        if self._kinds[name] == "text":
            written = [text for value in values for text in spellings(value)]
            return nw.col(name).fill_null("").str.strip_chars().is_in(written)
        numbers = [number for value in values for number in _numbers(value)]
        return self._finite(name).fill_null(nw.lit(float("inf"))).is_in(numbers)


def canonical_text(column: Expression) -> Expression:
    """Return a text without blanks round it, null where nothing is left, true and false as 1 and 0."""
    text = column.str.strip_chars()
    lower = text.str.to_lowercase()
    filled = nw.when(text != "").then(text)
    return (
        nw.when(lower == "true")
        .then(nw.lit("1"))
        .otherwise(nw.when(lower == "false").then(nw.lit("0")).otherwise(filled))
    )


def _reached(values: Expression, edges: Sequence[Any]) -> Expression:
    """Return how many edges are at most the value; null where there is none."""
    # Spark sums no booleans.
    reached = nw.lit(0)
    for edge in edges:
        reached = reached + (values >= edge).cast(nw.Int64)
    return nw.when(~values.is_null()).then(reached)


def _ordered(compared: Expression, operator: str, bound: Any) -> Expression:
    if operator in ("<", "<="):
        return compared < bound if operator == "<" else compared <= bound
    return compared > bound if operator == ">" else compared >= bound


def _negative_log(score: Expression, value: NegativeLog) -> Expression:
    probability = 1.0 - score if value.of_complement else score
    inside = nw.when((score >= 0.0) & (score <= 1.0)).then(probability)
    return -inside.clip(_EPSILON, 1.0 - _EPSILON).log()


def _listed(value: Scalar | Collection[Scalar] | None) -> list[Scalar]:
    if isinstance(value, Collection) and not isinstance(value, str):
        return list(value)
    return [] if value is None else [value]


def _numbers(value: Scalar) -> list[float]:
    try:
        return [float(canonical(value) or "")]
    except ValueError:
        return []
