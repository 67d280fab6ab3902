"""The table ``performance_data``: how it is created, filled and read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from ...core.errors import ConfigError, SourceError
from ...core.extras import extra
from ...tables.known_columns import missing
from ...tables.sql.sql_connection import SQLConnection, split_table
from .metric_rows import clause, stream

with extra("production"):
    import sqlalchemy
    from sqlalchemy import Column, Connection, DateTime, Double, Integer, MetaData, Table, Text, text
    from sqlalchemy.dialects.mysql import DATETIME
    from sqlalchemy.schema import CreateTable

# The time in UTC to less than a second: one model's rows of the same second are two.
_MYSQL: tuple[Any, str] = (DATETIME(fsp=6), "(UTC_TIMESTAMP(6))")
_MOMENTS: dict[str, tuple[Any, str]] = {
    "mysql": _MYSQL,
    "mariadb": _MYSQL,
    "sqlite": (Text(), "(strftime('%Y-%m-%d %H:%M:%f', 'now'))"),
}
_ELSEWHERE: tuple[Any, str] = (DateTime(timezone=True), "CURRENT_TIMESTAMP")


def add_row(url: str, table: str, model_name: str, metrics: Mapping[str, float | None]) -> None:
    """Insert one row, and create the table where there is none."""
    database = _connection(url)
    row: dict[str, object] = {"model_name": model_name}
    row |= {metric: _stored(metric, value) for metric, value in metrics.items()}
    try:
        with database.connect(create=True) as connection:
            _insert(connection, table, row)
    except SourceError:
        # The usual case asks for nothing but the insertion; a refusal is explained here.
        with database.connect(create=True) as connection:
            schema, short = split_table(table)
            if not sqlalchemy.inspect(connection).has_table(short, schema):
                _create(database, connection, table, list(metrics))
            known = list(database.columns(connection, table))
            for name in row:
                if name not in known:
                    raise ConfigError(missing(f"{table} has no column", name, known)) from None
            _insert(connection, table, row)


def all_rows(url: str, table: str) -> Iterator[dict[str, object]]:
    """Yield the rows in the order of ``id``, where there is one."""
    database = _connection(url)
    with database.connect() as connection:
        known = list(database.columns(connection, table))
        source, columns = clause(table, known)
        statement = sqlalchemy.select(*columns)
        if "id" in known:
            statement = statement.order_by(source.c["id"])
        for row in stream(connection, statement):
            yield dict(zip(known, row, strict=True))


@lru_cache(maxsize=8)
def _connection(url: str) -> SQLConnection:
    return SQLConnection(url)


def _stored(metric: str, value: float | None) -> float | None:
    """Return a number as every database keeps it: SQLite turns NaN into NULL, and MySQL refuses it."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ConfigError(f"{metric}: expected a number or None, got {type(value).__name__}") from None
    return number if math.isfinite(number) else None


def _insert(connection: Connection, table: str, row: Mapping[str, object]) -> None:
    target, columns = clause(table, list(row))
    # The names of the parameters are ours: a column's may hold signs that a driver's cannot.
    values = {column: sqlalchemy.literal(row[column.name]) for column in columns}
    connection.execute(sqlalchemy.insert(target).values(values))


def _create(database: SQLConnection, connection: Connection, table: str, metrics: Sequence[str]) -> None:
    kind, now = _MOMENTS.get(database.backend, _ELSEWHERE)
    schema, name = split_table(table)
    columns = [Column(sqlalchemy.quoted_name(metric, True), Double) for metric in metrics]
    created = Table(
        sqlalchemy.quoted_name(name, True),
        MetaData(),
        Column("id", Integer, primary_key=True),
        Column("time", kind, server_default=text(now)),
        Column("model_name", Text, nullable=False),
        *columns,
        schema=schema,
        mysql_charset="utf8mb4",
        mariadb_charset="utf8mb4",
    )
    connection.execute(CreateTable(created, if_not_exists=True))
