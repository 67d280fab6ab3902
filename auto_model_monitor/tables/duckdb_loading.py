"""What a look needs of a table, loaded into a session of DuckDB."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .duckdb_files import BLANK, FileRelation
from .duckdb_session import DuckDBSession, quoted
from .known_columns import require_columns
from .row_files import RowFile, torn_lines
from .sql.duckdb_dialect import relation_of
from .sql.row_selection import Relation
from .table_values import Kind

_POSITION = "rowid"  # DuckDB's number of a row, in the order of files and lines


class Loading:
    """Loads the columns of one table.

    Args:
        session: where to.
        table: the table's name, for errors.
        files: its files; none of a frame.

    Attributes:
        unreadable: lines of the files that are no rows; those of CSV are counted by the session.
    """

    def __init__(self, session: DuckDBSession, table: str, files: Sequence[RowFile]) -> None:
        self._session = session
        self._table = table
        self._files = files
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
            time: the column that tells which of several is later.

        Raises:
            SourceError: a column is missing, or the files cannot be read.
        """
        wanted = list(dict.fromkeys(columns))
        if not relation.parts:  # no file yet
            empty = ", ".join(f"{quoted(column)} VARCHAR" for column in wanted)
            self._session.execute(f"CREATE TEMP TABLE {name} ({empty})")
            return _relation(name, dict.fromkeys(wanted, "text"), id, time, True)
        known = kinds_of(self._session, relation)
        require_columns(self._table, wanted, known)
        kinds = {column: known[column] for column in wanted}
        # A table is read once for all queries, and numbers its rows.
        is_table = id is not None or not relation.is_stored
        self._create(relation, name, kinds, is_table)
        return _relation(name, kinds, id, time, is_table)

    def _create(self, relation: FileRelation, name: str, kinds: Mapping[str, Kind], is_table: bool) -> None:
        texts = (f"CAST({quoted(column)} AS VARCHAR) AS {quoted(column)}" for column in kinds)
        selected = [
            text if kind == "text" else quoted(column)
            for (column, kind), text in zip(kinds.items(), texts, strict=True)
        ]
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


def kinds_of(session: DuckDBSession, relation: FileRelation) -> dict[str, Kind]:
    """Return the columns of a relation, with what they hold."""
    kinds = session.kinds(relation.sql) | dict(relation.known)
    kinds.pop(BLANK, None)
    return kinds


def runner(session: DuckDBSession, compiled: Callable[[Any], tuple[str, list[Any]]]) -> Callable[[Any], Any]:
    """Return what executes a query in a session."""
    return lambda query: session.rows(*compiled(query))


def _relation(
    name: str, kinds: Mapping[str, Kind], id: str | None, time: str | None, is_table: bool
) -> Relation:
    position = _POSITION if is_table else None
    rows = relation_of(name, [*kinds, *([_POSITION] if is_table else [])])
    return Relation(rows=rows, kinds=kinds, id=id, time=time, position=position)
