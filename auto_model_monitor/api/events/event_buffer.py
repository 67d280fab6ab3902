"""The newest events of one task, encoded once and shared by all its subscribers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import islice
from operator import itemgetter

from ...training import Task
from .sse_frames import MAX_WRITE, EventChunk, end_frame
from .subscriber import Subscriber

_SMALL = 128 * 1024  # bytes that are held without a check; they fit a processor's cache, too
_FIRST, _LAST = itemgetter(0), itemgetter(1)
_EMPTY = EventChunk(0, 0, b"")


class EventBuffer:
    """The newest events of one task, and who reads them.

    Everything else is read from the store. So a client that is slow or late costs no memory, and a number
    marks the seam between history and present.

    Args:
        most_bytes: the most that is held.

    Attributes:
        last: the number of the newest known entry.
        end: the end event, once the task has ended.
        subscribers: the streams.
    """

    def __init__(self, most_bytes: int) -> None:
        self.last = 0
        self.end: bytes | None = None
        self.subscribers: set[Subscriber] = set()
        self._most_bytes = most_bytes
        self._bytes = 0
        self._trim_above = min(_SMALL, most_bytes)
        self._chunks: list[EventChunk] = []
        self._joined = _EMPTY

    def update(self, task: Task) -> None:
        """Note how many entries a task has, and whether it has ended."""
        self.last = max(self.last, task.last_seq)
        if self.end is None and task.finished_at is not None and task.state.is_final:
            self.end = end_frame(task)

    def extend(self, chunks: Iterable[EventChunk], size: int) -> None:
        """Add new events; if some before them are missing, the older ones are dropped.

        Args:
            chunks: the events.
            size: their bytes.
        """
        self._bytes += size
        for chunk in chunks:
            first, last, data = chunk
            held = self._chunks[-1].last if self._chunks else 0
            if last <= held:  # a repeat
                self._bytes -= len(data)
                continue
            if first != held + 1:
                self._drop(len(self._chunks))
            self._chunks.append(chunk)
            self.last = max(self.last, last)
            self._joined = _EMPTY
        if self._bytes > self._trim_above:
            self._trim()

    def after(self, seq: int) -> EventChunk | None:
        """Return what follows number ``seq``, at most one write; None if it has to be read from the store."""
        if not self._chunks:
            return None
        newest = self._chunks[-1]
        return newest if newest.first == seq + 1 else self._join(seq + 1)

    def wake(self) -> None:
        """Wake every stream."""
        for subscriber in self.subscribers:
            waiting = subscriber.waiting  # Subscriber.wake(), without a call for each of thousands
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    def _join(self, first: int) -> EventChunk | None:
        """Join the chunks from a number on."""
        # Most clients are at the same number, so this is done once for them all.
        if self._joined.first == first:
            return self._joined
        index = bisect_left(self._chunks, first, key=_FIRST)
        found = self._chunks[index : index + 1]
        if not found or found[0].first != first:
            return None
        size = len(found[0].data)
        for chunk in islice(self._chunks, index + 1, None):
            size += len(chunk.data)
            if size > MAX_WRITE:
                break
            found.append(chunk)
        self._joined = EventChunk(first, found[-1].last, b"".join(chunk.data for chunk in found))
        return self._joined

    def _trim(self) -> None:
        """Drop what every stream has; then the older half for as long as there is too much."""
        behind = min((subscriber.seq for subscriber in self.subscribers), default=self.last)
        self._drop(bisect_right(self._chunks, behind, key=_LAST))
        while self._bytes > self._most_bytes and len(self._chunks) > 1:
            self._drop(len(self._chunks) // 2)
        # Checking all streams pays again when there is twice as much.
        self._trim_above = min(max(_SMALL, 2 * self._bytes), self._most_bytes)

    def _drop(self, count: int) -> None:
        self._bytes -= sum(len(chunk.data) for chunk in self._chunks[:count])
        del self._chunks[:count]
