"""Extracts the numbers of a line whose layout is known."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..core.numbers import to_float
from .entries import Number
from .layout import Layout, MetricSlot

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
    for slot in layout.slots:
        value = number_at(slot, parts)
        if value is None and slot.other >= 0:
            value = number_at(MetricSlot("", slot.other), parts)
        if value is not None:
            metrics[slot.metric] = value
    return metrics


def number_at(slot: MetricSlot, parts: Sequence[str]) -> float | None:
    """Return the number that stands at a slot, None where none does, as ``1.2.3`` and ``2.5s`` are none."""
    if slot.position < 0:
        return slot.constant
    text = parts[2 * slot.position + 1]
    if slot.fraction and "." not in text and "e" not in text:
        return None
    try:  # a run of ASCII letters, digits and dots is a number if float takes it
        return float(slot.sign + text)
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


def is_full(counter: str, *, first: int = 0) -> bool:
    """Return whether a counter ``n/N`` has reached its end.

    Args:
        counter: its text.
        first: what it counts from: 1, or 0 where that is not known.
    """
    reached, end = whole(counter), whole(counter.partition("/")[2])
    return reached is None or end is None or reached >= end - 1 + first
