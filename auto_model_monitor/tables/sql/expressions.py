"""Keys, values and conditions as expressions of SQL; what a user gives is bound, never written into it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
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
from .dialects import Expression, SqlDialect

with extra("production"):
    import sqlalchemy as sa

_EPSILON = 2.220446049250313e-16
_ORDERINGS: dict[str, Callable[[Any, Any], Expression]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class Expressions:
    """Makes expressions about the columns of one relation.

    Args:
        columns: the relation's columns.
        kinds: what they hold.
        dialect: the engine's.
        fills: the numbers that replace missing ones.
        held: the columns that keys are computed in already.
    """

    def __init__(
        self,
        columns: Mapping[str, Expression],
        kinds: Mapping[str, Kind],
        dialect: SqlDialect,
        fills: Mapping[str, float],
        held: Mapping[Key, Expression] | None = None,
    ) -> None:
        self._columns = columns
        self._kinds = kinds
        self._dialect = dialect
        self._fills = fills
        self._held = dict(held or {})

    def number(self, name: str) -> Expression:
        """Return a column as finite numbers, filled; NULL where there is none."""
        number = self._finite(name)
        return sa.func.coalesce(number, self._fills[name]) if name in self._fills else number

    def key(self, key: Key) -> Expression:
        """Return what rows are grouped by."""
        if key in self._held:
            return self._held[key]
        if isinstance(key, Windows):
            times = self._dialect.times(self._columns[key.column], self._kinds[key.column])
            return _index(times.compared, [times.bound(edge) for edge in key.edges], -1, is_open=True)
        if isinstance(key, Bins):
            return _index(self.number(key.column), key.edges, 0, is_open=False)
        column, kind = self._columns[key], self._kinds[key]
        if kind == "time":
            return sa.cast(column, sa.String)
        return canonical_text(column) if kind == "text" else column

    def value(self, value: Value) -> Expression:
        """Return what is summed."""
        if isinstance(value, str):
            return self.number(value)
        if isinstance(value, AbsoluteDifference):
            return sa.func.abs(self.number(value.one) - self.number(value.other))
        if isinstance(value, Holds):
            return sa.case((self.condition(value.condition), 1.0), else_=0.0)
        return _negative_log(self.number(value.column), value)

    def conditions(self, where: Sequence[RowCondition]) -> list[Expression]:
        """Return all conditions."""
        return [self.condition(one) for one in where]

    def condition(self, one: RowCondition) -> Expression:
        """Return a condition, false where it cannot be decided."""
        if one.operator in ("missing", "present"):
            missing = self._missing(one.column)
            return missing if one.operator == "missing" else sa.not_(missing)
        if isinstance(one.value, datetime):
            times = self._dialect.times(self._columns[one.column], self._kinds[one.column])
            return _ORDERINGS[one.operator](times.compared, times.bound(one.value))
        if one.operator in _ORDERINGS:
            return _ORDERINGS[one.operator](self.number(one.column), float(one.value))  # type: ignore[arg-type]
        values = _listed(one.value)
        if one.operator == "outside":
            low, high = (float(end) for end in values)  # type: ignore[arg-type]
            return sa.or_(self.number(one.column) < low, self.number(one.column) > high)
        is_among = self._among(one.column, values)
        if one.operator in ("==", "in"):
            return is_among
        return sa.and_(sa.not_(self._missing(one.column)), sa.not_(is_among))

    def _finite(self, name: str) -> Expression:
        number = self._dialect.number(self._columns[name], self._kinds[name])
        # NaN and infinities are the numbers whose difference from themselves is not 0, in every engine.
        return sa.case((number - number == 0.0, number))

    def _missing(self, name: str) -> Expression:
        column, kind = self._columns[name], self._kinds[name]
        if kind == "text":
            return sa.or_(column.is_(None), sa.func.trim(column) == "")
        return (self._finite(name) if kind == "number" else column).is_(None)

    def _among(self, name: str, values: Collection[Scalar]) -> Expression:
        column, kind = self._columns[name], self._kinds[name]
        if kind == "text":
            return sa.func.trim(column).in_([text for value in values for text in spellings(value)])
        return self._finite(name).in_([number for value in values for number in _numbers(value)])


def canonical_text(column: Expression) -> Expression:
    """Return a text without blanks round it, NULL where nothing is left, true and false as 1 and 0."""
    text = sa.func.trim(column)
    return sa.case(
        (sa.func.lower(text) == "true", "1"), (sa.func.lower(text) == "false", "0"), (text != "", text)
    )


def _index(compared: Expression, edges: Sequence[Any], first: int, *, is_open: bool) -> Expression:
    """Return how many edges are at most the value, plus ``first``; NULL below and above if it is open."""
    below: list[tuple[Any, Any]] = [(compared.is_(None), sa.null())]
    for number, edge in enumerate(edges):
        index = sa.null() if is_open and number == 0 else sa.literal_column(str(first + number))
        below.append((compared < edge, index))
    above = sa.null() if is_open else sa.literal_column(str(first + len(edges)))
    return sa.case(*below, else_=sa.cast(above, sa.Integer))


def _negative_log(score: Expression, value: NegativeLog) -> Expression:
    probability = 1.0 - score if value.of_complement else score
    return sa.case(
        (sa.or_(score < 0.0, score > 1.0), sa.null()),
        (probability < _EPSILON, -sa.func.ln(sa.literal(_EPSILON, sa.Double))),
        (probability > 1.0 - _EPSILON, -sa.func.ln(sa.literal(1.0 - _EPSILON, sa.Double))),
        else_=-sa.func.ln(probability),
    )


def _listed(value: Scalar | Collection[Scalar] | None) -> list[Scalar]:
    if isinstance(value, Collection) and not isinstance(value, str):
        return list(value)
    return [] if value is None else [value]


def _numbers(value: Scalar) -> list[float]:
    try:
        return [float(canonical(value) or "")]
    except ValueError:
        return []
