"""The log that one training writes, read piece by piece."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from ..core.errors import SourceError
from ..log_parser import LogEntry, LogPattern, LogReader
from ..log_parser.bulk_reader import BulkReader
from ..sources.tail.line_follower import LineFollower
from ..sources.tail.lines import MARK, LineBlock

logger = logging.getLogger(__name__)

CHUNK = 256 << 10  # bytes that are read at once, so that no training keeps the others waiting
FLOOD = 32 << 20  # bytes behind which lines without a metric are no longer kept one by one
FLOOD_CHUNK = 2 << 20  # bytes that are read at once then: they are gone through more quickly
_LONGEST = 16 << 10  # bytes of a line, and characters of a message
_HUGE = 10**30  # what is no count of anything; a number of a thousand digits has no place in a database


class Batch(NamedTuple):
    """What was read at once.

    Attributes:
        entries: in their order.
        follow: where the log was after them, as the store keeps it.
        more: there is more to be read at once.
    """

    entries: Sequence[LogEntry]
    follow: dict[str, Any]
    more: bool


class TaskLog:
    """Reads one log on from where it was, and returns the same until it has been committed.

    Attributes:
        path: the file.

    Args:
        path: the file; it need not exist yet.
        follow: where it was, as the store knows it.
        patterns: formats of lines beyond those that are known.
    """

    def __init__(self, path: Path, follow: dict[str, Any], patterns: Sequence[LogPattern | str] = ()) -> None:
        """Take what is known; nothing is read yet."""
        self.path = path
        self._batch: Batch | None = None
        self._reader = LogReader(patterns)
        self._reader.resume(json.loads(follow["reader"]))
        self._whole = BulkReader(self._reader)
        self._follower = LineFollower(
            path, offset=follow["place"], identity=follow["identity"] or "", max_line=_LONGEST
        )

    def read(self, now: datetime, *, at_end: bool = False) -> Batch:
        """Read on; what was read before and has not been committed is returned again.

        Args:
            now: in UTC; a line cannot have been written later.
            at_end: nobody writes any more, so that a last line without an end is one too.
        """
        if self._batch is None:
            before, behind, now = self._follower.offset, *self._ahead(now)
            text = LineBlock(b"")
            with suppress(SourceError):
                text = self._follower.text(FLOOD_CHUNK if behind > FLOOD else CHUNK, at_end=at_end)
            entries = self._some_of(text, now) if behind > FLOOD else self._all_of(text, now)
            follow = {
                "place": self._follower.offset,
                "identity": self._follower.identity,
                "reader": self._reader.state(),
            }
            much = self._follower.offset - before >= CHUNK // 2
            self._batch = Batch(entries, follow, much or (at_end and bool(text)))
        return self._batch

    def committed(self) -> None:
        """Note that what was read is in the store."""
        self._batch = None

    def close(self) -> None:
        """Close the file."""
        self._follower.close()

    def _ahead(self, now: datetime) -> tuple[int, datetime]:
        """Return how many bytes there are to be read, and when the last of them was written."""
        try:
            state = self.path.stat()
        except OSError:
            return 0, now
        written = datetime.fromtimestamp(state.st_mtime, timezone.utc)
        return state.st_size - self._follower.offset, min(now, written)

    def _all_of(self, text: LineBlock, now: datetime) -> list[LogEntry]:
        return [self._entry(line, now) for line in text.lines()]

    def _some_of(self, text: LineBlock, now: datetime) -> list[LogEntry]:
        """Return the entries that hold a metric or a stage, and one that tells how many do not."""
        try:
            entries = [
                _fit(entry) for _, entry in self._whole.entries(text.data, self._follower.first, time=now)
            ]
        except Exception:
            logger.exception("a piece of %s could not be read as a whole; it is read line by line", self.path)
            return self._all_of(text, now)
        missing = text.data.count(b"\n") - len(entries)
        if not missing:
            return entries
        told = (
            f"{missing} lines without a metric are left out here: the log is far ahead, and the file has them"
        )
        return [*entries, LogEntry(timestamp=now, level="WARNING", message=told)]

    def _entry(self, line: str, now: datetime) -> LogEntry:
        try:
            return _fit(self._reader.read(line, time=now))
        except Exception:
            logger.exception("a line of %s could not be read; it is kept as it is", self.path)
            return _fit(LogEntry(timestamp=now, level="INFO", message=line))


def _fit(entry: LogEntry) -> LogEntry:
    """Return an entry as it can be kept, whatever its line was."""
    if len(entry.message) > _LONGEST:
        entry = replace(entry, message=entry.message[:_LONGEST] + MARK)
    if entry.metrics and any(isinstance(n, int) and abs(n) >= _HUGE for n in entry.metrics.values()):
        return replace(entry, metrics={}, own_metrics={}, stage=None)
    return entry
