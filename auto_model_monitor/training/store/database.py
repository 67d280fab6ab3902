"""The SQLite file of a store: one connection writes, one reads; every error is a StoreError."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from ..task_errors import StoreError
from .disk_space import DiskReserve, is_full
from .schema import upgrade

T = TypeVar("T")

_LOCK_TIMEOUT = 30.0  # seconds to wait for another program that has locked the file
_MAX_CHECKED = 64 << 20  # bytes; smaller files are checked when they are opened


class Database:
    """The store's file. A committed transaction is on the disk.

    A lock keeps commits and queries apart, because inside SQLite one would poll for the other.

    Attributes:
        failure: why the last transaction could not be written; empty if it was.

    Args:
        path: the file; created if it does not exist.

    Raises:
        StoreError: it cannot be opened, is damaged, is no store, or a newer version wrote it.
    """

    def __init__(self, path: Path) -> None:
        self.failure = ""
        self._path = path
        self._reserve = DiskReserve(path.with_name("reserve"))
        self._write_lock = Lock()  # held for a whole transaction
        self._commit_lock = Lock()  # held for a commit and for a query
        self._writer: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        try:
            with suppress(FileExistsError):
                os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            self._writer = self._connect_writer()
            self._reader = self._connect()
            self._reader.execute("PRAGMA query_only = ON")
        except (OSError, sqlite3.Error) as error:
            self.close()
            raise self._store_error("opened", error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Cursor]:
        """Commit the statements of the block, all or none.

        Raises:
            StoreError: they could not be written; nothing has changed.
        """
        with self._write_lock:
            try:
                cursor = self._open(self._writer).cursor()
                cursor.execute("BEGIN IMMEDIATE")
                try:
                    yield cursor
                    with self._commit_lock:
                        cursor.execute("COMMIT")
                    if self.failure:
                        self.failure = ""
                        self._reserve.fill()
                except BaseException:
                    with suppress(sqlite3.Error), self._commit_lock:
                        cursor.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                self.failure = str(error)
                raise self._store_error("written", error) from error

    def change(self, statements: Callable[[sqlite3.Cursor], T]) -> T:
        """Commit what must succeed on a full disk too, for which a reserve is kept.

        Raises:
            StoreError: it could not be written; nothing has changed.
        """
        try:
            with self.transaction() as cursor:
                return statements(cursor)
        except StoreError:
            if not (is_full(self._path.parent) or "full" in self.failure) or not self._reserve.release():
                raise
        with self.transaction() as cursor:
            return statements(cursor)

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query over the committed data.

        Raises:
            StoreError: the file could not be read.
        """
        with self._commit_lock:
            try:
                return self._open(self._reader).execute(sql, values).fetchall()
            except sqlite3.OperationalError as error:
                if "decode" not in str(error) or self._reader is None:
                    raise self._store_error("read", error) from error
                self._reader.text_factory = _decoded  # slower than the usual one
                return self._reader.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise self._store_error("read", error) from error

    def close(self) -> None:
        """Close the file."""
        with self._write_lock, self._commit_lock:
            for connection in (self._writer, self._reader):
                if connection is not None:
                    with suppress(sqlite3.Error):
                        connection.close()
            self._writer = self._reader = None

    def _connect(self) -> sqlite3.Connection:
        # Mode rw never creates a file.
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        return sqlite3.connect(
            address, uri=True, timeout=_LOCK_TIMEOUT, isolation_level=None, check_same_thread=False
        )

    def _connect_writer(self) -> sqlite3.Connection:
        """Return a connection that may write, after upgrading the tables."""
        connection = self._connect()
        try:
            # Not WAL: its index is mapped into memory, and the system kills a process whose mapped file is
            # truncated, as on a full or a network file system.
            connection.execute("PRAGMA journal_mode = TRUNCATE")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA cache_size = -16000")  # KiB; no batch spills before its commit
            connection.text_factory = _decoded
            self._check(connection)
            upgrade(connection)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        """Check a file for damage unless it is large; damage in a large one shows when it is read."""
        if self._path.stat().st_size <= _MAX_CHECKED:
            result = connection.execute("PRAGMA quick_check(1)").fetchone()
            if result != ("ok",):
                raise sqlite3.DatabaseError(" ".join(str(result and result[0]).split()))

    @staticmethod
    def _open(connection: sqlite3.Connection | None) -> sqlite3.Connection:
        if connection is None:
            raise sqlite3.ProgrammingError("the store has been closed")
        return connection

    def _store_error(self, action: str, error: Exception) -> StoreError:
        if type(error) is sqlite3.DatabaseError:
            return StoreError(
                f"the store {self._path} is damaged ({error}). Running trainings are not affected. Move the "
                f"file away (mv {self._path} {self._path}.damaged) and start with an empty store, or repair "
                f"it first: sqlite3 {self._path}.damaged .recover | sqlite3 {self._path}"
            )
        return StoreError(f"the store {self._path} cannot be {action}: {error}")


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "replace")
