"""When a monitor looks: every so often, or at times of the day, of the week or of cron."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Protocol

from ...core.contracts import require
from ...core.durations import to_seconds
from ...core.errors import ConfigError
from ...core.extras import extra
from ...core.zones import zone_of

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ONE = f"(?:{'|'.join(_DAYS)})(?:-(?:{'|'.join(_DAYS)}))?"
_WEEKLY = re.compile(rf"(daily|{_ONE}(?:,{_ONE})*)\s+(\S+)", re.IGNORECASE)
_TIME = re.compile(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])")
_EXPECTED = "a schedule such as '60s', 'daily 08:00', 'mon 08:00' or '0 8 * * *'"
_CRON_FIELDS = "minute, hour, day of the month, month and day of the week, such as '0 8 * * *'"


class Schedule(Protocol):
    """The times at which a monitor looks."""

    @abstractmethod
    def next_after(self, time: datetime) -> datetime:
        """Return the first due time that is later than ``time``; both have a zone."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """A due time each so many seconds.

    Example:
        >>> Every(60).next_after(datetime(2026, 11, 28, tzinfo=timezone.utc)).isoformat()
        '2026-11-28T00:01:00+00:00'

    Args:
        seconds: from one due time to the next.

    Raises:
        ConfigError: it is no number above 0.
    """

    seconds: float

    def __post_init__(self) -> None:
        if not (isinstance(self.seconds, (int, float)) and 0 < self.seconds < math.inf):
            raise ConfigError(f"schedule: expected a number of seconds above 0, got {self.seconds!r}")

    def __str__(self) -> str:
        """Return it as a log line names it."""
        return f"every {self.seconds:g} s"

    def next_after(self, time: datetime) -> datetime:
        """Return the time so many seconds later."""
        return time + timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Cron:
    """The due times of five cron fields, in the local time of a zone.

    A local time that a clock change leaves out is due right after the gap; one that it repeats is due once.

    Example:
        >>> midnight = Cron("0 0 * * *", "Asia/Shanghai")  # doctest: +SKIP

    Args:
        expression: minute, hour, day of the month, month and day of the week, as in Debian's cron.
        timezone: the zone's name; None for that of this machine.

    Raises:
        ConfigError: it has other fields, no day ever fits, or there is no such zone.
        MissingExtraError: the extra ``production`` is not installed.
    """

    expression: str
    timezone: str | tzinfo | None = None

    def __post_init__(self) -> None:
        fields = self.expression.split() if isinstance(self.expression, str) else []
        if len(fields) != 5:
            more = "; there are no seconds and no years" if len(fields) > 5 else ""
            got = f"{len(fields)}: {self.expression!r}{more}"
            raise ConfigError(f"schedule: expected five fields, {_CRON_FIELDS}, got {got}")
        if next(self._due_times(datetime.now(timezone.utc)), None) is None:
            raise ConfigError(f"schedule: expected a date that comes, got {self.expression!r}")

    def __str__(self) -> str:
        """Return it as a log line names it."""
        return f"at {self.expression} ({zone_of(self.timezone)})"

    def next_after(self, time: datetime) -> datetime:
        """Return the first due time that is later than ``time``."""
        # The first local time of two may be past already.
        return next(due for due in self._due_times(time) if due.timestamp() > time.timestamp())

    def _due_times(self, time: datetime) -> Iterator[datetime]:
        with extra("production"):
            from cronsim import CronSim, CronSimError
        try:
            due_times: Iterator[datetime] = CronSim(self.expression, time.astimezone(zone_of(self.timezone)))
        except CronSimError as error:
            text = f"schedule: expected {_CRON_FIELDS}, got {self.expression!r}"
            raise ConfigError(f"{text}: {str(error).lower()}") from None
        return due_times


def schedule_of(given: object, zone: str | tzinfo | None = None) -> Schedule:
    """Return the schedule that a text or a number of seconds describes.

    Args:
        given: ``60``, ``"60s"``, ``"daily 08:00"``, ``"mon-fri 08:00"``, five cron fields, or a schedule.
        zone: the zone of times of the day; None for that of this machine.

    Raises:
        ConfigError: it is none; the error shows what was expected.
        MissingExtraError: it is about times of the day, and the extra ``production`` is not installed.
    """
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        return Every(given)
    if not isinstance(given, str):
        require("schedule", given, Schedule, "Every(60), Cron('0 8 * * *') or 'daily 08:00'")
        return given  # type: ignore[return-value] # checked
    text = given.strip()
    seconds = to_seconds(text)
    if seconds is not None:
        return Every(seconds)
    weekly = _WEEKLY.fullmatch(text)
    if weekly is not None:
        return Cron(_fields_of(weekly[1].lower(), weekly[2], given), zone)
    if len(text.split()) < 4:
        time = re.fullmatch(r"[0-9]+[:：][0-9]+", text)
        daily = f"'daily {text}'" if time and _fields_of("daily", text, given) else _EXPECTED
        raise ConfigError(f"schedule: expected {daily}, got {given!r}")
    return Cron(text, zone)


def _fields_of(days: str, time: str, given: str) -> str:
    found = _TIME.fullmatch(time)
    if found is None:
        raise ConfigError(f"schedule: expected a time from 00:00 to 23:59, got {time!r} in {given!r}")
    return f"{int(found[2])} {int(found[1])} * * {'*' if days == 'daily' else _numbered(days)}"


def _numbered(days: str) -> str:
    """Return days of the week as cron's numbers; fri-mon are four."""
    numbers: list[int] = []
    for part in days.split(","):
        first, *last = (_DAYS.index(day) for day in part.split("-"))
        numbers += range(first, (last[-1] if last else first) + 1 + 7 * (bool(last) and last[-1] < first))
    return ",".join(dict.fromkeys(str(number % 7 + 1) for number in numbers))
