"""One SQLite file: a connection that writes, one that reads, and one door for every error."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any

from ..task_errors import StoreError
from .schema import upgrade

_PATIENCE = 30.0  # seconds to wait for another program that looks into the file
_CHECKED = 64 << 20  # bytes up to which a file is gone through when it is opened


class Database:
    """The store's file. What a transaction has committed is on the disk.

    A reader never meets a writer inside SQLite, where one would poll for the other: a lock of ours keeps
    them apart for as long as a commit or a query takes.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        Raises:
            StoreError: it cannot be opened, is damaged, or is no store.
        """
        self._path = path
        self._writing = Lock()  # held for a whole transaction
        self._gate = Lock()  # held for a commit, and for a query
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        try:
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._writer = self._prepared()
            self._reader = self._connect()
            self._reader.execute("PRAGMA query_only = ON")
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise self._told("opened", error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Cursor]:
        """Commit what is done inside, all or nothing.

        Raises:
            StoreError: it could not be written; nothing is changed.
        """
        with self._writing:
            try:
                cursor = self._open(self._writer).cursor()
                cursor.execute("BEGIN IMMEDIATE")
                try:
                    yield cursor
                    with self._gate:
                        cursor.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error), self._gate:
                        cursor.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise self._told("written", error) from error

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query, of what has been committed.

        Raises:
            StoreError: it could not be read.
        """
        with self._gate:
            try:
                return self._open(self._reader).execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise self._told("read", error) from error

    def close(self) -> None:
        """Close the file."""
        with self._writing, self._gate:
            for connection in (self._writer, self._reader):
                if connection is not None:
                    with suppress(sqlite3.Error):
                        connection.close()
            self._writer = self._reader = None

    def _connect(self) -> sqlite3.Connection:
        # Mode rw: what does not exist is never made in passing.
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        return sqlite3.connect(
            address, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )

    def _prepared(self) -> sqlite3.Connection:
        """Return a connection that may write, to tables of this version."""
        connection = self._connect()
        try:
            # Not WAL: its index is mapped into memory, and a process whose mapped file is cut short, as by
            # a full or a network file system, is killed.
            connection.execute("PRAGMA journal_mode = TRUNCATE")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA cache_size = -16000")  # no batch is to be spilled before its end
            self._check(connection)
            upgrade(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        """Go through a file that is not too large for it; a larger one tells when it is read."""
        if self._path.stat().st_size <= _CHECKED:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != ("ok",):
                raise sqlite3.DatabaseError(" ".join(str(verdict and verdict[0]).split()))

    @staticmethod
    def _open(connection: sqlite3.Connection | None) -> sqlite3.Connection:
        if connection is None:
            raise sqlite3.ProgrammingError("the store has been closed")
        return connection

    def _told(self, wish: str, error: Exception) -> StoreError:
        if type(error) is sqlite3.DatabaseError:
            return StoreError(
                f"the store {self._path} is damaged ({error}). No training is touched by that: those that "
                f"run go on. Move the file away (mv {self._path} {self._path}.damaged) and start again with "
                f"an empty list, or mend it first: sqlite3 {self._path}.damaged .recover | "
                f"sqlite3 {self._path}"
            )
        return StoreError(f"the store {self._path} cannot be {wish}: {error}")
