"""Time zones by their names, and the one of this machine."""

from __future__ import annotations

import os
from datetime import datetime, tzinfo
from pathlib import Path

from .errors import ConfigError

_BEIJING = ("beijing", "peking", "北京", "中国")  # which the database calls Asia/Shanghai


def zone_of(name: str | tzinfo | None, setting: str = "timezone") -> tzinfo:
    """Return a zone by its name, such as ``Asia/Shanghai``; that of this machine for None.

    Args:
        name: the name; a zone is returned as it is.
        setting: how the caller calls it, for the error.

    Raises:
        ConfigError: there is no such zone; the error names the nearest ones.
    """
    from zoneinfo import ZoneInfo  # it imports sysconfig

    if isinstance(name, tzinfo):
        return name
    if name is None:
        return local_zone()
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, TypeError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        text = f"{setting}: expected a time zone such as 'Asia/Shanghai' or 'UTC', got {name!r}"
        raise ConfigError(f"{text}{_suggestion(str(name))}") from None


def local_zone() -> tzinfo:
    """Return the zone of this machine, with its clock changes where the system names it."""
    from zoneinfo import ZoneInfo

    link = str(Path("/etc/localtime").resolve())
    name = os.environ.get("TZ", "").lstrip(":") or link.partition("zoneinfo/")[2]
    try:
        if name:
            return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # a rule such as CST-8 in TZ
        pass
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None  # of a local time
    return zone


def _suggestion(name: str) -> str:
    from difflib import get_close_matches  # wanted by an error alone
    from zoneinfo import available_timezones

    names = available_timezones()
    if not names:
        return "; this system has no time zones: pip install tzdata"
    if name.strip().lower() in _BEIJING:
        return "; did you mean 'Asia/Shanghai'?"
    asked = name.strip().lower().replace(" ", "_")
    whole = {zone.lower(): zone for zone in names}
    cities = {zone.rpartition("/")[2].lower(): zone for zone in sorted(names) if "/" in zone}
    found = [whole[match] for match in get_close_matches(asked, whole, n=2, cutoff=0.8)]
    found += [cities[match] for match in get_close_matches(asked.rpartition("/")[2], cities, n=2, cutoff=0.8)]
    nearest = list(dict.fromkeys(found))[:3]
    return f"; did you mean {' or '.join(map(repr, nearest))}?" if nearest else ""
