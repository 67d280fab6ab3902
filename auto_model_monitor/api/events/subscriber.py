"""One open stream, as the rest of the room sees it."""

from __future__ import annotations

import asyncio


class Subscriber:
    """One open stream: how far it is, and how to wake it.

    Args:
        task: the asyncio task that writes the stream; it is cancelled when its client stops reading.
        seq: the number of the last entry that the client has.

    Attributes:
        task: the task above.
        seq: the number of the last entry that has been written.
        heartbeat_due: a heartbeat has to be written.
        disconnected: the client has left.
        writing: a write has started and not ended.
        overdue: ticks of the common clock that the current write has taken.
        waiting: what the stream waits for, None while it works.
    """

    __slots__ = ("disconnected", "heartbeat_due", "overdue", "seq", "task", "waiting", "writing")

    def __init__(self, task: asyncio.Task[None] | None = None, seq: int = 0) -> None:
        self.task = task
        self.seq = seq
        self.heartbeat_due = False
        self.disconnected = False
        self.writing = False
        self.overdue = 0
        self.waiting: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """Let the stream check whether there is something to write."""
        waiting = self.waiting
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
