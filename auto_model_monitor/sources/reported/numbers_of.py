"""Numbers out of what trainings have: Python's own, numpy's scalars and tensors of one element."""

from __future__ import annotations

from typing import Any


def number_of(value: Any) -> float | None:
    """Return a value as a number; None for what is none, a text and an array of several included."""
    if isinstance(value, (str, bytes, bytearray)):
        return None
    try:
        return float(value)
    except Exception:  # whatever an object of another library raises
        return None


def count_of(value: Any) -> int | None:
    """Return an epoch or a step as a whole number, of 2.75 epochs the 2; None for what is no number."""
    number = number_of(value)
    try:
        return None if number is None else int(number)
    except (ValueError, OverflowError):  # NaN or infinite
        return None
