"""Files, pandas frames and PyArrow tables as tables, by DuckDB."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from ..core.errors import ConfigError
from .duckdb_files import FileRelation, file_relation, kinds_of_lines
from .duckdb_loading import Loading, has_whole_numbers, kinds_of, runner
from .duckdb_session import DuckDBSession, duckdb_session, quoted
from .fills import fills_of
from .json_sample import JsonSamples
from .row_files import RowFile, RowFiles
from .sql.dialects import zoned_times
from .sql.duckdb_dialect import DuckDBDialect, compiled_query, final_query, relation_of
from .sql.row_selection import Relation, RowSelection
from .sql.sql_rows import SqlRows
from .table_protocol import Labels, TableRows
from .table_values import DUPLICATES, Kind, RowCondition
from .utf8_files import UTF8Files


class DuckDBTable:
    """Rows in files, or in a table of pandas or PyArrow.

    Args:
        source: the files, or the frame.
        zone: the time zone of times without one.
        encoding: that of files of text; None recognises it.

    Raises:
        ConfigError: there is no such encoding.
    """

    def __init__(self, source: RowFiles | Any, zone: str = "UTC", encoding: str | None = None) -> None:
        self._source = source
        self._zone = zone
        self._texts = UTF8Files(encoding)
        self._samples = JsonSamples()
        self._known: tuple[Hashable, Mapping[str, Kind]] | None = None

    @property
    def name(self) -> str:
        """The path, or the kind of the frame."""
        return (
            self._source.place
            if isinstance(self._source, RowFiles)
            else f"the {type(self._source).__module__.partition('.')[0]} table"
        )

    def fingerprint(self) -> Hashable | None:
        """Return sizes and times of the files, the same of PyArrow's tables; None of pandas' frames."""
        if not isinstance(self._source, RowFiles):
            return self.name if type(self._source).__qualname__ == "Table" else None
        files = list(self._source.present())
        # Another change could still leave the times of a young file as they are.
        return tuple(file.fingerprint for file in files) if all(file.settled for file in files) else None

    def columns(self) -> Mapping[str, Kind]:
        """Return the columns of all files."""
        state = self.fingerprint()
        if state is None or self._known is None or self._known[0] != state:
            with self.files() as files:
                self._known = state, self._kinds(files)
        return self._known[1]

    @contextmanager
    def files(self) -> Iterator[list[RowFile]]:
        """Yield the files that are there now, in UTF-8; none of a frame."""
        with self._texts.readable(
            self._source.present() if isinstance(self._source, RowFiles) else []
        ) as files:
            yield files

    def _kinds(self, files: list[RowFile]) -> Mapping[str, Kind]:
        kinds = kinds_of_lines(self.name, files, self._samples) if files else None
        if kinds is not None:
            return kinds
        with duckdb_session(self.name, self._zone, [file.path for file in files]) as session:
            relation = self.relation(session, files, "predictions", ())
            return kinds_of(relation)

    def relation(
        self, session: DuckDBSession, files: list[RowFile], name: str, as_text: Sequence[str]
    ) -> FileRelation:
        """Return the rows as a relation of a session.

        Args:
            session: one that may read the files.
            files: from :meth:`files`.
            name: the rows' name in the session.
            as_text: columns whose values stay as they are written.
        """
        if isinstance(self._source, RowFiles):
            return file_relation(session, files, as_text, self._samples)
        is_pandas = type(self._source).__module__.startswith("pandas")
        session.register(f"{name}_frame", self._source.rename(columns=str) if is_pandas else self._source)
        found = FileRelation(parts=[quoted(f"{name}_frame")], is_stored=True)
        found.types = session.types(found.sql)
        return found

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
        """Look at the rows; those of CSV and JSON, and those with an id, are read once for all queries."""
        answers = _table_of(labels) if labels else None
        with ExitStack() as stack:
            files = stack.enter_context(self.files())
            label_files = stack.enter_context(answers.files()) if answers else []
            paths = [file.path for file in (*files, *label_files)]
            session = stack.enter_context(duckdb_session(self.name, self._zone, paths))
            key = id or (labels.id if labels else None)
            source = self.relation(session, files, "predictions", [key] if key else [])
            keyed = [has_whole_numbers(source, key)] if key else []
            if labels and answers:
                given = answers.relation(session, label_files, "labels", [labels.id])
                keyed.append(has_whole_numbers(given, labels.id))
            look = _Look(session, DuckDBDialect(ZoneInfo(self._zone)), columns, where)
            look.add_rows(Loading(session, self.name, files, all(keyed)), source, key, time)
            if labels and answers:
                look.add_labels(Loading(session, answers.name, label_files, all(keyed)), given, labels)
            rows = look.rows()
            yield rows.filled(fills_of(rows, fill))


class _Look:
    """The rows of one look, gathered in a session.

    Args:
        session: the session.
        dialect: DuckDB's.
        columns: the columns that will be asked for.
        where: what a row must fulfil.
    """

    def __init__(
        self,
        session: DuckDBSession,
        dialect: DuckDBDialect,
        columns: Sequence[str],
        where: Sequence[RowCondition],
    ) -> None:
        self._session = session
        self._dialect = dialect
        self._columns = list(columns)
        self._where = list(where)
        self._label: str | None = None
        self._run = runner(session, compiled_query)
        self._selection = RowSelection(self._run, dialect)
        self._unreadable = 0
        self._tables: list[str] = []
        self._numbers = itertools.count(1)

    def add_rows(self, loading: Loading, source: FileRelation, id: str | None, time: str | None) -> None:
        """Load the rows under the conditions, each id once."""
        wanted = [*self._columns, *(one.column for one in self._where), *filter(None, (id, time))]
        self._loaded = self._load(loading, source, "predictions", wanted, id, time)
        self._kinds = {name: self._loaded.kinds[name] for name in self._columns}
        self._query = self._selection.of(self._loaded, self._columns, self._where)

    def add_labels(self, loading: Loading, source: FileRelation, labels: Labels) -> None:
        """Join the latest label of each id."""
        wanted = [labels.id, labels.label, *filter(None, [labels.time])]
        given = self._load(loading, source, "labels", wanted, labels.id, labels.time)
        self._query = self._selection.labelled(self._query, given, labels.label)
        self._kinds[labels.label] = given.kinds[labels.label]
        self._label = labels.label
        if self._where:  # else the joined rows are counted, which is faster
            self._selection.count_unmatched(self._loaded)

    def rows(self) -> SqlRows:
        """Return the rows; those with an id as a table of their own, for all queries."""
        query, kinds = final_query(self._query, self._kinds), dict(self._kinds)
        relation: Any = query.subquery()
        hold = None
        if self._loaded.key is not None:
            relation = self._held(query)
            kinds[DUPLICATES] = "number"
            hold = self._held
        if self._label is not None and not self._where:
            self._selection.count_others(relation.c[self._label])
        left_out = {**self._selection.left_out, "unreadable": self._unreadable + self._session.rejected()}
        return SqlRows(self._run, relation, kinds, self._dialect, left_out, hold=hold)

    def _held(self, query: Any) -> Any:
        """Return the rows of a query as a table, in place of the tables that it reads."""
        text, values = compiled_query(query)
        name = f"look_{next(self._numbers)}"
        self._session.execute(f"CREATE TEMP TABLE {name} AS {text}", values)
        for former in self._tables:
            self._session.execute(f"DROP TABLE {former}")
        self._tables = [name]
        columns = query.subquery().c
        return relation_of(name, columns.keys(), [one.name for one in columns if zoned_times(one)])

    def _load(
        self,
        loading: Loading,
        source: FileRelation,
        name: str,
        columns: Sequence[str],
        id: str | None,
        time: str | None,
    ) -> Relation:
        relation = loading.load(source, name, columns, id, time)
        self._unreadable += loading.unreadable
        self._tables += [name] if id is not None else []
        return relation


def _table_of(labels: Labels) -> DuckDBTable:
    if isinstance(labels.table, DuckDBTable):
        return labels.table
    raise ConfigError(
        f"labels: expected files or a table of pandas or PyArrow, got {labels.table.name}: "
        "the labels must lie where the predictions lie"
    )
