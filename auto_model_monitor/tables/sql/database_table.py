"""Tables of databases, by SQLAlchemy."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus
from zoneinfo import ZoneInfo

from ...core.errors import ConfigError, MissingExtraError, SourceError
from ...core.extras import extra
from ...core.near_names import nearest
from ...text.cleaning import for_header
from ..fills import fills_of
from ..known_columns import require_columns
from ..table_protocol import Labels, TableRows
from ..table_values import DUPLICATES, Kind, RowCondition
from .database_columns import column_kind, column_value, prepare
from .dialects import DatabaseDialect
from .row_selection import Relation, RowSelection, id_text
from .sql_rows import Run, SqlRows

with extra("production"):
    import sqlalchemy as sa
    from sqlalchemy import exc
    from sqlalchemy.pool import NullPool

_TIMEOUTS: dict[str, dict[str, int]] = {
    "pymysql": {"connect_timeout": 10, "read_timeout": 60},
    "psycopg": {"connect_timeout": 10},
    "psycopg2": {"connect_timeout": 10},
}
_BUFFERED = 1_000  # rows of a result in memory


class DatabaseTable:
    """Rows in a table or view of a database.

    Args:
        url: SQLAlchemy's, such as ``postgresql+psycopg://user:password@host/database``.
        table: the table's name, with its schema if that is not the default: ``schema.table``.
        zone: the time zone of times without one.

    Raises:
        ConfigError: it is no such URL.
        MissingExtraError: the database's driver is not installed.
    """

    def __init__(self, url: str, table: str, zone: str = "UTC") -> None:
        self._table = table
        self._zone = ZoneInfo(zone)
        try:
            self._url = sa.make_url(url)
            self._engine = _engine(self._url)
        except ModuleNotFoundError as error:
            text = f"this database needs its driver {error.name!r}: run  pip install {error.name}"
            raise MissingExtraError(text) from None
        except (exc.ArgumentError, ValueError, TypeError):
            # Neither is shown: what cannot be parsed may have its password anywhere.
            text = "expected a URL of SQLAlchemy, such as mysql+pymysql://user:password@host/database"
            raise ConfigError(text) from None
        prepare(self._engine)

    @property
    def name(self) -> str:
        """The table and the URL without password and settings."""
        return f"{self._table} in {self._url.set(query={}).render_as_string(hide_password=True)}"

    def fingerprint(self) -> Hashable | None:
        """Return None: only a query can tell."""
        return None

    def columns(self) -> Mapping[str, Kind]:
        """Return the columns of the table or view."""
        with self._connection() as connection:
            return {name: column_kind(column.type) for name, column in self._reflected(connection).items()}

    @contextmanager
    def open(
        self,
        columns: Sequence[str],
        where: Sequence[RowCondition] = (),
        *,
        id: str | None = None,
        time: str | None = None,
        labels: Labels | None = None,
        fill: Mapping[str, str | float] | None = None,
    ) -> Iterator[TableRows]:
        """Look at the rows; servers show all queries the same ones, SQLite does not block its writers."""
        answers = self._table_of(labels) if labels else None
        key = id or (labels.id if labels else None)
        with self._connection() as connection:
            run: Run = connection.execution_options(yield_per=_BUFFERED).execute
            dialect = DatabaseDialect(self._zone)
            selection = RowSelection(run, dialect)
            wanted = [*columns, *(one.column for one in where), *filter(None, (key, time))]
            relation = self.relation(connection, wanted, key, time)
            query, kinds = (
                selection.of(relation, columns, where),
                {name: relation.kinds[name] for name in columns},
            )
            if labels and answers:
                fields = [labels.id, labels.label, *filter(None, [labels.time])]
                given = answers.relation(connection, fields, labels.id, labels.time)
                query = selection.labelled(query, relation, given, labels.label)
                kinds[labels.label] = given.kinds[labels.label]
            if key is not None:
                kinds[DUPLICATES] = "number"
            rows = SqlRows(run, query.subquery(), kinds, dialect, selection.left_out)
            yield rows.filled(fills_of(rows, fill))

    def relation(
        self, connection: sa.Connection, columns: Sequence[str], id: str | None, time: str | None
    ) -> Relation:
        """Return columns of the table, in forms that all databases compare alike.

        Raises:
            SourceError: the table or a column is missing.
        """
        known = self._reflected(connection)
        require_columns(self.name, columns, known)
        chosen = {name: known[name] for name in columns}
        backend = self._url.get_backend_name()
        values = [column_value(column, backend).label(name) for name, column in chosen.items()]
        rows = sa.select(*values).subquery()
        kinds = {name: column_kind(column.type) for name, column in chosen.items()}
        key = id_text(rows.c[id], kinds[id]) if id is not None else None
        return Relation(rows=rows, kinds=kinds, key=key, time=time)

    def _table_of(self, labels: Labels) -> DatabaseTable:
        if isinstance(labels.table, DatabaseTable) and labels.table._url == self._url:
            return labels.table
        raise ConfigError(
            f"labels: expected a table of the same database as {self.name}, got {labels.table.name}: "
            "the labels must lie where the predictions lie"
        )

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        """Yield a connection in a transaction.

        Raises:
            SourceError: the database cannot be reached, is locked, or refuses a query.
        """
        file = self._url.database or ""
        is_file = self._url.get_backend_name() == "sqlite" and not file.startswith((":memory:", "file:"))
        if is_file and not Path(file).exists():
            raise SourceError(f"{self.name} cannot be read: there is no such file")
        try:
            with self._engine.connect() as connection:
                yield connection
        except (exc.SQLAlchemyError, RuntimeError) as error:  # some drivers raise the latter
            problem = SourceError(f"{self.name} cannot be read: {self._reason(error)}")
            raise problem from None

    def _reflected(self, connection: sa.Connection) -> dict[str, sa.ColumnElement[Any]]:
        schema, _, name = self._table.rpartition(".")
        inspector = sa.inspect(connection)
        try:
            found = inspector.get_columns(name, schema or None)
        except exc.NoSuchTableError:
            known = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
            near = nearest(name, known)
            meant = f"; did you mean {near!r}?" if near else ""
            raise SourceError(f"{self.name}: there is no such table{meant}") from None
        columns = [sa.column(str(column["name"]), column["type"]) for column in found]
        return dict(sa.table(name, *columns, schema=schema or None).c.items())

    def _reason(self, error: Exception) -> str:
        """Return what the driver reports, on one line, without the statement and the password."""
        cause = error.orig if isinstance(error, exc.DBAPIError) and error.orig else error
        text = f"{type(cause).__name__}: {cause}"
        password = self._url.password
        for secret in (str(password), quote(str(password), safe=""), quote_plus(str(password))):
            text = text.replace(secret, "***") if password else text
        return for_header(text, 300)


def _engine(url: sa.URL) -> sa.Engine:
    """Return an engine whose connections are new each time, so that a restarted server does no harm."""
    arguments = _TIMEOUTS.get(url.get_driver_name(), {})
    own = {name: value for name, value in arguments.items() if name not in url.query}
    engine = sa.create_engine(url, poolclass=NullPool, connect_args=own)
    # MySQL shows all queries of a transaction the same rows by default.
    is_postgresql = url.get_backend_name() == "postgresql"
    return engine.execution_options(isolation_level="REPEATABLE READ") if is_postgresql else engine
