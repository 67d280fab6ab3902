"""JSON that every reader takes: no NaN, no infinity, no half of a character, and times with their zone."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any


def dumps(value: Any) -> bytes:
    """Return the value as JSON in one line of UTF-8; a number that is not finite becomes null."""
    try:
        return _text(value).encode()
    except ValueError:  # a number that JSON does not have, or half a surrogate pair that UTF-8 does not have
        return _text(_finite(value), ascii_only=True).encode()


def _text(value: Any, *, ascii_only: bool = False) -> str:
    return json.dumps(value, ensure_ascii=ascii_only, allow_nan=False, separators=(",", ":"))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def seconds(time: datetime | None) -> str | None:
    """Return a time as ``2025-10-29T10:00:00Z``, None for none."""
    return None if time is None else _zulu(time, "seconds")


def milliseconds(time: datetime) -> str:
    """Return a time as ``2025-10-29T10:00:00.123Z``."""
    return _zulu(time, "milliseconds")


def _zulu(time: datetime, precision: str) -> str:
    return time.astimezone(timezone.utc).isoformat(timespec=precision).replace("+00:00", "Z")
