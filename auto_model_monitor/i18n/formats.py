"""The formats of numbers, times and sizes."""

from __future__ import annotations

import math
from datetime import datetime

#: The text of a missing value.
ABSENT = "—"


#: Significant digits that a person is shown; more are noise of the arithmetic.
DIGITS = 6


def number_text(value: float, digits: int = DIGITS) -> str:
    """Return a number with at most ``digits`` significant digits: ``0.003``, ``1.2e-05``, ``NaN``.

    A whole number that is no float (an epoch, a count) keeps all its digits.
    """
    if isinstance(value, int) and abs(value) < 10**16:
        return str(int(value))
    text = repr(rounded(value, digits))
    if text in _UNUSUAL:
        return _UNUSUAL[text]
    return text[:-2] if text.endswith(".0") else text


_UNUSUAL = {"nan": "NaN", "0.0": "0", "-0.0": "0"}


def rounded(value: float, digits: int = DIGITS) -> float:
    """Return a number with at most ``digits`` significant digits."""
    # float() first: a NumPy number's own repr would read "np.float64(0.003)".
    return float(f"{float(value):.{digits}g}")


def distinct_texts(value: float, base: float) -> tuple[str, str]:
    """Return both numbers as texts, with more digits where six would make two numbers look like one."""
    for digits in range(DIGITS, 17):
        texts = number_text(value, digits), number_text(base, digits)
        if texts[0] != texts[1] or value == base:
            return texts
    return number_text(value, 17), number_text(base, 17)


def exact_gain(gain: float, value: float, base: float) -> float:
    """Return ``gain``, the difference of ``value`` and ``base``, as computed with decimals.

    In binary 0.0034 - 0.0029 is 0.0004999999999999999; with the decimals of the file names it is 0.0005.
    """
    if not (math.isfinite(value) and math.isfinite(base)):
        return gain
    from decimal import Context, Decimal

    # An own context: the program may have changed that of the thread.
    numbers = (Decimal(repr(float(number))) for number in (value, base))
    return math.copysign(float(Context(prec=50).subtract(*numbers)), gain)


def percent_text(change: float, base: float) -> str | None:
    """Return ``change`` as a percentage of ``base``; None when it would be meaningless."""
    if not (math.isfinite(change) and math.isfinite(base)) or base == 0:
        return None
    percent = abs(change / base) * 100
    if percent >= 10_000:
        return None
    if percent < 0.01:
        return "<0.01%"
    text = f"{percent:.1f}" if percent >= 1 else f"{percent:.2g}"
    return f"{text.removesuffix('.0')}%"


def size_text(size: float) -> str:
    """Return a number of bytes in decimal units: ``4.2 GB``."""
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if abs(size) < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.4g} PB"


def duration_text(seconds: float, units: str) -> str:
    """Return a duration in its two largest units: ``2 h 5 min``.

    Args:
        seconds: the duration; a negative or non-finite one is absent.
        units: the names of days, hours, minutes and seconds, separated by commas.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        return ABSENT
    seconds = round(seconds) if seconds < 60 else round(seconds / 60) * 60
    amounts = (seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60)
    parts = [f"{n} {unit.strip()}" for n, unit in zip(amounts, units.split(","), strict=True)]
    first = next((i for i, n in enumerate(amounts) if n), len(amounts) - 1)
    return (
        " ".join(part for part, n in zip(parts[first : first + 2], amounts[first:], strict=False) if n)
        or parts[-1]
    )


def time_text(time: datetime) -> str:
    """Return a time as ``YYYY-MM-DD HH:MM:SS`` in its own zone."""
    # strftime() writes the year 1 as "1" on some systems.
    return time.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")


def zoned_time_text(time: datetime) -> str:
    """Return a time with its zone: ``2026-11-20 20:34:12 UTC+08:00``."""
    offset = time.utcoffset()
    if offset is None:
        return time_text(time)
    minutes = round(offset.total_seconds() / 60)
    if minutes == 0:
        return f"{time_text(time)} UTC"
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"{time_text(time)} UTC{sign}{hours:02d}:{rest:02d}"
