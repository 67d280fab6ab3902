"""The outbox on disk: pending deliveries survive the process and a power cut."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from threading import get_ident
from typing import Any

from ...core.alerts import Alert
from ...core.errors import OutboxError
from ...core.messages import Message
from ...core.private_files import make_private_directory
from ...runtime.fork_safety import fork_safe_lock
from ...text.cleaning import for_storage
from . import Delivery, DeliveryState
from .adoption import adopt_watches
from .damaged_file import set_aside
from .outbox_json import alert_from_json, alert_to_json, message_to_json
from .outbox_schema import check_version, is_outbox, upgrade
from .stored_deliveries import delivery_of

logger = logging.getLogger(__name__)

_SELECT = """
SELECT d.id, d.channel, a.message, d.added, d.due, d.attempts, d.state, d.error, d.settled
FROM deliveries AS d LEFT JOIN alerts AS a ON a.number = d.alert
"""


_ADD_ALERT = "INSERT INTO alerts (id, watch, rule, alert, message) VALUES (?, ?, ?, ?, ?)"
_ADD_DELIVERY = "INSERT INTO deliveries (alert, watch, channel, added, due) VALUES (?, ?, ?, ?, ?)"


class SQLiteOutbox:
    """One watch's part of a database file, which several watches and processes may share.

    Every change is one transaction that is on disk when the call returns. A file of an older version is
    upgraded in one transaction; one of a newer version is refused and left unchanged. A damaged file is
    renamed, never deleted.

    Args:
        path: the file; it is created when needed, readable by its owner alone.
        watch: the key of this watch in the file; None reads all watches.
        timeout: seconds to wait for another process that is writing.
        existing: True opens only an existing outbox: no file is created and a damaged one is not renamed.

    Raises:
        OutboxError: the file cannot be opened or created, or a newer version has written it.
    """

    outlives_the_process = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        watch: str | None = "",
        timeout: float = 5.0,
        *,
        existing: bool = False,
    ) -> None:
        self.path = Path(path)
        self._watch = watch
        self._timeout = timeout
        self._lock = fork_safe_lock()
        self._damaged: set[int] = set()  # deliveries that are logged already
        try:
            with self._lock:
                self._connection = self._connect(existing=True) if existing else self._open()
        except (OSError, sqlite3.Error) as error:
            raise OutboxError(f"the outbox {self.path} cannot be opened: {error}") from None

    def add(self, alert: Alert, message: Message, channels: Sequence[str], now: float) -> None:
        """Commit the alert and a pending delivery per channel."""
        self.add_look([alert], [(message, channels)], now)

    def add_look(
        self, alerts: Sequence[Alert], messages: Sequence[tuple[Message, Sequence[str]]], now: float
    ) -> None:
        """Commit them; the rows of the first alerts hold the messages, one each."""
        rows = []
        for alert, owed in zip_longest(alerts, messages):
            message, channels = owed or (None, ())
            texts = alert_to_json(alert), "" if message is None else message_to_json(message)
            rows.append((_values((alert.id, self._watch, alert.key, *texts)), channels))
        with self._transaction() as cursor:
            for record, channels in rows:
                number = cursor.execute(_ADD_ALERT, record).lastrowid
                for channel in channels:
                    cursor.execute(_ADD_DELIVERY, _values((number, self._watch, channel, now, now)))

    def first_owed(self, channel: str, after: int = 0) -> Delivery | None:
        """Return the oldest pending delivery of the channel."""
        where = "WHERE d.watch = ? AND d.channel = ? AND d.state = 'owed' AND d.id > ? ORDER BY d.id LIMIT 1"
        while found := self._read(where, (self._watch, channel, after)):
            if found[0].state is DeliveryState.OWED:
                return found[0]
            after = found[0].id
            self._log_damaged(found[0])
        return None

    def _log_damaged(self, delivery: Delivery) -> None:
        if delivery.id not in self._damaged:
            self._damaged.add(delivery.id)
            text = "%s: NOT delivered: delivery %d of %s is damaged: %s"
            logger.error(text, delivery.channel, delivery.id, self.path, delivery.error)

    def delivered(self, delivery: Delivery) -> None:
        """Commit that it was accepted."""
        self._update(delivery, "state = 'delivered', error = '', settled = ?", (delivery.settled,))

    def postponed(self, delivery: Delivery, error: str, due: float) -> None:
        """Commit why it failed and when the next attempt is due."""
        self._update(delivery, "attempts = attempts + 1, error = ?, due = ?", (error, due))

    def refused(self, delivery: Delivery, error: str) -> None:
        """Commit that it was permanently refused."""
        self._update(delivery, "state = 'refused', error = ?, settled = ?", (error, delivery.settled))

    def retry(self, delivery_id: int, now: float) -> bool:
        """Make a delivery pending again, due now; False if none has that number and was not delivered."""
        changes = "state = 'owed', due = ?, attempts = 0, settled = NULL"
        where = "id = ? AND state != 'delivered'"
        return self._change(f"UPDATE deliveries SET {changes} WHERE {where}", (now, delivery_id)) > 0

    def drop(self, delivery_id: int, now: float | None = None) -> bool:
        """Give up a pending, refused or damaged delivery; False if none has that number."""
        where = "id = ? AND state NOT IN ('delivered', 'dropped')"
        sql = f"UPDATE deliveries SET state = 'dropped', settled = ? WHERE {where}"
        return self._change(sql, (now, delivery_id)) > 0

    def deliveries(self, most: int = 1000) -> Sequence[Delivery]:
        """Return the last ``most`` deliveries and all that are pending, oldest first."""
        mine = "1" if self._watch is None else "d.watch = ?"
        values = () if self._watch is None else (self._watch,)
        last = f"d.state = 'owed' OR d.id > (SELECT max(id) FROM deliveries) - {int(most)}"
        return self._read(f"WHERE {mine} AND ({last}) ORDER BY d.id", values)

    def last_alert(self, rule: str) -> Alert | None:
        """Return the rule's last alert of this run."""
        sql = (
            "SELECT alert FROM alerts WHERE watch = ? AND rule = ? AND number > "
            "coalesce((SELECT since FROM runs WHERE runs.watch = alerts.watch), 0) "
            "ORDER BY number DESC LIMIT 100"
        )
        for (text,) in self._rows(sql, (self._watch, rule)):
            try:
                return alert_from_json(text)
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                logger.error("an alert of rule %s in %s is damaged: %s", rule, self.path, error)
        return None

    def identity(self) -> str | None:
        """Return the identity of the watched place when this run began."""
        rows = self._rows("SELECT identity FROM runs WHERE watch = ?", (self._watch,))
        return str(rows[0][0]) if rows else None

    def start_run(self, identity: str) -> None:
        """Commit that a new run begins after the present alerts."""
        since = "(SELECT coalesce(max(number), 0) FROM alerts)"
        sql = f"INSERT OR REPLACE INTO runs (watch, identity, since) VALUES (?, ?, {since})"
        self._change(sql, (self._watch, identity))

    def last_due(self) -> float | None:
        """Return the last due time of the schedule that was served."""
        rows = self._rows("SELECT due FROM due_times WHERE watch = ?", (self._watch,))
        return float(rows[0][0]) if rows else None

    def record_due(self, due: float) -> None:
        """Commit that the due time was served."""
        self._change("INSERT OR REPLACE INTO due_times (watch, due) VALUES (?, ?)", (self._watch, due))

    def adopt(self, is_legacy: Callable[[str], bool], identity: str | None = None) -> None:
        """Take over what an earlier version recorded of this watch under a key that ``is_legacy`` recognises.

        With an ``identity`` that is the one of the watched place from now on.

        Raises:
            OutboxError: the file cannot be read or written.
        """
        keys = self._rows("SELECT watch FROM runs", ())
        if any(key != self._watch and is_legacy(key) for (key,) in keys):
            with self._transaction() as cursor:
                adopt_watches(cursor, for_storage(self._watch or ""), is_legacy, identity)

    def close(self) -> None:
        """Close the file."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def _open(self) -> sqlite3.Connection:
        make_private_directory(self.path.parent)
        if not self.path.exists():  # an existing file is readable on a read-only disk
            self._create()
        elif not self.path.stat().st_size:  # it was complete when it appeared
            set_aside(self.path, sqlite3.DatabaseError("its length is 0"))
            self._create()
        try:
            return self._connect()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise  # busy, full or read-only: the file itself is not damaged
            set_aside(self.path, error)
            self._create()
            return self._connect()

    def _create(self) -> None:
        """Create the file with its tables, unless another process has created it.

        It appears under its name when it is complete: one of length 0 has lost its content.
        """
        new = self.path.with_name(f"{self.path.name}.new-{os.getpid()}-{get_ident()}")
        try:
            os.close(os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
            connection = self._opened(new)
            try:
                upgrade(connection)
            finally:
                connection.close()
            with suppress(FileExistsError):
                os.link(new, self.path)
        except (OSError, AttributeError):  # a file system without hard links
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        finally:
            for left in (new, new.with_name(f"{new.name}-journal")):
                with suppress(OSError):
                    left.unlink()

    def _opened(self, path: Path) -> sqlite3.Connection:
        # Mode rw: SQLite itself never creates the file, whose mode would be the umask's.
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=self._timeout,
            isolation_level=None,
            check_same_thread=False,
        )

    def _connect(self, *, existing: bool = False) -> sqlite3.Connection:
        connection = self._opened(self.path)
        try:
            if existing and not self.path.stat().st_size:
                raise sqlite3.DatabaseError("damaged: its length is 0; the next run replaces it")
            if existing and not is_outbox(connection):
                raise sqlite3.DatabaseError("expected an outbox, got another kind of file")
            check_version(connection)
            # Not WAL: its index is mapped into memory, and the system kills a process whose mapped file is
            # truncated, as on a full or a network file system. This process may be training a model.
            connection.execute("PRAGMA journal_mode = TRUNCATE")
            connection.execute("PRAGMA synchronous = FULL")
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != ("ok",):
                raise sqlite3.DatabaseError(str(verdict and verdict[0]))
            upgrade(connection)
        except (OutboxError, sqlite3.Error):
            connection.close()
            raise
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Cursor]:
        with self._lock:
            try:
                cursor = self._connection.cursor()
                cursor.execute("BEGIN IMMEDIATE")
                try:
                    yield cursor
                    cursor.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):
                        cursor.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise OutboxError(f"the outbox {self.path} cannot be written: {error}") from None

    def _update(self, delivery: Delivery, changes: str, values: tuple[object, ...]) -> None:
        self._change(f"UPDATE deliveries SET {changes} WHERE id = ?", (*values, delivery.id))

    def _change(self, sql: str, values: tuple[object, ...]) -> int:
        with self._transaction() as cursor:
            return cursor.execute(sql, _values(values)).rowcount

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[tuple[str]]:
        with self._lock:
            try:
                return self._connection.execute(sql, _values(values)).fetchall()
            except sqlite3.Error as error:
                raise OutboxError(f"the outbox {self.path} cannot be read: {error}") from None

    def _read(self, where: str, values: tuple[object, ...]) -> list[Delivery]:
        return [delivery_of(row) for row in self._rows(_SELECT + where, values)]


def _values(values: tuple[object, ...]) -> tuple[Any, ...]:
    return tuple(for_storage(value) if isinstance(value, str) else value for value in values)
