"""Scores as bars on one line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from .scales import Scale

_BARS = "▁▂▃▄▅▆▇█"
_BROKEN = "·"
WIDTH = 24  # bars; more do not stand on one line of a phone


def picked(values: Sequence[float], width: int = WIDTH) -> list[float]:
    """Return at most ``width`` of the values that keep their shape, the lowest and the highest among them.

    The last one is always the last.
    """
    if len(values) <= width:
        return list(values)
    finite = [value for value in values if math.isfinite(value)]
    ends = (min(finite), max(finite)) if finite else ()
    edges = [index * (len(values) - 1) // (width - 1) for index in range(width)]
    groups = (values[start:end] for start, end in pairwise(edges))
    return [*(_telling(group, ends) for group in groups), values[-1]]


def heights(values: Sequence[float], steps: int) -> list[int | None]:
    """Return how high each bar stands, from 0 to ``steps - 1``; None for what is no number."""
    scale = Scale(values)
    return [
        min(steps - 1, int(scale.place(value) * steps)) if math.isfinite(value) else None for value in values
    ]


def sparkline(values: Sequence[float]) -> str:
    """Write the values as one line of bars, a dot for what is no number."""
    levels = heights(picked(values), len(_BARS))
    return "".join(_BROKEN if level is None else _BARS[level] for level in levels)


def _telling(group: Sequence[float], ends: Sequence[float]) -> float:
    finite = sorted(value for value in group if math.isfinite(value))
    if not finite:
        return math.nan
    found = [end for end in ends if end in finite]
    return found[0] if found else finite[len(finite) // 2]
