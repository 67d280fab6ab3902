"""The tables of the outbox, their version, and the upgrade from older versions."""

from __future__ import annotations

import sqlite3

from ...core.errors import OutboxError

_TABLES = """
CREATE TABLE IF NOT EXISTS runs (
    watch TEXT PRIMARY KEY, identity TEXT NOT NULL, since INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS alerts (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, watch TEXT NOT NULL,
    rule TEXT NOT NULL, alert TEXT NOT NULL, message TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS alerts_of_a_rule ON alerts (watch, rule, number);
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, alert INTEGER NOT NULL REFERENCES alerts (number),
    watch TEXT NOT NULL, channel TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'owed',
    added REAL NOT NULL, due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS owed ON deliveries (watch, channel, id) WHERE state = 'owed'
"""
_SETTLED = "ALTER TABLE deliveries ADD COLUMN settled REAL"
_DUE_TIMES = "CREATE TABLE due_times (watch TEXT PRIMARY KEY, due REAL NOT NULL)"
# The statements that lead from each version to the next, beginning with an empty file (version 0).
_UPGRADES = (tuple(_TABLES.split(";")), (_SETTLED,), (_DUE_TIMES,))

SCHEMA_VERSION = len(_UPGRADES)
"""The version that this release writes, stored as ``PRAGMA user_version``."""


def check_version(connection: sqlite3.Connection) -> int:
    """Return the file's version.

    Raises:
        OutboxError: it is newer than this release.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if not 0 <= version <= SCHEMA_VERSION:
        raise OutboxError(
            f"expected schema version {SCHEMA_VERSION} or older, got {version}: a newer release wrote the "
            "file; upgrade with 'pip install -U auto-model-monitor' or choose another log_dir"
        )
    return version


def upgrade(connection: sqlite3.Connection) -> None:
    """Upgrade the tables to ``SCHEMA_VERSION`` in one transaction; the caller closes on failure."""
    if check_version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    version = check_version(connection)  # another process may have upgraded it meanwhile
    for statement in (one for step in _UPGRADES[version:] for one in step):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def is_outbox(connection: sqlite3.Connection) -> bool:
    """Return whether the database holds the tables of an outbox."""
    table = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'deliveries'").fetchone()
    return table is not None
