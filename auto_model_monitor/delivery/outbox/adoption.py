"""Moves the alerts of a watch that an earlier version recorded under another key."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable


def adopt_watches(
    cursor: sqlite3.Cursor, watch: str, is_legacy: Callable[[str], bool], identity: str | None = None
) -> int:
    """Give everything of the watches whose keys ``is_legacy`` recognises to ``watch``.

    Of several watches, and of one that is there already, the latest run counts. Call it inside a transaction.

    Args:
        cursor: of the outbox.
        watch: the key from now on.
        is_legacy: recognises the keys of before.
        identity: the identity of the watched place from now on; None keeps that of before.

    Returns:
        The number of watches that were moved.
    """
    rows = cursor.execute("SELECT watch FROM runs ORDER BY since DESC").fetchall()
    legacy = [key for (key,) in rows if key != watch and is_legacy(key)]
    for key in legacy:
        for table in ("alerts", "deliveries"):
            cursor.execute(f"UPDATE {table} SET watch = ? WHERE watch = ?", (watch, key))
        for table in ("runs", "due_times"):
            cursor.execute(f"UPDATE OR IGNORE {table} SET watch = ? WHERE watch = ?", (watch, key))
            cursor.execute(f"DELETE FROM {table} WHERE watch = ?", (key,))
    if legacy and identity is not None:
        cursor.execute("UPDATE runs SET identity = ? WHERE watch = ?", (identity, watch))
    return len(legacy)
