"""Responses in strict JSON: no NaN, no infinity, no lone surrogate, and times in UTC."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .framework import Response


def dumps(value: Any) -> bytes:
    """Return the value as one line of UTF-8 JSON; a number that is not finite becomes null."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:  # a number without a JSON form, or a lone surrogate without a UTF-8 form
        return json.dumps(_finite(value), allow_nan=False, separators=(",", ":")).encode()


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response; a number that is not finite becomes null."""
    return Response(dumps(content), status, headers, "application/json")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    return value


def utc_text(time: datetime | None, precision: str = "seconds") -> str | None:
    """Return a time as ``2025-10-29T10:00:00Z``, or None for None.

    Args:
        time: any time with a time zone.
        precision: ``"seconds"`` or ``"milliseconds"``, as in ``10:00:00.123Z``.
    """
    if time is None:
        return None
    return time.astimezone(timezone.utc).isoformat(timespec=precision).replace("+00:00", "Z")
