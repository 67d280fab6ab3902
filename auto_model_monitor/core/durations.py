"""Durations as people write them: ``90s``, ``30min``, ``2h``, ``1d``."""

from __future__ import annotations

import math

from .numbers import to_float

_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def to_seconds(text: str) -> float | None:
    """Return the seconds of a duration with its unit; None when it is none, such as ``2`` or ``2 weeks``."""
    digits = text.rstrip("acdehimnosy")
    number, unit = to_float(digits), _SECONDS.get(text[len(digits) :])
    seconds = None if number is None or unit is None else number * unit
    return seconds if seconds is not None and math.isfinite(seconds) else None
