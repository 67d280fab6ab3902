"""One client's stream: the history, then what comes, without a gap and without a repeat at the seam."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from ...errors import MonitorError
from ...training import TaskStore
from ..guard.headers import DIRECT
from ..web import Receive, Response, Scope, Send
from .channel import WRITE, Channel, Reader
from .fan_out import FanOut
from .frames import HEARTBEAT, RETRY, entry_frames, gap_frame
from .position import Position

_LOGGER = logging.getLogger(__name__)
_PAGE = 250  # entries read from the store at a time
_LAST = {"type": "http.response.body", "body": b""}


class EventStream(Response):
    """Answers with the events of one task; speaks ASGI itself, because every layer costs at every event."""

    media_type = "text/event-stream"

    def __init__(self, fan_out: FanOut, store: TaskStore, task_id: str, position: Position) -> None:
        """Take where events come from and what the client has already."""
        super().__init__(headers={"cache-control": "no-cache", "x-accel-buffering": "no"})
        del self.headers["content-length"]  # nobody knows it
        self._fan_out = fan_out
        self._store = store
        self._task_id = task_id
        self._seq = position.seq

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the task has ended, the client leaves, or the server stops."""
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        if scope["method"] == "HEAD":
            await send(start)
            await send(_LAST)
            return
        self._fan_out.admit()
        reader = Reader(asyncio.current_task())
        watch = asyncio.ensure_future(_watch(receive, reader))
        try:
            await send(start)
            # Every layer has seen the answer begin; none of them has business with its pieces.
            await self._stream(reader, scope.get(DIRECT, send))
        except MonitorError as error:  # the client comes back, and is told then
            _LOGGER.warning("the stream of task %s breaks off: %s", self._task_id, error)
            await send(_LAST)
        except asyncio.CancelledError:
            if not reader.writing:
                raise
            _LOGGER.info("a client that read nothing more of task %s was dropped", self._task_id)
        finally:
            watch.cancel()
            self._fan_out.leave(self._task_id, reader)
            self._fan_out.release()

    async def _stream(self, reader: Reader, send: Send) -> None:
        fan_out, loop = self._fan_out, asyncio.get_running_loop()
        # First the ear, then the look: what is stored in between is heard of.
        channel = fan_out.join(self._task_id, reader)
        channel.learn(await asyncio.to_thread(self._store.get, self._task_id))
        piece, seq = RETRY, self._seq
        if seq > channel.last:
            piece, seq = RETRY + self._beyond(channel), channel.last
        while True:
            if piece:
                reader.writing = True
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                reader.writing, reader.overdue = False, 0
                fan_out.sent += max(0, seq - self._seq)
                self._seq = seq
            if reader.left or fan_out.stopping or piece is channel.end:
                break
            piece, seq = channel.after(seq) or await self._other(channel, reader)
            if not piece:
                # Between the look and this nothing can have happened, as both are in the loop.
                reader.waiting = loop.create_future()
                await reader.waiting
                reader.waiting = None
        if not reader.left:
            await send(_LAST)

    async def _other(self, channel: Channel, reader: Reader) -> tuple[bytes, int]:
        """Return what is to be written where the channel itself holds nothing; nothing for nothing."""
        if reader.beat:
            reader.beat = False
            return HEARTBEAT, self._seq
        if self._seq < channel.last:
            return await self._page(channel)
        return channel.end or b"", self._seq

    async def _page(self, channel: Channel) -> tuple[bytes, int]:
        """Return the next events from the store, about one write of them, and the last one's number."""
        entries = await asyncio.to_thread(self._store.entries, self._task_id, self._seq, _PAGE)
        if not entries:
            missing, self._seq = channel.last - self._seq, channel.last
            return gap_frame(channel.last, f"{missing} older entries are no longer kept"), channel.last
        frames: list[bytes] = []
        if (missing := entries[0].seq - self._seq - 1) > 0:
            frames.append(gap_frame(entries[0].seq - 1, f"{missing} older entries are no longer kept"))
        self._seq = entries[0].seq - 1
        size, last = 0, self._seq
        for entry, frame in zip(entries, entry_frames(entries), strict=True):
            if size and size + len(frame) > WRITE:
                break
            frames.append(frame)
            size += len(frame)
            last = entry.seq
        return b"".join(frames), last

    def _beyond(self, channel: Channel) -> bytes:
        last = channel.last
        return gap_frame(last, f"entry {self._seq} was asked for, the last one is {last}; going on behind it")


async def _watch(receive: Receive, reader: Reader) -> None:
    """Wait for the client to leave."""
    with suppress(Exception):
        while (await receive())["type"] != "http.disconnect":
            pass
    reader.left = True
    reader.wake()
