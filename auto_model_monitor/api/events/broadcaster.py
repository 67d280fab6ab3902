"""From the dispatcher's thread into the event loop, and there to all subscribers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from ...training import StoredEntry, Task
from ..web.problem_details import HTTPProblem
from .event_buffer import EventBuffer
from .sse_frames import EventChunk, encode
from .subscriber import Subscriber

_MAX_HELD = 4 * 1024 * 1024  # bytes of the newest events that are held for a task with streams
_MAX_QUEUED = 8 * 1024 * 1024  # bytes queued for a busy event loop; the rest is read from the store


class Broadcaster:
    """All streams: who reads which task, how many there may be, and their common clock.

    Args:
        most: the most streams that may be open.
        heartbeat: seconds between two heartbeats on a silent stream.
        write_timeout: seconds after which a client that does not read is dropped, approximately.

    Attributes:
        sent: entries delivered since the start.
        open: streams that are open.
        stopping: True once all streams are to end.
        heartbeat: the interval above.
        write_timeout: the timeout above.
    """

    def __init__(self, *, most: int = 2000, heartbeat: float = 15.0, write_timeout: float = 30.0) -> None:
        self.sent = 0
        self.open = 0
        self.stopping = False
        self.heartbeat = heartbeat
        self.write_timeout = write_timeout
        self._most = most
        self._buffers: dict[str, EventBuffer] = {}
        # Shared by two threads without a lock: only one of them raises each number, and the flag.
        self._queue: deque[tuple[Task, list[EventChunk], int]] = deque()
        self._delivery_scheduled = False
        self._bytes_in = self._bytes_out = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._clock: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start, in the event loop of the streams."""
        self.stopping = False
        self._loop = asyncio.get_running_loop()
        self._clock = self._loop.create_task(self._tick())

    def stop(self) -> None:
        """End every stream after its current write; a client that does not read is dropped."""
        self.stopping = True
        if self._clock is not None:
            self._clock.cancel()
        for buffer in self._buffers.values():
            for subscriber in buffer.subscribers:
                if subscriber.writing and subscriber.task is not None:
                    subscriber.task.cancel()
            buffer.wake()

    def subscribe(self, task_id: str, subscriber: Subscriber) -> EventBuffer:
        """Open a stream: from now on it gets the events of a task.

        Raises:
            HTTPProblem: the most streams are open, or the server is stopping (503).
        """
        if self.stopping or self.open >= self._most:
            what = "the server is stopping" if self.stopping else f"{self.open} streams are open already"
            raise HTTPProblem(503, f"{what}; come back later", headers={"retry-after": "5"})
        self.open += 1
        buffer = self._buffers.setdefault(task_id, EventBuffer(_MAX_HELD))
        buffer.subscribers.add(subscriber)
        return buffer

    def unsubscribe(self, task_id: str, subscriber: Subscriber) -> None:
        """Close a stream; a task without streams holds no events."""
        self.open -= 1
        buffer = self._buffers[task_id]
        buffer.subscribers.discard(subscriber)
        if not buffer.subscribers:
            del self._buffers[task_id]

    def publish(self, task: Task, entries: Sequence[StoredEntry]) -> None:
        """Queue what the dispatcher has just stored; called in its thread, and never waits for the loop.

        However much comes, the loop is woken once until it has delivered it.
        """
        if self._loop is None or task.id not in self._buffers:
            return
        chunks = encode(entries)
        size = 0
        for chunk in chunks:
            size += len(chunk.data)
        if self._bytes_in - self._bytes_out + size > _MAX_QUEUED:
            chunks, size = [], 0
        self._bytes_in += size
        self._queue.append((task, chunks, size))
        if not self._delivery_scheduled:
            self._delivery_scheduled = True
            try:  # suppress() would cost more than everything else here
                self._loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:  # the loop is closed
                return

    def _deliver(self) -> None:
        # Lowered first, so that anything queued from here on raises it again.
        self._delivery_scheduled = False
        for _ in range(len(self._queue)):
            task, chunks, size = self._queue.popleft()
            self._bytes_out += size
            buffer = self._buffers.get(task.id)
            if buffer is not None:
                buffer.extend(chunks, size)
                if task.finished_at is not None or task.last_seq > buffer.last:
                    buffer.update(task)
                buffer.wake()

    async def _tick(self) -> None:
        """Send heartbeats, and drop the streams whose clients do not read."""
        loop = asyncio.get_running_loop()
        step = min(self.heartbeat, self.write_timeout / 2)
        due = loop.time() + self.heartbeat
        while True:
            await asyncio.sleep(step)
            is_due = loop.time() >= due
            due += self.heartbeat if is_due else 0
            for buffer in list(self._buffers.values()):
                for subscriber in list(buffer.subscribers):
                    if subscriber.writing:
                        self._count_overdue(subscriber, step)
                    elif is_due:
                        subscriber.heartbeat_due = True
                        subscriber.wake()

    def _count_overdue(self, subscriber: Subscriber, step: float) -> None:
        subscriber.overdue += 1
        if subscriber.overdue * step > self.write_timeout and subscriber.task is not None:
            subscriber.task.cancel()
