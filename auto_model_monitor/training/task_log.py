"""Read the log of one training in parts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from ..core.errors import SourceError
from ..log_parser import LogEntry, LogPattern, LogReader
from ..log_parser.bulk_reader import BulkReader
from ..sources.tail.line_follower import LineFollower
from ..sources.tail.lines import MARK, LineBlock
from .tasks import LogPosition

logger = logging.getLogger(__name__)

CHUNK = 256 << 10  # bytes per read, so that no log delays the others
FLOOD = 32 << 20  # a backlog of more bytes is read without the lines that hold no metric
FLOOD_CHUNK = 2 << 20  # bytes per read of such a backlog
_MAX_LINE = 16 << 10  # bytes of a line, and characters of a message
_HUGE = 10**30  # larger integers are no counts, and too large for the database


class EntryBatch(NamedTuple):
    """The result of one read.

    Attributes:
        entries: in their order.
        position: the position after them.
        more: there is more to read immediately.
    """

    entries: Sequence[LogEntry]
    position: LogPosition
    more: bool


class TaskLog:
    """Reads a log from the stored position on, and repeats a batch until it is committed.

    Attributes:
        path: the file.

    Args:
        path: the file; it need not exist yet.
        position: how far it was read before.
        patterns: additional formats of log lines.
    """

    def __init__(self, path: Path, position: LogPosition, patterns: Sequence[LogPattern | str] = ()) -> None:
        self.path = path
        self._batch: EntryBatch | None = None
        self._reader = LogReader(patterns)
        self._reader.resume(position.reader)
        self._bulk = BulkReader(self._reader)
        self._follower = LineFollower(
            path, offset=position.offset, identity=position.identity, max_line=_MAX_LINE
        )

    @property
    def offset(self) -> int:
        """How many bytes of the file have been read."""
        return self._follower.offset

    def read(self, now: datetime, *, at_end: bool = False) -> EntryBatch:
        """Return the next entries, or those of the last read if they are not committed.

        Args:
            now: in UTC; no line is newer.
            at_end: the log is complete, so that a last line without a line end counts.
        """
        if self._batch is None:
            before, backlog, now = self._follower.offset, *self._backlog(now)
            text = LineBlock(b"")
            with suppress(SourceError):
                text = self._follower.text(FLOOD_CHUNK if backlog > FLOOD else CHUNK, at_end=at_end)
            if backlog > FLOOD:
                entries = self._metric_entries(text, now)
            else:
                entries = [self._entry(line, now) for line in text.lines()]
            position = LogPosition(self._follower.offset, self._follower.identity, self._reader.state())
            more = position.offset - before >= CHUNK // 2 or (at_end and bool(text))
            self._batch = EntryBatch(entries, position, more)
        return self._batch

    def committed(self) -> None:
        """Mark the last batch as committed."""
        self._batch = None

    def close(self) -> None:
        """Close the file."""
        self._follower.close()

    def _backlog(self, now: datetime) -> tuple[int, datetime]:
        """Return the number of unread bytes, and when the last of them was written."""
        try:
            state = self.path.stat()
        except OSError:
            return 0, now
        written = datetime.fromtimestamp(state.st_mtime, timezone.utc)
        return state.st_size - self._follower.offset, min(now, written)

    def _metric_entries(self, text: LineBlock, now: datetime) -> list[LogEntry]:
        """Return the entries with a metric or a stage, and one that counts the omitted lines."""
        try:
            entries = [
                _storable(entry) for _, entry in self._bulk.entries(text.data, self._follower.first, time=now)
            ]
        except Exception:
            logger.exception("a part of %s cannot be read as a whole; it is read line by line", self.path)
            return [self._entry(line, now) for line in text.lines()]
        omitted = text.data.count(b"\n") - len(entries)
        if not omitted:
            return entries
        notice = f"{omitted} lines without a metric are omitted to keep up with the log; the file has them"
        return [*entries, LogEntry(timestamp=now, level="WARNING", message=notice)]

    def _entry(self, line: str, now: datetime) -> LogEntry:
        try:
            return _storable(self._reader.read(line, time=now))
        except Exception:
            logger.exception("a line of %s cannot be parsed; it is stored as it is", self.path)
            return _storable(LogEntry(timestamp=now, level="INFO", message=line))


def _storable(entry: LogEntry) -> LogEntry:
    """Return an entry that fits the store."""
    if len(entry.message) > _MAX_LINE:
        entry = replace(entry, message=entry.message[:_MAX_LINE] + MARK)
    if entry.metrics and any(isinstance(n, int) and abs(n) >= _HUGE for n in entry.metrics.values()):
        return replace(entry, metrics={}, own_metrics={}, stage=None)
    return entry
