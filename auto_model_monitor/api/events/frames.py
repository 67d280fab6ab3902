"""Events as they go over the wire (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ...training import StoredEntry, Task
from ..json_text import dumps, milliseconds

WRITE = 64 * 1024  # bytes of one write; more waits for the next, so that a slow client holds no more
RETRY = b"retry: 2000\n\n"  # milliseconds until a browser comes back
HEARTBEAT = b": heartbeat\n\n"


class Piece(NamedTuple):
    """Some events in one piece of bytes.

    Attributes:
        first: the number of the first entry.
        last: the number of the last one.
        data: the events.
    """

    first: int
    last: int
    data: bytes


def pieces(entries: Sequence[StoredEntry]) -> list[Piece]:
    """Return entries of the log, which follow on one another, in pieces of at most one write each.

    The JSON of an entry is in one line already. One that alone is longer than a write is a piece of its own.
    """
    if not entries:
        return []
    first, last = entries[0].seq, entries[-1].seq
    if first == last:
        return [Piece(first, last, b"id: %d\ndata: %b\n\n" % entries[0][:2])]
    frames = [b"id: %d\ndata: %b\n\n" % (entry.seq, entry.data) for entry in entries]
    whole = b"".join(frames)
    return [Piece(first, last, whole)] if len(whole) <= WRITE else _divided(first, frames)


def _divided(first: int, frames: Sequence[bytes]) -> list[Piece]:
    made: list[Piece] = []
    held: list[bytes] = []
    size = 0
    for frame in frames:
        if held and size + len(frame) > WRITE:
            made.append(Piece(first, first + len(held) - 1, b"".join(held)))
            first, held, size = first + len(held), [], 0
        held.append(frame)
        size += len(frame)
    return [*made, Piece(first, first + len(held) - 1, b"".join(held))]


def gap_frame(last: int, message: str) -> bytes:
    """Return what tells a client that entries are missing; it goes on behind number ``last``.

    It carries a level and a message, because some clients print these of whatever arrives.
    """
    told: dict[str, Any] = {
        "timestamp": milliseconds(datetime.now(timezone.utc)),
        "level": "WARNING",
        "message": message,
        "metrics": {},
        "stage": None,
    }
    return b"event: gap\nid: %d\ndata: %b\n\n" % (last, dumps(told))


def end_frame(task: Task) -> bytes:
    """Return what ends the stream of a task that has ended."""
    time = task.finished_at or task.updated_at
    reason = f": {task.reason}" if task.reason else ""
    told: dict[str, Any] = {
        "timestamp": milliseconds(time),
        "level": "ERROR" if task.state.value == "failed" else "INFO",
        "message": f"the task is {task.state.value}{reason}",
        "metrics": {},
        "stage": None if task.stage is None else task.stage.value,
        "status": task.state.value,
        "reason": task.reason,
    }
    return b"event: end\nid: %d-end\ndata: %b\n\n" % (task.last_seq, dumps(told))
