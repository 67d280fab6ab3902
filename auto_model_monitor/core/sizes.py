"""Sizes as people write them: ``5GB``, ``4.7GiB``, ``500 MB``."""

from __future__ import annotations

from .numbers import to_float

_UNITS = {"B": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5}
_BINARY = {f"{unit[0]}iB": power for unit, power in _UNITS.items() if power}


def to_bytes(text: str) -> float | None:
    """Return the bytes of a size with its unit, at least 1; None when it is none, such as ``5``."""
    digits = text.rstrip("KMGTPiBkmgtpb ")
    number, unit = to_float(digits), text[len(digits) :].strip()
    if number is None or number <= 0:
        return None
    if unit in _BINARY:
        return max(number * float(1024 ** _BINARY[unit]), 1.0)
    power = _UNITS.get(unit.upper())
    return None if power is None else max(number * float(1000**power), 1.0)
