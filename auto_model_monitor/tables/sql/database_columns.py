"""The columns of databases, in forms that all of them compare alike."""

from __future__ import annotations

import math
from typing import Any

from ...core.extras import extra
from ..table_values import Kind
from .dialects import Expression

with extra("production"):
    import sqlalchemy as sa
    from sqlalchemy import event
    from sqlalchemy.dialects import mysql


def prepare(engine: sa.Engine) -> None:
    """Give SQLite the logarithm, which not every build of it has."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _add_logarithm)


def column_kind(type_: Any) -> Kind:
    """Return what a column of a type holds."""
    if isinstance(type_, (sa.DateTime, sa.Date)):
        return "time"
    if isinstance(type_, sa.Boolean):
        return "boolean"
    return "number" if isinstance(type_, (sa.Numeric, sa.Float, sa.Integer)) else "text"


def column_value(column: Expression, backend: str) -> Expression:
    """Return the values of a column.

    Args:
        column: of the table, with its type.
        backend: the kind of database.
    """
    kind = column_kind(column.type)
    if kind == "time":
        # SQLite holds times as text, in whatever form they were written.
        return sa.type_coerce(column, sa.String) if backend == "sqlite" else _as_time(column)
    if kind == "number" and backend == "sqlite":
        # A column of numbers may hold text, which SQLite would take for 0.
        is_number = sa.func.typeof(column).in_(["integer", "real"])
        return sa.type_coerce(sa.case((is_number, column)), sa.Double)
    if kind == "text":
        text = column if isinstance(column.type, sa.String) else sa.cast(column, sa.String)
        if backend in ("mysql", "mariadb"):
            # Its usual collations take f and F for the same.
            return sa.collate(sa.cast(text, mysql.CHAR(charset="utf8mb4")), "utf8mb4_bin")
        return sa.type_coerce(text, sa.String)
    return sa.type_coerce(column, sa.Double) if kind == "number" else column


def _as_time(column: Expression) -> Expression:
    return column if isinstance(column.type, sa.DateTime) else sa.cast(column, sa.DateTime)


def _add_logarithm(connection: Any, _record: object) -> None:
    connection.create_function("ln", 1, lambda number: math.log(number) if number else None)
