"""What logging formats put before a message: the time, the logger, the level."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from ..core.numbers import compiled
from .layout import BLANK

_LEVELS = {"WARN": "WARNING", "FATAL": "CRITICAL", "TRACE": "DEBUG", "SUCCESS": "INFO"}
_LEVEL = r"(?P<level>DEBUG|INFO|WARNING|WARN|ERROR|CRITICAL|FATAL|TRACE|SUCCESS)"
_S = r"[ \t]{0,40}"
_STAMP = rf"[\[(]?(?P<stamp>#(?:[ T]{{1,2}}#)?(?:[,.]#)?(?:[+-]#)?Z?)[\])]?{_S}"
_NAME = r"[\[(]?[\w.<>/-]{1,80}[\])]?"
_DOTTED = r"\w{1,60}(?:\.\w{1,60}){1,8}[ \t]{1,8}[-|][ \t]{1,80}"  # a logger's name behind the level
_PLACE = rf"(?:[\[(]?[\w.<>/:-]{{1,120}}:#[\])]?{_S}(?:[-|:]{_S}|>>{_S})?|{_DOTTED})?"
_AFTER = rf"[\])]?(?:{_S}[-|:>]{{1,2}}{_S}|[ \t]{{1,40}})"
# With which character a line begins that may have such a prefix; # stands for a number, a date or a time.
_PREFIXES = (
    ("#[(", rf"{_STAMP}[-|:]?{_S}(?:{_NAME}{_S}[-|:]?{_S})??[\[(]?{_LEVEL}{_AFTER}{_PLACE}"),
    ("[", rf"\[{_LEVEL}\|[\w.]{{1,80}}:#\] {_STAMP}>>{_S}"),
    ("[", rf"\[(?P<stamp>#(?:[ T]#)?(?:[,.]#)?) [\w.-]{{1,80}}\]:?{_S}(?:\([\w.]{{1,80}} #\): {_LEVEL} )?"),
    ("[(DIWECFTS", rf"[\[(]?{_LEVEL}[\])]?{_S}[-:|]?{_S}(?:{_STAMP}{_PLACE}|[\w.]{{1,80}}:(?=\S))?"),
    ("IWEF", rf"[IWEF][0-9]{{4}} #[ ]{{1,8}}# [\w./-]{{1,80}}:#\]{_S}"),
    ("[(", rf"[\[(](?P<stamp>#(?:[ T]{{1,2}}#)(?:[,.]#)?)[\])]{_S}[-:|]?{_S}"),
    ("#", rf"(?P<stamp>#[ T]#(?:[,.]#)?){_S}[-:|]?{_S}(?=[A-Za-z|{{\[*])"),
    ("[(", rf"(?:\[(?:rank|default)?[0-9]*\]|\([\w ]{{0,40}}pid=#[^)]{{0,40}}\)){_S}:?{_S}"),
)
_DATE = r"(?:([0-9]{4})[-/.])?([0-9]{1,2})[-/.]([0-9]{1,2})"
_TIME = r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"


class Prefix(NamedTuple):
    """What stands before a message.

    Attributes:
        end: where the message begins, in the line without its numbers.
        level: the level that is written there, the empty string for none.
        stamp: the first and the last number of the time.
    """

    end: int
    level: str = ""
    stamp: tuple[int, int] = (0, 0)


def prefix_of(blank: str) -> Prefix:
    """Find what stands before the message in a line without its numbers."""
    first = blank[:1].replace(BLANK, "#")
    for begins, source in _PREFIXES if first else ():
        found = compiled(source.replace("#", BLANK)).match(blank) if first in begins else None
        if found is not None:
            groups = found.groupdict()
            level = groups.get("level") or ""
            start, end = found.span("stamp") if groups.get("stamp") else (0, 0)
            stamp = (blank.count(BLANK, 0, start), blank.count(BLANK, 0, end))
            return Prefix(found.end(), _LEVELS.get(level, level), stamp)
    return Prefix(0)


def time_of(text: str, near: datetime) -> datetime | None:
    """Return the time that a prefix writes, None where it writes none with a date.

    Args:
        text: such as ``2025-10-29 10:15:23,123``, ``10/29 10:15:23`` or ``2025-10-29T10:15:23Z``.
        near: a time of about then, with its zone: gives the year where none is written. A time without a
            zone is the machine's.
    """
    date, time = compiled(_DATE).search(text), compiled(_TIME).search(text)
    if date is None or time is None:
        return None
    year, month, day = date.groups()
    hour, minute, second, fraction = time.groups()
    rest = text[time.end() :]
    millis = compiled(r"[,.]([0-9]{1,9})").match(rest)
    fraction = fraction or (millis[1] if millis else "0")
    try:
        found = datetime(
            int(year or near.year),
            int(month),
            int(day),
            int(hour),
            int(minute),
            int(second or 0),
            int(fraction[:6].ljust(6, "0")),
        )
        if not 1 < found.year < 9999:  # in another zone it may be a time that no calendar has
            return None
        return found.replace(tzinfo=_zone(rest)) if _zone(rest) else found.astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def _zone(rest: str) -> timezone | None:
    if rest.endswith("Z"):
        return timezone.utc
    found = compiled(r"([+-])([0-9]{2}):?([0-9]{2})\Z").search(rest)
    if found is None:
        return None
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-offset if found[1] == "-" else offset)
