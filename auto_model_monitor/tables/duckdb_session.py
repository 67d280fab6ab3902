"""A connection to DuckDB for one look: it sees the given files alone, and leaves nothing behind."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..core.errors import SourceError
from ..core.extras import extra
from .scratch_folder import scratch_folder
from .table_values import Kind

with extra("production"):
    import duckdb

MEMORY_LIMIT = "512MB"
THREADS = 2

_NUMBERS = ("INT", "DOUBLE", "FLOAT", "DECIMAL")


class DuckDBSession:
    """Reads files and frames.

    Args:
        connection: to DuckDB.
        name: the table's name, for errors.

    Attributes:
        name: the table's name.
        reads_csv: whether a file of CSV was read.
    """

    def __init__(self, connection: Any, name: str) -> None:
        self._connection = connection
        self.name = name
        self.reads_csv = False

    def execute(self, query: str, values: Sequence[object] = ()) -> Any:
        """Execute a query.

        Raises:
            SourceError: it fails, as when a file is replaced while it is read.
        """
        try:
            return self._connection.execute(query, list(values))
        except duckdb.Error as error:
            reason = str(error).strip().partition("\n")[0]
            raise SourceError(f"{self.name} cannot be read: {reason}") from None

    def rows(self, query: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query."""
        result = self.execute(query, values)
        while chunk := result.fetchmany(10_000):
            yield from chunk

    def types(self, relation: str) -> dict[str, str]:
        """Return the columns of a relation, given as SQL, with DuckDB's types."""
        described = self.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        return {str(name): str(type_) for name, type_, *_ in described}

    def register(self, name: str, frame: object) -> None:
        """Make a frame a view."""
        try:
            self._connection.register(name, frame)
        except (duckdb.Error, ValueError, TypeError) as error:
            raise SourceError(f"{self.name} cannot be read: {error}") from None

    def rejected(self) -> int:
        """Count the lines of CSV that did not fit, in all files read so far."""
        if not self.reads_csv:  # to look for a table that is not there takes longer than most queries
            return 0
        query = "SELECT count(*) FROM (SELECT DISTINCT scan_id, file_id, line FROM reject_errors)"
        try:
            return int(self._connection.execute(query).fetchone()[0])
        except duckdb.CatalogException:  # none was read to its end
            return 0


@contextmanager
def duckdb_session(name: str, zone: str, paths: Sequence[str] = ()) -> Iterator[DuckDBSession]:
    """Open a session that reads the given files alone, and close it with what it wrote to the disk.

    Args:
        name: the table's name, for errors.
        zone: the time zone of times without one.
        paths: the files.
    """
    with scratch_folder() as folder:
        connection = duckdb.connect(
            ":memory:",
            config={
                "memory_limit": MEMORY_LIMIT,
                "threads": THREADS,
                "temp_directory": folder,
                # Nothing is downloaded: CSV, JSON, Parquet and time zones are built in.
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            },
        )
        try:
            session = DuckDBSession(connection, name)
            session.execute(f"SET TimeZone = {literal(zone)}")
            allowed = ", ".join(f"{literal(path)}, {file_literal(path)}" for path in paths)
            session.execute(f"SET allowed_paths = [{allowed}]")
            session.execute("SET enable_external_access = false")
            session.execute("SET lock_configuration = true")
            yield session
        finally:
            connection.close()


def quoted(name: str) -> str:
    """Return an identifier that no name breaks out of."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text constant."""
    return "'" + text.replace("'", "''") + "'"


def file_literal(path: str) -> str:
    """Return the name of one file, which is no pattern whatever characters it has."""
    return literal(glob.escape(path))


def kind_of(type_: str) -> Kind:
    """Return what a column of a DuckDB type holds."""
    if type_.startswith(("TIMESTAMP", "DATE")):
        return "time"
    if type_ == "BOOLEAN":
        return "boolean"
    is_number = "(" not in type_.partition("DECIMAL(")[0] and "[" not in type_
    return "number" if is_number and any(word in type_ for word in _NUMBERS) else "text"
