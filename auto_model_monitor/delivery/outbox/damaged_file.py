"""Keeps a damaged outbox under another name."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import suppress
from pathlib import Path

logger = logging.getLogger(__name__)


def set_aside(path: Path, error: sqlite3.DatabaseError) -> None:
    """Rename a damaged outbox, so that an empty one can take its place."""
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(aside)
    with suppress(OSError):  # SQLite would apply the damaged file's journal to the new one
        path.with_name(f"{path.name}-journal").rename(f"{aside}-journal")
    text = (
        "the outbox %s is damaged (%s); it is kept as %s and replaced by an empty one: "
        "messages that were pending in it are not sent"
    )
    logger.error(text, path, error, aside.name)
