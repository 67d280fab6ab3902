"""Scores as bars on one line."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..core.thinning import evenly_thinned
from .scales import Scale

_BARS = "▁▂▃▄▅▆▇█"
_BROKEN = "·"
WIDTH = 24  # bars; more do not fit on one line of a phone


def heights(values: Sequence[float], steps: int) -> list[int | None]:
    """Return the height of each bar, from 0 to ``steps - 1``; None for a non-finite value."""
    scale = Scale(values)
    return [
        min(steps - 1, int(scale.place(value) * steps)) if math.isfinite(value) else None for value in values
    ]


def sparkline(values: Sequence[float]) -> str:
    """Return the values as one line of bars, with a dot for a non-finite value."""
    levels = heights(evenly_thinned(values, WIDTH), len(_BARS))
    return "".join(_BROKEN if level is None else _BARS[level] for level in levels)
