"""What stays equal while no row of a database's table changes, without reading the rows."""

from __future__ import annotations

import time
from collections.abc import Hashable
from pathlib import Path

from ...core.extras import extra
from ...core.file_times import is_settled
from .sql_connection import SQLConnection, split_table

with extra("production"):
    import sqlalchemy as sa

_ORDINARY = "r"


def database_state(database: SQLConnection, table: str) -> Hashable | None:
    """Return what changes with each row that is inserted, updated or deleted; None where a look is needed.

    Each commit changes the file of SQLite. PostgreSQL gives each version of a row the number of its
    transaction, greater than those before: their count and sum are never the same again. MySQL and MariaDB
    sum 32 bits of each row: one change in four billion is missed until the next. Views of servers, and other
    databases, have nothing of the kind.

    Args:
        database: the database.
        table: the table, as ``name`` or ``schema.name``.

    Raises:
        SourceError: the database cannot be reached.
    """
    if database.backend == "sqlite":
        return None if database.file is None else _of_sqlite(database.file)
    if database.backend not in ("postgresql", "mysql", "mariadb"):
        return None
    with database.connect() as connection:
        schema, name = split_table(table)
        written = connection.dialect.identifier_preparer.format_table(sa.table(name, schema=schema))
        if database.backend != "postgresql":
            return connection.exec_driver_sql(f"CHECKSUM TABLE {written}").scalars("Checksum").first()
        known = sa.text(
            "SELECT relkind, oid, CAST(xmin AS text) FROM pg_class WHERE oid = to_regclass(:name)"
        )
        found = connection.execute(known, {"name": written}).first()
        if found is None or found[0] != _ORDINARY:
            return None
        number = sa.cast(sa.cast(sa.column("xmin"), sa.Text), sa.BigInteger)
        rows = sa.select(sa.func.count(), sa.func.sum(number)).select_from(sa.table(name, schema=schema))
        return tuple(found), tuple(connection.execute(rows).one())


def _of_sqlite(path: Path) -> Hashable | None:
    """Return sizes and times of the file and of its write-ahead log, one of which each commit writes.

    Neither is opened: to close it would release the locks that SQLite holds on it elsewhere in this process.
    """
    states: list[tuple[int, int, int] | None] = []
    wall = time.time()
    for name in (path, path.with_name(f"{path.name}-wal")):
        try:
            found = name.stat()
        except OSError:
            states.append(None)
        else:
            if not is_settled(found, wall):
                return None  # another commit could still leave the times as they are
            states.append((found.st_size, found.st_mtime_ns, found.st_ino))
    return None if states[0] is None else tuple(states)
