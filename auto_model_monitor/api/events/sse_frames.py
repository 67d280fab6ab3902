"""Events in the format of server-sent events.

See https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ...training import StoredEntry, Task
from ..web.json_response import dumps, utc_text

MAX_WRITE = 64 * 1024  # bytes of one write; a slow client holds no more
RETRY = b"retry: 2000\n\n"  # milliseconds until a browser reconnects
HEARTBEAT = b": heartbeat\n\n"


class EventChunk(NamedTuple):
    """Consecutive events, encoded.

    Attributes:
        first: the number of the first entry; 0 for a chunk without entries.
        last: the number of the last entry.
        data: the encoded events.
    """

    first: int
    last: int
    data: bytes


def encode(entries: Sequence[StoredEntry]) -> list[EventChunk]:
    """Return consecutive log entries as chunks of at most one write each.

    The JSON of an entry is one line already. An entry that is longer than a write is a chunk of its own.
    """
    if not entries:
        return []
    first, last = entries[0].seq, entries[-1].seq
    if first == last:
        return [EventChunk(first, last, b"id: %d\ndata: %b\n\n" % entries[0][:2])]
    frames = [b"id: %d\ndata: %b\n\n" % (entry.seq, entry.data) for entry in entries]
    whole = b"".join(frames)
    return [EventChunk(first, last, whole)] if len(whole) <= MAX_WRITE else _split(first, frames)


def _split(first: int, frames: Sequence[bytes]) -> list[EventChunk]:
    chunks: list[EventChunk] = []
    held: list[bytes] = []
    size = 0
    for frame in frames:
        if held and size + len(frame) > MAX_WRITE:
            chunks.append(EventChunk(first, first + len(held) - 1, b"".join(held)))
            first, held, size = first + len(held), [], 0
        held.append(frame)
        size += len(frame)
    return [*chunks, EventChunk(first, first + len(held) - 1, b"".join(held))]


def gap_frame(last: int, message: str) -> bytes:
    """Return the event that reports missing entries; the stream continues after number ``last``.

    It has a level and a message, because some clients print these of every event.
    """
    content: dict[str, Any] = {
        "timestamp": utc_text(datetime.now(timezone.utc), "milliseconds"),
        "level": "WARNING",
        "message": message,
        "metrics": {},
        "stage": None,
    }
    return b"event: gap\nid: %d\ndata: %b\n\n" % (last, dumps(content))


def end_frame(task: Task) -> bytes:
    """Return the last event of a task that has ended."""
    reason = f": {task.reason}" if task.reason else ""
    content: dict[str, Any] = {
        "timestamp": utc_text(task.finished_at or task.updated_at, "milliseconds"),
        "level": "ERROR" if task.state.value == "failed" else "INFO",
        "message": f"the task is {task.state.value}{reason}",
        "metrics": {},
        "stage": None if task.stage is None else task.stage.value,
        "status": task.state.value,
        "reason": task.reason,
    }
    return b"event: end\nid: %d-end\ndata: %b\n\n" % (task.last_seq, dumps(content))
