"""Scores as bars on one line."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..core.thinning import evenly_thinned
from .scales import Scale

_BARS = "▁▂▃▄▅▆▇█"
_BROKEN = "·"
WIDTH = 24  # bars; more do not stand on one line of a phone


def heights(values: Sequence[float], steps: int) -> list[int | None]:
    """Return how high each bar stands, from 0 to ``steps - 1``; None for what is no number."""
    scale = Scale(values)
    return [
        min(steps - 1, int(scale.place(value) * steps)) if math.isfinite(value) else None for value in values
    ]


def sparkline(values: Sequence[float]) -> str:
    """Write the values as one line of bars, a dot for what is no number."""
    levels = heights(evenly_thinned(values, WIDTH), len(_BARS))
    return "".join(_BROKEN if level is None else _BARS[level] for level in levels)
