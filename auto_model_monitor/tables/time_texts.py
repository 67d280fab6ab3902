"""Times as text and as numbers."""

from __future__ import annotations

from datetime import datetime, timezone, tzinfo

MILLISECONDS = 1e11
"""Numbers beyond are milliseconds since 1970; as seconds they were in the year 5138."""

EARLIEST = datetime.min.replace(tzinfo=timezone.utc)
LATEST = datetime.max.replace(tzinfo=timezone.utc)


def shortest_text(moment: datetime) -> str:
    """Return a time as text without the zeros at its end.

    Then text that is later or equal sorts behind it, whether it has seconds and their fractions or not.
    """
    text = moment.isoformat(" ", timespec="microseconds").rstrip("0")
    for end in ("00:00:.", "00:.", ":.", "."):
        text = text.removesuffix(end)
    return text.rstrip(" .")


def in_utc(moment: datetime, zone: tzinfo) -> datetime:
    """Return a time in UTC; at the ends of the calendar, such as the year 1, the nearest that there is.

    Args:
        moment: the time.
        zone: its zone where it states none.
    """
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(timezone.utc)
    except OverflowError:
        return EARLIEST if moment.year == 1 else LATEST


def from_epoch(seconds: float) -> datetime:
    """Return the time so many seconds after 1970; beyond the calendar the nearest that there is."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return LATEST if seconds > 0 else EARLIEST


def read_text(text: str | None, zone: tzinfo) -> datetime | None:
    """Return the time that a text in ISO 8601 states, in UTC; None where it states none."""
    try:
        moment = datetime.fromisoformat((text or "").strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return in_utc(moment, zone)
