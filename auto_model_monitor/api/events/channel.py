"""What all streams of one task share: the newest events, written out once."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import islice
from operator import itemgetter

from ...training import Task
from .frames import WRITE, Piece, end_frame

_LITTLE = 128 * 1024  # bytes that are held without a thought, and that a processor's cache holds, too
_FIRST, _LAST = itemgetter(0), itemgetter(1)
_NOTHING = Piece(0, 0, b"")


class Reader:
    """One stream's way to be woken.

    Attributes:
        beat: a heartbeat is due.
        left: the client has gone.
        waiting: what it waits for, None while it does something.
        seq: the number of the last entry that it has.
        writing: a write has begun and has not ended.
        overdue: looks of the common clock for which the present write has lasted.
        task: what writes; it is cancelled when its client does not read.
    """

    __slots__ = ("beat", "left", "overdue", "seq", "task", "waiting", "writing")

    def __init__(self, task: asyncio.Task[None] | None = None, seq: int = 0) -> None:
        """Take the task that writes, and what its client has already."""
        self.seq = seq
        self.beat = False
        self.left = False
        self.overdue = 0
        self.task = task
        self.waiting: asyncio.Future[None] | None = None
        self.writing = False

    def wake(self) -> None:
        """Let the stream look whether there is something for it."""
        waiting = self.waiting
        if waiting is not None and not waiting.done():
            waiting.set_result(None)


class Channel:
    """The newest events of one task, and who reads them.

    What is no longer here, or never was, is read from the store: so a client that is slow, or came late,
    costs no memory, and the seam between history and present is a number.

    Attributes:
        last: the number of the newest entry that is known.
        end: the event that ends the stream, once the task has ended.
        readers: the streams.
    """

    def __init__(self, most_bytes: int) -> None:
        """Take how much is held at most."""
        self.last = 0
        self.end: bytes | None = None
        self.readers: set[Reader] = set()
        self._most_bytes = most_bytes
        self._bytes = 0
        self._enough = min(_LITTLE, most_bytes)
        self._pieces: list[Piece] = []
        self._joined = _NOTHING

    def learn(self, task: Task) -> None:
        """Learn from a task how many entries there are, and that it has ended."""
        self.last = max(self.last, task.last_seq)
        if self.end is None and task.finished_at is not None and task.state.is_final:
            self.end = end_frame(task)

    def extend(self, pieces: Iterable[Piece], size: int) -> None:
        """Take new events; where some before them are missing here, they alone are held.

        Args:
            pieces: the events.
            size: their bytes.
        """
        self._bytes += size
        for piece in pieces:
            first, last, data = piece
            held = self._pieces[-1].last if self._pieces else 0
            if last <= held:  # heard before
                self._bytes -= len(data)
                continue
            if first != held + 1:
                self._drop(len(self._pieces))
            self._pieces.append(piece)
            self.last = max(self.last, last)
            self._joined = _NOTHING
        if self._bytes > self._enough:
            self._trim()

    def after(self, seq: int) -> Piece | None:
        """Return what follows number ``seq``, at most one write of it.

        None where it has to be read from the store: where nothing is held, or nothing that begins there.
        """
        if not self._pieces:
            return None
        newest = self._pieces[-1]
        return newest if newest.first == seq + 1 else self._from(seq + 1)

    def wake(self) -> None:
        """Wake every stream."""
        for reader in self.readers:
            waiting = reader.waiting
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    def _from(self, first: int) -> Piece | None:
        """Return what begins with a number, put together of several pieces."""
        # Most clients are at the same number, so that this is done once for them all.
        if self._joined.first == first:
            return self._joined
        index = bisect_left(self._pieces, first, key=_FIRST)
        found = self._pieces[index : index + 1]
        if not found or found[0].first != first:
            return None
        size = len(found[0].data)
        for piece in islice(self._pieces, index + 1, None):
            size += len(piece.data)
            if size > WRITE:
                break
            found.append(piece)
        self._joined = Piece(first, found[-1].last, b"".join(piece.data for piece in found))
        return self._joined

    def _trim(self) -> None:
        """Drop what every stream has; and the older half, as long as it is too much all the same."""
        behind = min((reader.seq for reader in self.readers), default=self.last)
        self._drop(bisect_right(self._pieces, behind, key=_LAST))
        while self._bytes > self._most_bytes and len(self._pieces) > 1:
            self._drop(len(self._pieces) // 2)
        # Going through all streams is worth it again when there is twice as much.
        self._enough = min(max(_LITTLE, 2 * self._bytes), self._most_bytes)

    def _drop(self, count: int) -> None:
        self._bytes -= sum(len(piece.data) for piece in self._pieces[:count])
        del self._pieces[:count]
