"""The tables of the store, and the upgrade of older files."""

from __future__ import annotations

import sqlite3

# Times are microseconds since 1970 UTC. An entry's key combines its task's number and its own: see `key_of`.
_FIRST = """
CREATE TABLE tasks (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, trainer TEXT NOT NULL,
    model TEXT NOT NULL, device TEXT NOT NULL, priority INTEGER NOT NULL, request TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending', reason TEXT NOT NULL, exit_code INTEGER, cancel TEXT,
    attempt INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, updated INTEGER NOT NULL,
    started INTEGER, finished INTEGER, progress INTEGER NOT NULL DEFAULT 0,
    current_epoch INTEGER NOT NULL DEFAULT 0, total_epochs INTEGER NOT NULL, stage TEXT,
    latest TEXT NOT NULL DEFAULT '{}', last_seq INTEGER NOT NULL DEFAULT 0,
    first_seq INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX tasks_by_state ON tasks (state, number, device, model, trainer);
CREATE INDEX tasks_by_device ON tasks (device, number, state, model, trainer);
CREATE INDEX queue ON tasks (device, priority DESC, number) WHERE state = 'pending';
CREATE TABLE follows (
    task INTEGER PRIMARY KEY, place INTEGER NOT NULL DEFAULT 0, identity TEXT,
    reader TEXT NOT NULL DEFAULT '{}', course TEXT NOT NULL DEFAULT '{}',
    kept_bytes INTEGER NOT NULL DEFAULT 0, kept_metrics INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE transitions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, task INTEGER NOT NULL, state TEXT NOT NULL,
    time INTEGER NOT NULL, reason TEXT NOT NULL
);
CREATE INDEX transitions_of_a_task ON transitions (task, number);
CREATE TABLE entries (key INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE metrics (
    task INTEGER NOT NULL, seq INTEGER NOT NULL, metric TEXT NOT NULL, time INTEGER NOT NULL,
    epoch INTEGER, value, PRIMARY KEY (task, seq, metric)
) WITHOUT ROWID;
CREATE INDEX metrics_by_name ON metrics (task, metric, seq);
CREATE TABLE doomed (number INTEGER PRIMARY KEY, id TEXT NOT NULL)
"""
# The statements that lead from each version of the schema to the next; run once, in one transaction.
_STEPS = (tuple(_FIRST.split(";")),)
VERSION = len(_STEPS)
_SEQ_BITS = 36
MOST_TASKS = 2**26
"""The largest number of a task, for which :func:`key_of` fits an SQLite integer."""


def key_of(number: int, seq: int) -> int:
    """Return an entry's key, which sorts by task and then by the entry's number."""
    number = min(max(number, 0), 2 * MOST_TASKS - 1)  # of a damaged row
    return number << _SEQ_BITS | min(max(seq, 0), (1 << _SEQ_BITS) - 1)


def seq_of(key: int) -> int:
    """Return an entry's number in its task."""
    return key & (1 << _SEQ_BITS) - 1


def upgrade(connection: sqlite3.Connection) -> None:
    """Upgrade the tables to this version.

    Raises:
        sqlite3.NotSupportedError: a later version of this package wrote them.
    """
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return
    if version > VERSION:
        raise sqlite3.NotSupportedError(
            f"expected a schema version up to {VERSION}, got {version}: install the newer auto-model-monitor "
            "that wrote it"
        )
    connection.execute("BEGIN IMMEDIATE")
    for statement in (one for step in _STEPS[version:] for one in step):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")
