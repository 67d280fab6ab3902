"""What differs between engines of SQL: how a text becomes a number and a value a time."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Protocol

from ...core.extras import extra
from ..table_values import Kind
from ..time_texts import MILLISECONDS, from_epoch, in_utc, read_text, shortest_text

with extra("production"):
    import sqlalchemy as sa

Expression = sa.ColumnElement[Any]

_NUMBER = r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeExpression:
    """A column of times, in a form that the engine compares.

    Attributes:
        compared: the expression.
        bound: returns what a time is compared as.
        read: returns the time of a value of the expression.
    """

    compared: Expression
    bound: Callable[[datetime], object]
    read: Callable[[Any], datetime | None]


class SqlDialect(Protocol):
    """Makes expressions that an engine understands."""

    @abstractmethod
    def number(self, column: Expression, kind: Kind) -> Expression:
        """Return a column as floating point numbers; NULL where it is none."""
        ...

    @abstractmethod
    def times(self, column: Expression, kind: Kind) -> TimeExpression:
        """Return a column as times."""
        ...

    @abstractmethod
    def quantiles(self, number: Expression, fractions: Sequence[float]) -> Expression | None:
        """Return a list of exact quantiles, interpolated linearly; None where the engine has no such thing.

        Args:
            number: of which numbers.
            fractions: from 0 to 1.
        """
        ...


class DatabaseDialect:
    """Databases: SQLite, MariaDB, MySQL, PostgreSQL and what else SQLAlchemy knows.

    Args:
        zone: the zone of times without one.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def number(self, column: Expression, kind: Kind) -> Expression:
        """Return a column as floating point numbers; NULL where it is none."""
        if kind == "boolean":
            return sa.case((column, 1.0), (sa.not_(column), 0.0))
        if kind == "text":
            return sa.case((column.regexp_match(_NUMBER), sa.cast(column, sa.Double)))
        return sa.cast(column if kind == "number" else sa.null(), sa.Double)

    def times(self, column: Expression, kind: Kind) -> TimeExpression:
        """Return a column as times: those of the database, epochs, or text in ISO 8601."""
        if kind == "number":
            return epochs(sa.cast(column, sa.Double))
        if kind == "time" and zoned_times(column):
            return TimeExpression(compared=column, bound=lambda moment: moment, read=self._aware)
        if kind == "time" and not isinstance(column.type, sa.String):
            return TimeExpression(compared=column, bound=self._local, read=self._aware)
        text = sa.func.replace(sa.type_coerce(column, sa.String), "T", " ", type_=sa.String)
        return TimeExpression(
            compared=text,
            bound=lambda moment: shortest_text(self._local(moment)),
            read=lambda value: read_text(value, self._zone),
        )

    def quantiles(self, number: Expression, fractions: Sequence[float]) -> Expression | None:
        """Return None: SQLite and MariaDB have no such aggregate."""
        return None

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone).replace(tzinfo=None)

    def _aware(self, moment: datetime) -> datetime:
        return in_utc(moment, self._zone)


def zoned_times(column: Expression) -> bool:
    """Return whether a column holds times with a zone."""
    return isinstance(column.type, sa.DateTime) and column.type.timezone


def epochs(number: Expression) -> TimeExpression:
    """Return seconds or milliseconds since 1970 as times."""
    seconds = sa.case((number > MILLISECONDS, number / 1000.0), else_=number)
    return TimeExpression(
        compared=seconds,
        bound=lambda moment: moment.timestamp(),
        read=from_epoch,
    )
