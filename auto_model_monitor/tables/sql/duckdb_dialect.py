"""DuckDB's own expressions, and queries as it reads them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone, tzinfo
from typing import Any

from ...core.extras import extra
from ..table_values import DUPLICATES, Kind
from .dialects import Expression, TimeExpression, epochs, read_text

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
        return TimeExpression(
            # Times without a zone are in that of the session.
            compared=sa.try_cast(column, sa.TIMESTAMP(timezone=True)),
            bound=lambda moment: moment.astimezone(timezone.utc),
            read=self._read,
        )

    def _read(self, value: str | datetime | None) -> datetime | None:
        return read_text(str(value), self._zone) if value is not None else None


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


def relation_of(name: str, columns: Iterable[str]) -> sa.FromClause:
    """Return a table or view of the session."""
    return sa.table(name, *[sa.column(column) for column in columns])


def final_query(query: sa.Select[Any], columns: Iterable[str]) -> sa.Select[Any]:
    """Return some columns of a query, with the number of further rows of the same id if it has that."""
    rows = query.subquery()
    kept = [name for name in dict.fromkeys((*columns, DUPLICATES)) if name in rows.c]
    return sa.select(*[rows.c[name] for name in kept])
