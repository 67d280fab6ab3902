"""A database by its SQLAlchemy URL: its connections, its columns, and errors that hide its password."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

from ...core.errors import ConfigError, MissingExtraError, SourceError
from ...core.extras import extra
from ...core.near_names import nearest
from ...notifiers.secret import scrub
from ...text.cleaning import for_header, for_name

with extra("production"):
    import sqlalchemy
    from sqlalchemy import Connection, Executable
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError, NoSuchTableError, SQLAlchemyError
    from sqlalchemy.pool import NullPool
    from sqlalchemy.sql.expression import ColumnElement, TableClause

# Seconds, so that a server that hangs does not hang the monitor; a URL's own settings override them.
_TIMEOUTS = {
    "pymysql": {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60},
    "psycopg": {"connect_timeout": 10},
    "psycopg2": {"connect_timeout": 10},
}
# SQLite does not know the type of what a view computes.
_NUMBERS = (sqlalchemy.Numeric, sqlalchemy.Float, sqlalchemy.Integer, sqlalchemy.types.NullType)
_BUFFERED = 1_000  # rows of a result in memory


class SQLConnection:
    """Connects to a database for each transaction, so that a restarted server and a fork do no harm.

    Attributes:
        shown: the URL without password and settings.

    Args:
        url: SQLAlchemy's, such as ``postgresql+psycopg://user:password@host/database``.

    Raises:
        ConfigError: it is no such URL.
        MissingExtraError: the database's driver, or SQLAlchemy, is not installed.
    """

    def __init__(self, url: str) -> None:
        problem = ""
        try:
            self._url = sqlalchemy.make_url(url)
            timeouts = _TIMEOUTS.get(self._url.get_driver_name(), {})
            arguments = {key: value for key, value in timeouts.items() if key not in self._url.query}
            self._engine = sqlalchemy.create_engine(self._url, poolclass=NullPool, connect_args=arguments)
        except (ArgumentError, NoSuchModuleError, ValueError, TypeError):
            # Neither the URL nor the error is shown: what cannot be parsed may have its password anywhere.
            problem = "url: expected one of SQLAlchemy, such as mysql+pymysql://user:password@host/database"
        except ModuleNotFoundError as error:
            raise MissingExtraError(
                f"this database needs its driver {error.name!r}: run  pip install {error.name}"
            ) from None
        if problem:
            raise ConfigError(problem)
        self.shown = self._url.set(query={}).render_as_string(hide_password=True)

    @property
    def backend(self) -> str:
        """The kind of database, such as ``sqlite``."""
        return self._url.get_backend_name()

    @contextmanager
    def connect(self, *, create: bool = False) -> Iterator[Connection]:
        """Yield a connection in a transaction, committed at the end.

        Args:
            create: create the file of SQLite where there is none.

        Raises:
            SourceError: the database cannot be reached, is locked or full, or refuses a statement.
        """
        file = self._url.database or ""
        is_file = self.backend == "sqlite" and file not in ("", ":memory:") and not file.startswith("file:")
        if is_file and not create and not Path(file).exists():
            raise SourceError(f"{self.shown}: there is no such file")
        try:
            with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, RuntimeError) as error:  # some drivers raise the latter
            problem = SourceError(f"{self.shown}: {self._reason(error)}")
            raise problem from None

    def columns(self, connection: Connection, table: str) -> dict[str, bool]:
        """Return the names of the columns of a table or view, and whether each may hold numbers.

        Raises:
            SourceError: there is no such table; the error names the nearest.
        """
        inspector = sqlalchemy.inspect(connection)
        schema, name = split_table(table)
        try:
            found = inspector.get_columns(name, schema)
        except NoSuchTableError:
            known = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
            raise SourceError(missing(f"{self.shown}: no table", name, known)) from None
        return {str(column["name"]): isinstance(column["type"], _NUMBERS) for column in found}

    def rows_after(
        self,
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
            yield from self.stream(connection, statement.order_by(column).limit(most))

    def stream(self, connection: Connection, statement: Executable) -> Iterator[Sequence[object]]:
        """Yield the rows of a query, which the server keeps or sends as they are read."""
        yield from connection.execution_options(yield_per=_BUFFERED).execute(statement)

    def _reason(self, error: Exception) -> str:
        """Return what the driver reports, on one line, without the statement and the password."""
        cause = error.orig if isinstance(error, sqlalchemy.exc.DBAPIError) and error.orig else error
        password = self._url.password
        secrets = [] if password is None else [password, quote(password, safe=""), quote_plus(password)]
        return for_header(scrub(f"{type(cause).__name__}: {cause}", *secrets), 300)


def clause(table: str, columns: Sequence[str]) -> tuple[TableClause, list[ColumnElement[object]]]:
    """Return a table and its columns for a statement; all names are quoted, values stay the driver's."""
    schema, name = split_table(table)
    found = sqlalchemy.table(
        sqlalchemy.quoted_name(name, True),
        *(sqlalchemy.column(sqlalchemy.quoted_name(column, True)) for column in columns),
        schema=schema,
    )
    return found, [found.c[column] for column in columns]


def split_table(table: str) -> tuple[str | None, str]:
    """Return the schema and the name of ``schema.name``."""
    schema, _, name = table.rpartition(".")
    return schema or None, name


def missing(what: str, asked: str, known: Sequence[str]) -> str:
    """Return an error's text about a name that is not there, with the nearest one and all that are."""
    near = nearest(asked, known)
    meant = f", perhaps {near!r}" if near else ""
    there = ", ".join(for_name(name) for name in sorted(known)[:20]) or "none"
    return f"{what} {for_name(asked)!r}{meant}; there are: {there}"
