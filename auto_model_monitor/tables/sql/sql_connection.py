"""A database by its SQLAlchemy URL: its connections, its columns, and errors that hide its password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from ...core.errors import ConfigError, MissingExtraError, SourceError
from ...core.extras import extra
from ...core.secret import scrub
from ...text.cleaning import for_header
from ..known_columns import missing
from .database_columns import prepare

with extra("production"):
    import sqlalchemy as sa
    from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError
    from sqlalchemy.pool import NullPool

# Seconds, so that a server that hangs does not hang the monitor; a URL's own settings override them.
_TIMEOUTS = {
    "pymysql": {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60},
    "psycopg": {"connect_timeout": 10},
    "psycopg2": {"connect_timeout": 10},
}
_IN_MEMORY = ("", ":memory:")


class SQLConnection:
    """Connects to a database for each transaction, so that a restarted server and a fork do no harm.

    Attributes:
        url: the URL.
        shown: the URL without password and settings.
        backend: the kind of database, such as ``sqlite``.
        file: the file of SQLite, None of other databases and of one in memory.

    Args:
        url: SQLAlchemy's, such as ``postgresql+psycopg://user:password@host/database``.

    Raises:
        ConfigError: it is no such URL.
        MissingExtraError: the database's driver, or SQLAlchemy, is not installed.
    """

    def __init__(self, url: str) -> None:
        problem = ""
        try:
            self.url = sa.make_url(url)
            timeouts = _TIMEOUTS.get(self.url.get_driver_name(), {})
            arguments = {key: value for key, value in timeouts.items() if key not in self.url.query}
            self._engine = sa.create_engine(self.url, poolclass=NullPool, connect_args=arguments)
        except (ArgumentError, NoSuchModuleError, ValueError, TypeError):
            # Neither the URL nor the error is shown: what cannot be parsed may have its password anywhere.
            problem = "url: expected one of SQLAlchemy, such as mysql+pymysql://user:password@host/database"
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"this database needs its driver {error.name!r}: run  pip install {error.name}"
            ) from None
        if problem:
            raise ConfigError(problem)
        prepare(self._engine)
        self.shown = self.url.set(query={}).render_as_string(hide_password=True)
        self.backend = self.url.get_backend_name()
        file = self.url.database or ""
        is_file = self.backend == "sqlite" and file not in _IN_MEMORY and not file.startswith("file:")
        self.file = Path(file) if is_file else None

    @contextmanager
    def connect(self, *, create: bool = False, snapshot: bool = False) -> Iterator[sa.Connection]:
        """Yield a connection in a transaction, committed at the end.

        Args:
            create: create the file of SQLite where there is none.
            snapshot: show all queries the same rows. MySQL does so by default.

        Raises:
            SourceError: the database cannot be reached, is locked or full, or refuses a statement.
        """
        if self.file is not None and not create and not self.file.exists():
            raise SourceError(f"{self.shown}: there is no such file")
        options = {"isolation_level": "REPEATABLE READ"} if snapshot and self.backend == "postgresql" else {}
        try:
            with self._engine.execution_options(**options).begin() as connection:
                yield connection
        except (SQLAlchemyError, RuntimeError) as error:  # some drivers raise the latter
            problem = SourceError(f"{self.shown}: {self._reason(error)}")
            raise problem from None

    def columns(self, connection: sa.Connection, table: str) -> dict[str, Any]:
        """Return the names and the SQLAlchemy types of the columns of a table or view.

        Raises:
            SourceError: there is no such table; the error names the nearest.
        """
        inspector = sa.inspect(connection)
        schema, name = split_table(table)
        try:
            found = inspector.get_columns(name, schema)
        except NoSuchTableError:
            known = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
            raise SourceError(missing(f"{self.shown}: no table", name, known)) from None
        return {str(column["name"]): column["type"] for column in found}

    def _reason(self, error: Exception) -> str:
        """Return what the driver reports, on one line, without the statement and the password."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        password = self.url.password
        secrets = [] if password is None else [password, quote(password, safe=""), quote_plus(password)]
        return for_header(scrub(f"{type(cause).__name__}: {cause}", *secrets), 300)


def split_table(table: str) -> tuple[str | None, str]:
    """Return the schema and the name of ``schema.name``."""
    schema, _, name = table.rpartition(".")
    return schema or None, name
