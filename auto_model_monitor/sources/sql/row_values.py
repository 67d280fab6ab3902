"""What drivers return, as numbers and times."""

from __future__ import annotations

import math
from datetime import date, datetime, timezone, tzinfo
from decimal import Decimal

from ...core.numbers import to_float


def number_of(value: object) -> float | None:
    """Return a number, also one that is written; None where it is none."""
    if isinstance(value, (int, float, Decimal)):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
        except ValueError:  # a signalling NaN
            return math.nan
    return to_float(value.strip()) if isinstance(value, str) else None


def moment_of(value: object, zone: tzinfo) -> datetime | None:
    """Return a time in UTC: of a time, a day's beginning, ISO 8601, or seconds since 1970.

    Args:
        value: what the driver returned.
        zone: the zone of times that have none.
    """
    try:
        if isinstance(value, str):
            value = datetime.fromisoformat(value.strip())
        elif isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
            return datetime.fromtimestamp(float(value), timezone.utc)
        elif isinstance(value, date) and not isinstance(value, datetime):
            value = datetime(value.year, value.month, value.day)
        if not isinstance(value, datetime):
            return None
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
