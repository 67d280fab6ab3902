"""Windows of local days and hours, across clock changes."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from auto_model_monitor import ConfigError
from auto_model_monitor.sources.predictions.windows import WindowCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
CAIRO = ZoneInfo("Africa/Cairo")


def utc(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=timezone.utc)


def test_a_day_in_shanghai_begins_at_sixteen_in_utc():
    """A day is the local day: its last second belongs to it, the next one to the next day."""
    days = WindowCalendar("1d", SHANGHAI)
    window = days.at(utc(2026, 11, 27, 15, 59, 59))
    assert (window.label, window.start, window.end) == (
        "2026-11-27",
        utc(2026, 11, 26, 16),
        utc(2026, 11, 27, 16),
    )
    assert days.at(window.end).label == "2026-11-28"


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        (BERLIN, "2026-03-29", 23),
        (BERLIN, "2026-10-25", 25),
        (CAIRO, "2026-04-24", 23),
        (CAIRO, "2026-10-29", 25),
    ],
)
def test_a_day_with_a_clock_change_is_one_window(zone: ZoneInfo, day: str, hours: int):
    """The day has 23 or 25 hours and touches its neighbours, also where there is no midnight."""
    days = WindowCalendar("1d", zone)
    window = days.at(datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=zone))
    assert (window.label, window.seconds) == (day, hours * 3600)
    assert days.at(window.start) == window
    assert days.at(window.end - timedelta(microseconds=1)) == window
    assert days.at(window.start - timedelta(microseconds=1)).end == window.start


def test_a_skipped_hour_has_no_window_and_a_repeated_one_is_one():
    """Of the hours of Berlin's spring day 02:00 is missing; in autumn it is one window of two hours."""
    hours = WindowCalendar("1h", BERLIN)
    spring = list(hours.between(utc(2026, 3, 28, 23), utc(2026, 3, 29, 21, 59)))
    assert [window.label[11:] for window in spring] == [f"{h:02}:00" for h in range(24) if h != 2]
    assert {window.seconds for window in spring} == {3600}
    autumn = list(hours.between(utc(2026, 10, 24, 22), utc(2026, 10, 25, 22, 59)))
    assert [window.label[11:] for window in autumn] == [f"{h:02}:00" for h in range(24)]
    assert [window.seconds for window in autumn[:4]] == [3600, 3600, 7200, 3600]


@pytest.mark.parametrize("zone", [SHANGHAI, BERLIN, CAIRO, ZoneInfo("Asia/Kolkata"), ZoneInfo("Cuba")])
@pytest.mark.parametrize("length", ["15min", "1h", "6h", "1d", "7d"])
def test_windows_of_a_year_have_no_gap_and_no_overlap(zone: ZoneInfo, length: str):
    """Each window of a year begins where the one before ends, and each label occurs once."""
    calendar = WindowCalendar(length, zone)
    windows = list(calendar.between(utc(2026, 3, 20), utc(2026, 11, 5)))
    assert all(one.end == other.start for one, other in itertools.pairwise(windows))
    assert len({window.label for window in windows}) == len(windows)


def test_weeks_begin_on_mondays():
    """A window of seven days begins on the Monday before."""
    assert WindowCalendar("7d", SHANGHAI).at(utc(2026, 11, 26)).label == "2026-11-23"


@pytest.mark.parametrize("length", ["", "1", "1w", "0d", "5h", "7min", "36h", "30s", "-1d", None])
def test_a_length_that_does_not_divide_a_day_is_refused(length: str):
    """The error says what lengths there are."""
    with pytest.raises(ConfigError, match="window: expected"):
        WindowCalendar(length, SHANGHAI)
