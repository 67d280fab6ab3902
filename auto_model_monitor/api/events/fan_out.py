"""From the dispatcher's thread into the loop, and there to all who read."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from ...training import StoredEntry, Task
from ..problems import Problem
from .channel import Channel, Reader
from .frames import Piece, pieces

_HELD = 4 * 1024 * 1024  # bytes of newest events that a task with streams holds
_UNDERWAY = 8 * 1024 * 1024  # bytes on the way into a loop that is busy; more is left to the store


class FanOut:
    """All streams: who reads what, how many there may be, and their common clock.

    Attributes:
        sent: events delivered since the start.
        heartbeat: seconds between two signs of life.
        patience: seconds that a client may let a write wait before it is dropped, about.
    """

    def __init__(self, *, most: int = 2000, heartbeat: float = 15.0, patience: float = 30.0) -> None:
        """Take the bounds."""
        self.sent = 0
        self.heartbeat = heartbeat
        self.patience = patience
        self.stopping = False
        self._most = most
        self._open = 0
        self._channels: dict[str, Channel] = {}
        # Between two threads, without a lock: each number and the flag are raised by one of them only.
        self._arrived: deque[tuple[Task, list[Piece], int]] = deque()
        self._is_woken = False
        self._told = self._taken = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock: asyncio.Task[None] | None = None

    @property
    def open(self) -> int:
        """How many streams there are."""
        return self._open

    def start(self) -> None:
        """Begin, in the loop that the streams run in."""
        self.stopping = False
        self._loop = asyncio.get_running_loop()
        self._clock = self._loop.create_task(self._beat())

    def stop(self) -> None:
        """End every stream: what is underway is finished, and a client that does not read is dropped."""
        self.stopping = True
        if self._clock is not None:
            self._clock.cancel()
        for channel in self._channels.values():
            for reader in channel.readers:
                if reader.writing and reader.task is not None:
                    reader.task.cancel()
            channel.wake()

    def admit(self) -> None:
        """Count a stream in.

        Raises:
            Problem: there are as many as may be, or the server is about to end (503).
        """
        if self.stopping or self._open >= self._most:
            what = "the server is ending" if self.stopping else f"there are {self._open} streams already"
            raise Problem(503, f"{what}; come back later", headers={"retry-after": "5"})
        self._open += 1

    def release(self) -> None:
        """Count a stream out."""
        self._open -= 1

    def join(self, task_id: str, reader: Reader) -> Channel:
        """Let a stream hear of a task from now on."""
        channel = self._channels.setdefault(task_id, Channel(_HELD))
        channel.readers.add(reader)
        return channel

    def leave(self, task_id: str, reader: Reader) -> None:
        """Let a stream hear no more; a task that nobody reads holds nothing."""
        channel = self._channels.get(task_id)
        if channel is not None:
            channel.readers.discard(reader)
            if not channel.readers:
                del self._channels[task_id]

    def hear(self, task: Task, entries: Sequence[StoredEntry]) -> None:
        """Take what the dispatcher has just stored; called in its thread, and never waits for the loop.

        However much comes, the loop is woken once until it has taken it.
        """
        if self._loop is None or task.id not in self._channels:
            return
        made = pieces(entries)
        size = 0
        for piece in made:
            size += len(piece.data)
        if self._told - self._taken + size > _UNDERWAY:
            made, size = [], 0
        self._told += size
        self._arrived.append((task, made, size))
        if not self._is_woken:
            self._is_woken = True
            try:  # not suppress(), which costs more than all else here
                self._loop.call_soon_threadsafe(self._take)
            except RuntimeError:  # the loop has been closed
                return

    def _take(self) -> None:
        # Lowered before the look, so that whatever comes after the look raises it again.
        self._is_woken = False
        for _ in range(len(self._arrived)):
            task, made, size = self._arrived.popleft()
            self._taken += size
            channel = self._channels.get(task.id)
            if channel is not None:
                channel.extend(made, size)
                if task.finished_at is not None or task.last_seq > channel.last:
                    channel.learn(task)
                channel.wake()  # a stream that is awake already costs no more than a look

    async def _beat(self) -> None:
        """Let every stream show that it lives, and drop those whose clients have stopped reading."""
        loop = asyncio.get_running_loop()
        step = min(self.heartbeat, self.patience / 2)
        due = loop.time() + self.heartbeat
        while True:
            await asyncio.sleep(step)
            is_due = loop.time() >= due
            due += self.heartbeat if is_due else 0
            for channel in list(self._channels.values()):
                for reader in list(channel.readers):
                    if reader.writing:
                        self._count_against(reader, step)
                    elif is_due:
                        reader.beat = True
                        reader.wake()

    def _count_against(self, reader: Reader, step: float) -> None:
        reader.overdue += 1
        if reader.overdue * step > self.patience and reader.task is not None:
            reader.task.cancel()
