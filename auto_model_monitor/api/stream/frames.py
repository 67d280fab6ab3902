"""Events as they go over the wire (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from ...training import StoredEntry, Task
from ..json_text import dumps, milliseconds

RETRY = b"retry: 2000\n\n"  # milliseconds until a browser comes back
HEARTBEAT = b": heartbeat\n\n"


def entry_frame(entry: StoredEntry) -> bytes:
    """Return an entry of the log; its JSON is in one line already."""
    return b"id: %d\ndata: %b\n\n" % (entry.seq, entry.data)


def entry_frames(entries: Sequence[StoredEntry]) -> list[bytes]:
    """Return entries of the log."""
    return [b"id: %d\ndata: %b\n\n" % (seq, data) for seq, data, *_ in entries]


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
