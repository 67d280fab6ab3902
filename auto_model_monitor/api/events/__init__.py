"""Log streams: server-sent events, each written out once for all who read it."""

from __future__ import annotations

from .event_stream import EventStream
from .fan_out import FanOut
from .position import Position

__all__ = ["EventStream", "FanOut", "Position"]
