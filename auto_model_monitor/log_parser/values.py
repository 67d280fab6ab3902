"""Takes the numbers out of a line whose format is understood."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..core.numbers import to_float
from .entries import Number
from .layout import Layout, Spot

_MOST_DIGITS = 16  # of a counter


def metrics_of(layout: Layout, parts: Sequence[str]) -> dict[str, Number]:
    """Return the metrics of a line, the epoch first.

    Args:
        layout: where they stand.
        parts: words, number, words, number, …, words.
    """
    metrics: dict[str, Number] = {}
    if layout.epoch >= 0:
        count_epochs(parts[2 * layout.epoch + 1], metrics)
    if layout.total >= 0:
        total = whole(parts[2 * layout.total + 1])
        if total is not None:
            metrics["total_epochs"] = total
    for spot in layout.spots:
        value = number_at(spot, parts)
        if value is None and spot.other >= 0:
            value = number_at(Spot("", spot.other), parts)
        if value is not None:
            metrics[spot.metric] = value
    return metrics


def number_at(spot: Spot, parts: Sequence[str]) -> float | None:
    """Return the number that stands at a spot, None where none does, as ``1.2.3`` and ``2.5s`` are none."""
    if spot.slot < 0:
        return spot.constant
    text = parts[2 * spot.slot + 1]
    if spot.fraction and "." not in text and "e" not in text:
        return None
    try:  # a run of ASCII letters, digits and dots is a number if float takes it
        return float(spot.sign + text)
    except ValueError:
        return None


def whole(text: str) -> int | None:
    """Return the integer that a counter such as ``3`` or ``3/10`` stands at, None where it is none."""
    first = text.partition("/")[0]
    return int(first) if first.isascii() and first.isdigit() and len(first) < _MOST_DIGITS else None


def count_epochs(text: str, metrics: dict[str, Number]) -> None:
    """Add the epoch that a counter such as ``3`` or ``3/10`` stands at, and the number of epochs."""
    epoch, _, total = text.partition("/")
    reached = whole(epoch)
    if reached is None:  # transformers counts in parts: at 0.5 the first epoch is half way
        passed = to_float(epoch)
        if passed is None or not 0 <= passed < 10.0 ** (_MOST_DIGITS - 1):
            return
        reached = math.ceil(passed)
    metrics["epoch"] = reached
    of = whole(total)
    if of is not None:
        metrics["total_epochs"] = of


def is_full(counter: str) -> bool:
    """Tell whether a counter ``n/N`` has reached its end, from 0 or from 1."""
    reached, end = whole(counter), whole(counter.partition("/")[2])
    return reached is None or end is None or reached >= end - 1
