"""Which watches an outbox still owes deliveries to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path


def pending_watches(path: Path, prefix: str) -> list[str]:
    """Return the keys that begin with ``prefix`` and have pending deliveries, the oldest first.

    Args:
        path: the outbox; one that is not there or cannot be read owes nothing.
        prefix: the beginning of the keys.
    """
    query = "SELECT watch FROM deliveries WHERE state = 'owed' GROUP BY watch ORDER BY min(id)"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            keys = [str(key) for (key,) in connection.execute(query)]
    except sqlite3.Error:
        return []
    return [key for key in keys if key.startswith(prefix)]
