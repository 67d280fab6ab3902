"""The rows of a table of metrics, in the order of a cursor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ...core.extras import extra
from ...tables.sql.sql_connection import SQLConnection, split_table

with extra("production"):
    import sqlalchemy
    from sqlalchemy import Connection, Executable
    from sqlalchemy.sql.expression import ColumnElement, TableClause

# SQLite does not know the type of what a view computes.
_NUMBERS = (sqlalchemy.Numeric, sqlalchemy.Float, sqlalchemy.Integer, sqlalchemy.types.NullType)
_BUFFERED = 1_000  # rows of a result in memory


def numeric_columns(database: SQLConnection, connection: Connection, table: str) -> Mapping[str, bool]:
    """Return the names of the columns of a table or view, and whether each may hold numbers.

    Raises:
        SourceError: there is no such table; the error names the nearest.
    """
    types: Mapping[str, Any] = database.columns(connection, table)
    return {name: isinstance(type_, _NUMBERS) for name, type_ in types.items()}


def rows_after(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    cursor: str,
    low: object,
    *,
    where: str | None,
    most: int,
) -> Iterator[Sequence[object]]:
    """Yield rows in the order of a cursor.

    Args:
        connection: where to read.
        table: the table.
        columns: the columns of the rows.
        cursor: the column that grows.
        low: its first value; None for the last rows.
        where: a condition in SQL.
        most: the most rows.
    """
    source, selected = clause(table, columns)
    column = source.c[cursor]
    statement = sqlalchemy.select(*selected).where(column.is_not(None) if low is None else column >= low)
    if where is not None:
        statement = statement.where(sqlalchemy.text(f"({where})"))
    if low is None:
        yield from reversed(connection.execute(statement.order_by(column.desc()).limit(most)).all())
    else:
        yield from stream(connection, statement.order_by(column).limit(most))


def stream(connection: Connection, statement: Executable) -> Iterator[Sequence[object]]:
    """Yield the rows of a query, which the server keeps or sends as they are read."""
    yield from connection.execution_options(yield_per=_BUFFERED).execute(statement)


def clause(table: str, columns: Sequence[str]) -> tuple[TableClause, list[ColumnElement[object]]]:
    """Return a table and its columns for a statement; all names are quoted, values stay the driver's."""
    schema, name = split_table(table)
    found = sqlalchemy.table(
        sqlalchemy.quoted_name(name, True),
        *(sqlalchemy.column(sqlalchemy.quoted_name(column, True)) for column in columns),
        schema=schema,
    )
    return found, [found.c[column] for column in columns]
