"""Log streams as server-sent events, each event encoded once for all its subscribers."""

from __future__ import annotations

from .broadcaster import Broadcaster
from .event_stream import EventStream
from .stream_cursor import StreamCursor

__all__ = ["Broadcaster", "EventStream", "StreamCursor"]
