"""Windows of time: local days and hours, across clock changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo

from ...core.durations import to_seconds
from ...core.errors import ConfigError

_DAY = 86_400
_LONGEST = 366 * 86_400
_MONDAY = date(1970, 1, 5).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window: ``start <= time < end``.

    Attributes:
        label: its local date, or date and time, such as ``2026-11-27 08:00``.
        start: its first moment, in UTC.
        end: the moment after its last one, in UTC.
    """

    label: str
    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Its length: a day has 23 or 25 hours where the clock changes."""
        return (self.end - self.start).total_seconds()


class WindowCalendar:
    """The windows of one length in one time zone.

    Days begin at local midnight, or at the first moment after it where that is missing, as in Cairo on
    2026-04-24; windows of seven days on Mondays. Hours and minutes divide the local day from midnight: of
    an hour that the clock skips there is no window, and an hour that it repeats is one window of two hours.

    Args:
        length: such as ``1d``, ``7d``, ``6h`` or ``15min``.
        zone: the time zone.

    Raises:
        ConfigError: the length is none, or hours or minutes that do not divide a day.
    """

    def __init__(self, length: str, zone: tzinfo) -> None:
        self.zone = zone
        self._seconds = _checked(length)
        self._day: tuple[date, list[tuple[datetime, str]]] | None = None  # the last one and its edges

    def at(self, time: datetime) -> Window:
        """Return the window of a moment."""
        moment = time.astimezone(timezone.utc)
        day = self._first_day(moment.astimezone(self.zone).date())
        if self._seconds >= _DAY:
            days = self._seconds // _DAY
            return self._window(day, day + timedelta(days))
        if self._day is None or self._day[0] != day:
            self._day = day, self._edges(day)
        edges = self._day[1]
        index = bisect_right(edges, moment, key=lambda edge: edge[0])
        (start, label), (end, _) = edges[index - 1], edges[index]
        return Window(label=label, start=start, end=end)

    def between(self, first: datetime, last: datetime) -> Iterator[Window]:
        """Yield the windows from that of ``first`` to that of ``last``."""
        window = self.at(first)
        while window.start <= last:
            yield window
            window = self.at(window.end)

    def _first_day(self, day: date) -> date:
        days = self._seconds // _DAY
        return day - timedelta((day.toordinal() - _MONDAY) % days) if days > 1 else day

    def _window(self, day: date, following: date) -> Window:
        start, end = self._moment(day, 0), self._moment(following, 0)
        return Window(label=day.isoformat(), start=start, end=end)

    def _edges(self, day: date) -> list[tuple[datetime, str]]:
        """Return the moments at which a day's windows begin, and the end of the last."""
        edges: dict[datetime, str] = {}
        for seconds in range(0, _DAY, self._seconds):
            label = f"{day} {seconds // 3600:02}:{seconds // 60 % 60:02}"
            edges[self._moment(day, seconds)] = label  # a skipped hour begins with the one after it
        return sorted([*edges.items(), (self._moment(day + timedelta(1), 0), "")])

    def _moment(self, day: date, seconds: int) -> datetime:
        """Return when a local clock first shows a time, or, where it skips it, when it skips it."""
        wall = datetime(day.year, day.month, day.day) + timedelta(seconds=seconds)
        return wall.replace(tzinfo=self.zone).astimezone(timezone.utc)


def _checked(length: str) -> int:
    seconds = to_seconds(length) if isinstance(length, str) else None
    if seconds is None or not 60 <= seconds <= _LONGEST or seconds % 60:
        text = f"window: expected a length such as '1d', '6h' or '15min', of at most 366d, got {length!r}"
        raise ConfigError(text)
    whole = int(seconds)
    if whole % _DAY and _DAY % whole:
        text = f"window: expected days, or hours or minutes that divide a day, such as '6h', got {length!r}"
        raise ConfigError(text)
    return whole
