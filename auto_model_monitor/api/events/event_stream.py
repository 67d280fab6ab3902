"""One client's stream: the history, then what comes, without a gap or a repeat at the seam."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from ...core.errors import MonitorError
from ...training import TaskStore
from ..web.framework import RAW_SEND, Receive, Response, Scope, Send
from .broadcaster import Broadcaster
from .event_buffer import EventBuffer
from .sse_frames import HEARTBEAT, RETRY, EventChunk, encode, gap_frame
from .stream_cursor import StreamCursor
from .subscriber import Subscriber

_LOGGER = logging.getLogger(__name__)
_PAGE = 250  # entries that are read from the store at a time
_LAST = {"type": "http.response.body", "body": b""}


class EventStream(Response):
    """A response with the events of one task; it speaks ASGI itself, because each layer costs at each event.

    Args:
        broadcaster: where new events come from.
        store: where older events come from.
        task_id: the task.
        cursor: what the client has already.
    """

    media_type = "text/event-stream"

    def __init__(
        self, broadcaster: Broadcaster, store: TaskStore, task_id: str, cursor: StreamCursor
    ) -> None:
        super().__init__(headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        del self.headers["content-length"]  # it is unknown
        self._broadcaster = broadcaster
        self._store = store
        self._task_id = task_id
        self._seq = cursor.seq

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the task has ended, the client leaves, or the server stops."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        if scope["method"] == "HEAD":
            await send(start)
            await send(_LAST)
            return
        subscriber = Subscriber(asyncio.current_task(), self._seq)
        # Subscribed before the store is read, so that nothing stored in between is missed.
        buffer = self._broadcaster.subscribe(self._task_id, subscriber)
        watch = asyncio.ensure_future(_watch_client(receive, subscriber))
        try:
            await send(start)
            # Every layer has seen the response start; none of them needs its chunks.
            await self._stream(buffer, subscriber, scope.get(RAW_SEND, send))
        except MonitorError as error:  # the client reconnects, and gets the error as a response
            _LOGGER.warning("the stream of task %s stops: %s", self._task_id, error)
            await send(_LAST)
        except asyncio.CancelledError:
            if not subscriber.writing:
                raise
            _LOGGER.info("a client that stopped reading the stream of task %s was dropped", self._task_id)
        finally:
            watch.cancel()
            self._broadcaster.unsubscribe(self._task_id, subscriber)

    async def _stream(self, buffer: EventBuffer, subscriber: Subscriber, send: Send) -> None:
        broadcaster, loop = self._broadcaster, asyncio.get_running_loop()
        buffer.update(await asyncio.to_thread(self._store.get, self._task_id))
        chunk = EventChunk(0, self._seq, RETRY)
        if self._seq > buffer.last:
            text = f"entry {self._seq} was requested, the last one is {buffer.last}; continuing after it"
            chunk = EventChunk(0, buffer.last, RETRY + gap_frame(buffer.last, text))
        while True:
            subscriber.writing = True
            await send({"type": "http.response.body", "body": chunk.data, "more_body": True})
            subscriber.writing, subscriber.overdue = False, 0
            if chunk.first:
                broadcaster.sent += chunk.last - chunk.first + 1
            subscriber.seq = seq = chunk.last
            while not (
                seq < buffer.last
                or buffer.end
                or subscriber.heartbeat_due
                or subscriber.disconnected
                or broadcaster.stopping
            ):
                # Nothing can happen between the check and this line: both run in the event loop.
                subscriber.waiting = loop.create_future()
                await subscriber.waiting
                subscriber.waiting = None
            if subscriber.disconnected or broadcaster.stopping or chunk.data is buffer.end:
                break
            chunk = buffer.after(seq) or await self._next(buffer, subscriber)
        if not subscriber.disconnected:
            await send(_LAST)

    async def _next(self, buffer: EventBuffer, subscriber: Subscriber) -> EventChunk:
        """Return what follows where the buffer holds nothing: from the store, a heartbeat, or the end."""
        seq = subscriber.seq
        if seq >= buffer.last:
            subscriber.heartbeat_due, is_due = False, subscriber.heartbeat_due
            return EventChunk(0, seq, HEARTBEAT if is_due or buffer.end is None else buffer.end)
        entries = await asyncio.to_thread(self._store.entries, self._task_id, seq, _PAGE)
        following = entries[0].seq if entries else buffer.last + 1
        if following > seq + 1:
            text = f"{following - seq - 1} older entries are no longer kept"
            return EventChunk(0, following - 1, gap_frame(following - 1, text))
        return encode(entries)[0]


async def _watch_client(receive: Receive, subscriber: Subscriber) -> None:
    """Wait for the client to leave."""
    with suppress(Exception):
        while (await receive())["type"] != "http.disconnect":
            pass
    subscriber.disconnected = True
    subscriber.wake()
