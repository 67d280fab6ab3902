"""What a look needs of a table, loaded into a session of DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from .duckdb_files import BLANK, ID, RESERVED, FileRelation
from .duckdb_session import DuckDBSession, kind_of, quoted
from .known_columns import require_columns
from .row_files import RowFile, torn_lines
from .sql.duckdb_dialect import as_sql, column_of, relation_of
from .sql.row_selection import Relation, id_text
from .table_values import Kind

_ZONED = "TIMESTAMP WITH TIME ZONE"
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER")
_POSITION = "rowid"  # DuckDB's number of a row, in the order of files and lines


class Loading:
    """Loads the columns of one table.

    Args:
        session: where to.
        table: the table's name, for errors.
        files: its files; none of a frame.
        has_whole_ids: whether ids are compared as whole numbers, not as text.

    Attributes:
        unreadable: lines of the files that are no rows; those of CSV are counted by the session.
    """

    def __init__(
        self, session: DuckDBSession, table: str, files: Sequence[RowFile], has_whole_ids: bool
    ) -> None:
        self._session = session
        self._table = table
        self._files = files
        self._has_whole_ids = has_whole_ids
        self.unreadable = 0

    def load(
        self, relation: FileRelation, name: str, columns: Iterable[str], id: str | None, time: str | None
    ) -> Relation:
        """Load columns as a table or view of this name.

        Args:
            relation: where the rows are.
            name: the name.
            columns: the columns.
            id: the column by which rows are the same prediction.
            time: the column that says which of several is later.

        Raises:
            SourceError: a column is missing, or the files cannot be read.
        """
        wanted = list(dict.fromkeys(columns))
        if not relation.parts:  # no file yet
            empty = ", ".join(f"{quoted(column)} VARCHAR" for column in (*wanted, ID))
            self._session.execute(f"CREATE TEMP TABLE {name} ({empty})")
            return _relation(name, dict.fromkeys(wanted, "text"), (), id is not None, time)
        types = relation.types
        require_columns(self._table, wanted, [column for column in types if column not in RESERVED])
        known = kinds_of(relation)
        kinds = {column: known[column] for column in wanted}
        if time in kinds and types[time] == "VARCHAR":  # text that is no time is then missing, and counted
            kinds[time] = "time"
        loaded = {column: _loaded_type(types[column], kind) for column, kind in kinds.items()}
        selected = [
            f"TRY_CAST({quoted(column)} AS {type_}) AS {quoted(column)}" if type_ else quoted(column)
            for column, type_ in loaded.items()
        ]
        if id is not None:
            text = as_sql(id_text(column_of(id), known[id]))
            selected.append(f"{f'CAST({quoted(id)} AS BIGINT)' if self._has_whole_ids else text} AS {ID}")
        # A table is read once for all queries, and numbers its rows.
        self._create(relation, name, selected, id is not None or not relation.is_stored)
        zoned = [column for column, type_ in loaded.items() if type_ == _ZONED]
        return _relation(name, kinds, zoned, id is not None, time)

    def _create(self, relation: FileRelation, name: str, selected: list[str], is_table: bool) -> None:
        has_blanks = BLANK in relation.sql
        selected += [BLANK] if has_blanks else []
        torn = torn_lines(self._files)
        kind = "TABLE" if is_table else "VIEW"
        self._session.execute(
            f"CREATE TEMP {kind} {name} AS SELECT {', '.join(selected)} FROM {relation.sql}"
        )
        if has_blanks:
            deleted = self._session.execute(f"DELETE FROM {name} WHERE {BLANK}").fetchall()[0][0]
            # The last line of a file that is being written is read at the next look.
            self.unreadable = max(int(deleted) - max(torn, torn_lines(self._files)), 0)


def has_whole_numbers(relation: FileRelation, column: str) -> bool:
    """Return whether a column holds whole numbers alone, which are compared faster than their texts."""
    return relation.types.get(column) in _WHOLE


def kinds_of(relation: FileRelation) -> dict[str, Kind]:
    """Return what the columns of a relation hold."""
    kinds = {column: kind_of(type_) for column, type_ in relation.types.items() if column not in RESERVED}
    return kinds | dict(relation.known)


def runner(session: DuckDBSession, compiled: Callable[[Any], tuple[str, list[Any]]]) -> Callable[[Any], Any]:
    """Return what executes a query in a session."""
    return lambda query: session.rows(*compiled(query))


def _loaded_type(type_: str, kind: Kind) -> str:
    """Return the type that a column is loaded as; nothing for its own."""
    if kind == "time":
        return _ZONED if type_ in ("VARCHAR", _ZONED) else "TIMESTAMP"
    return "VARCHAR" if kind == "text" and type_ != "VARCHAR" else ""


def _relation(
    name: str, kinds: dict[str, Kind], zoned: Collection[str], has_id: bool, time: str | None
) -> Relation:
    rows = relation_of(name, [*kinds, *((ID, _POSITION) if has_id else ())], zoned)
    key, position = (rows.c[ID], _POSITION) if has_id else (None, None)
    return Relation(rows=rows, kinds=kinds, key=key, time=time, position=position)
