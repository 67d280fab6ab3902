"""Tables of databases, by SQLAlchemy."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from ...core.errors import ConfigError
from ...core.extras import extra
from ..fills import fills_of
from ..known_columns import require_columns
from ..table_protocol import Labels, TableRows
from ..table_values import DUPLICATES, Kind, RowCondition
from .database_columns import column_kind, column_value
from .database_state import database_state
from .dialects import DatabaseDialect
from .row_selection import Relation, RowSelection, id_text
from .sql_connection import SQLConnection, split_table
from .sql_rows import Run, SqlRows

with extra("production"):
    import sqlalchemy as sa

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
        self._database = SQLConnection(url)

    @property
    def name(self) -> str:
        """The table and the URL without password and settings."""
        return f"{self._table} in {self._database.shown}"

    def fingerprint(self) -> Hashable | None:
        """Return what a cheap query finds; None of views, and of databases other than the usual four."""
        return database_state(self._database, self._table)

    def columns(self) -> Mapping[str, Kind]:
        """Return the columns of the table or view."""
        with self._database.connect() as connection:
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
        with self._database.connect(snapshot=True) as connection:
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
                query = selection.labelled(query, given, labels.label)
                selection.count_unmatched(relation)
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
        backend = self._database.backend
        values = [column_value(column, backend).label(name) for name, column in chosen.items()]
        rows = sa.select(*values).subquery()
        kinds = {name: column_kind(column.type) for name, column in chosen.items()}
        key = id_text(rows.c[id], kinds[id]) if id is not None else None
        return Relation(rows=rows, kinds=kinds, key=key, time=time)

    def _table_of(self, labels: Labels) -> DatabaseTable:
        if isinstance(labels.table, DatabaseTable) and labels.table._database.url == self._database.url:
            return labels.table
        raise ConfigError(
            f"labels: expected a table of the same database as {self.name}, got {labels.table.name}: "
            "the labels must lie where the predictions lie"
        )

    def _reflected(self, connection: sa.Connection) -> dict[str, sa.ColumnElement[Any]]:
        schema, name = split_table(self._table)
        types = self._database.columns(connection, self._table)
        columns = [sa.column(column, type_) for column, type_ in types.items()]
        return dict(sa.table(name, *columns, schema=schema).c.items())
