"""What all streams of one task share: the newest events, written out once."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, islice

from ...training import Task
from .frames import end_frame

WRITE = 64 * 1024  # bytes of one write; more waits for the next, so that a slow client holds no more


class Reader:
    """One stream's way to be woken.

    Attributes:
        beat: a heartbeat is due.
        left: the client has gone.
        waiting: what it waits for, None while it does something.
        writing: a write has begun and has not ended.
        overdue: looks of the common clock for which the present write has lasted.
        task: what writes; it is cancelled when its client does not read.
    """

    __slots__ = ("beat", "left", "overdue", "task", "waiting", "writing")

    def __init__(self, task: asyncio.Task[None] | None = None) -> None:
        """Take the task that writes."""
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
        self._frames: list[bytes] = []
        self._ends: list[int] = []  # where each frame ends, counted in bytes from some first one
        self._first = 1  # the number of the first frame
        self._joined = (0, 0, b"")

    def learn(self, task: Task) -> None:
        """Learn from a task how many entries there are, and that it has ended."""
        self.last = max(self.last, task.last_seq)
        if self.end is None and task.state.is_final:
            self.end = end_frame(task)

    def extend(self, first: int, frames: Sequence[bytes]) -> None:
        """Take new events, the first one's number before them.

        Where some before them are missing here, they alone are held.
        """
        if not frames or self._first <= first + len(frames) - 1 < self._first + len(self._frames):
            return
        if first != self._first + len(self._frames):
            self._frames, self._ends, self._first = [], [], first
        begin = self._ends[-1] if self._ends else 0
        self._ends += islice(accumulate(map(len, frames), initial=begin), 1, None)
        self._frames += frames
        self.last = max(self.last, first + len(frames) - 1)
        if self._ends[-1] - self._ends[0] > self._most_bytes:
            self._trim()
        self._joined = (0, 0, b"")

    def after(self, seq: int) -> tuple[bytes, int] | None:
        """Return what follows number ``seq``, at most one write of it, and the number of its last entry.

        None where it has to be read from the store.
        """
        index = seq + 1 - self._first
        if not 0 <= index < len(self._frames):
            return None
        if self._joined[0] == seq and self._joined[1]:
            return self._joined[2], self._joined[1]
        start = self._ends[index - 1] if index else self._ends[0] - len(self._frames[0])
        stop = max(index + 1, bisect_right(self._ends, start + WRITE))
        piece = b"".join(self._frames[index:stop])
        # Most clients are at the same number, so that this is done once for them all.
        self._joined = (seq, seq + stop - index, piece)
        return piece, self._joined[1]

    def wake(self) -> None:
        """Wake every stream."""
        for reader in self.readers:
            waiting = reader.waiting
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    def _trim(self) -> None:
        """Drop the oldest, half of it at once, so that this is rare."""
        cut = bisect_left(self._ends, self._ends[-1] - self._most_bytes // 2)
        del self._frames[:cut], self._ends[:cut]
        self._first += cut
