"""One client's stream: the history, then what comes, without a gap and without a repeat at the seam."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from ...core.errors import MonitorError
from ...training import TaskStore
from ..security.headers import DIRECT
from ..web import Receive, Response, Scope, Send
from .channel import Channel, Reader
from .fan_out import FanOut
from .frames import HEARTBEAT, RETRY, Piece, gap_frame, pieces
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
        reader = Reader(asyncio.current_task(), self._seq)
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
        piece = Piece(0, self._seq, RETRY)
        if self._seq > channel.last:
            piece = Piece(0, channel.last, RETRY + self._beyond(channel))
        while True:
            reader.writing = True
            await send({"type": "http.response.body", "body": piece.data, "more_body": True})
            reader.writing, reader.overdue = False, 0
            if piece.first:
                fan_out.sent += piece.last - piece.first + 1
            reader.seq = seq = piece.last
            while not (seq < channel.last or channel.end or reader.beat or reader.left or fan_out.stopping):
                # Between the look and this nothing can have happened, as both are in the loop.
                reader.waiting = loop.create_future()
                await reader.waiting
                reader.waiting = None
            if reader.left or fan_out.stopping or piece.data is channel.end:
                break
            piece = channel.after(seq) or await self._other(channel, reader, seq)
        if not reader.left:
            await send(_LAST)

    async def _other(self, channel: Channel, reader: Reader, seq: int) -> Piece:
        """Return what is to be written where the channel itself holds nothing further."""
        if seq < channel.last:
            return await self._page(channel, seq)
        reader.beat, is_due = False, reader.beat
        return Piece(0, seq, HEARTBEAT if is_due or channel.end is None else channel.end)

    async def _page(self, channel: Channel, seq: int) -> Piece:
        """Return the next events from the store, about one write of them."""
        entries = await asyncio.to_thread(self._store.entries, self._task_id, seq, _PAGE)
        following = entries[0].seq if entries else channel.last + 1
        if following > seq + 1:
            missing = following - seq - 1
            return Piece(
                0, following - 1, gap_frame(following - 1, f"{missing} older entries are no longer kept")
            )
        return pieces(entries)[0]

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
