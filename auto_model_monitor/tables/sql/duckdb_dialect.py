"""DuckDB's own expressions, and queries as it reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timezone, tzinfo
from typing import Any

from ...core.extras import extra
from ..table_values import DUPLICATES, Kind
from ..time_texts import EARLIEST, LATEST, in_utc
from .dialects import Expression, TimeExpression, epochs, zoned_times

with extra("production"):
    import sqlalchemy as sa
    from sqlalchemy.engine.default import DefaultDialect
    from sqlalchemy.sql.compiler import SQLCompiler


class DuckDBDialect:
    """Makes expressions that DuckDB understands, in a session whose time zone is ``zone``.

    Args:
        zone: the zone of times without one.
    """

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone

    def number(self, column: Expression, kind: Kind) -> Expression:
        """Return a column as floating point numbers; NULL where it is none."""
        if kind == "text":
            return sa.try_cast(column, sa.Double)
        return sa.cast(sa.null() if kind == "time" else column, sa.Double)

    def times(self, column: Expression, kind: Kind) -> TimeExpression:
        """Return a column as times: those of DuckDB, epochs, or text in ISO 8601."""
        if kind == "number":
            return epochs(sa.cast(column, sa.Double))
        if kind != "time":  # text without a zone is in that of the session
            column = sa.try_cast(column, sa.TIMESTAMP(timezone=True))
        return TimeExpression(
            compared=column, bound=_in_utc if zoned_times(column) else self._local, read=self._read
        )

    def quantiles(self, number: Expression, fractions: Sequence[float]) -> Expression | None:
        """Return exact quantiles as one aggregate."""
        return sa.func.quantile_cont(number, sa.literal_column(repr([float(one) for one in fractions])))

    def _local(self, moment: datetime) -> datetime:
        # To move two edges is a thousand times cheaper than to move each row.
        return moment.astimezone(self._zone).replace(tzinfo=None)

    def _read(self, value: datetime | str) -> datetime:
        if isinstance(value, str):  # what is beyond Python's calendar comes as text
            return EARLIEST if "BC" in value else LATEST
        return in_utc(value, self._zone)


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(timezone.utc)


class _Compiler(SQLCompiler):
    def visit_try_cast(self, cast: Any, **options: Any) -> str:
        """Write TRY_CAST, which yields NULL where a cast fails."""
        text: str = self.visit_cast(cast, **options)  # type: ignore[no-untyped-call]
        return f"TRY_{text}"


class _Dialect(DefaultDialect):
    statement_compiler = _Compiler


_DIALECT = _Dialect(paramstyle="qmark")


def compiled_query(query: sa.Select[Any]) -> tuple[str, list[Any]]:
    """Return a query as text with question marks, and what they stand for."""
    compiled = query.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    names: list[str] = getattr(compiled, "positiontup", None) or []
    return str(compiled), [compiled.params[name] for name in names]


def as_sql(expression: Expression) -> str:
    """Return an expression with its constants written into it; for none that a user gives."""
    return str(expression.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))


def column_of(name: str) -> Expression:
    """Return a column of any relation."""
    return sa.column(name)


def relation_of(name: str, columns: Iterable[str], zoned: Collection[str]) -> sa.FromClause:
    """Return a table or view of the session.

    Args:
        name: its name.
        columns: its columns.
        zoned: those of them that are times with a zone.
    """
    with_zone, without = sa.DateTime(timezone=True), sa.DateTime()
    return sa.table(
        name, *[sa.column(column, with_zone if column in zoned else without) for column in columns]
    )


def final_query(query: sa.Select[Any], columns: Iterable[str]) -> sa.Select[Any]:
    """Return some columns of a query, with the number of further rows of the same id if it has that."""
    rows = query.subquery()
    kept = [name for name in dict.fromkeys((*columns, DUPLICATES)) if name in rows.c]
    return sa.select(*[rows.c[name] for name in kept])
