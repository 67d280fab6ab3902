"""Thinning: fewer numbers of a series, with the shape of its curve."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")


def extremes(group: Sequence[T], value: Callable[[T], float]) -> list[T]:
    """Return the lowest, the highest and the first non-finite item of a group, in their order."""
    finite = [index for index, item in enumerate(group) if math.isfinite(value(item))]
    kept = {pick(finite, key=lambda index: value(group[index])) for pick in (min, max) if finite}
    if len(finite) < len(group):
        kept.add(next(index for index, item in enumerate(group) if not math.isfinite(value(item))))
    return [group[index] for index in sorted(kept)]


def evenly_thinned(values: Sequence[float], most: int) -> list[float]:
    """Return at most ``most`` of the values, the lowest, the highest and the last among them.

    Each stretch of equal length gives its median, or NaN when none of its values is finite.
    """
    if len(values) <= most:
        return list(values)
    finite = [value for value in values if math.isfinite(value)]
    ends = (min(finite), max(finite)) if finite else ()
    edges = [index * (len(values) - 1) // (most - 1) for index in range(most)]
    stretches = (values[start:end] for start, end in pairwise(edges))
    return [*(_representative(stretch, ends) for stretch in stretches), values[-1]]


def _representative(stretch: Sequence[float], ends: Sequence[float]) -> float:
    finite = sorted(value for value in stretch if math.isfinite(value))
    if not finite:
        return math.nan
    return next((end for end in ends if end in finite), finite[len(finite) // 2])
