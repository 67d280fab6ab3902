"""Schedules: due times in a zone, each served once, whatever the clock and the process do."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from auto_model_monitor import (
    ConfigError,
    Cron,
    Every,
    MemoryOutbox,
    Monitor,
    OutboxError,
    ReadingBatch,
    SQLiteOutbox,
)
from auto_model_monitor.core.zones import local_zone, zone_of
from auto_model_monitor.monitor.schedules.due_times import DueTimes
from auto_model_monitor.monitor.schedules.schedule import schedule_of
from tests.campaigns import THOROUGH

pytest.importorskip("cronsim")
UTC = timezone.utc
HOUR = timedelta(hours=1)
# Local times that a clock change leaves out: their day is served right after the gap.
GAPS = {
    ("Europe/Berlin", 2, 30, "2026-03-29"): datetime(2026, 3, 29, 1, tzinfo=UTC),  # 03:00+02
    ("Africa/Cairo", 0, 0, "2026-04-24"): datetime(2026, 4, 23, 22, tzinfo=UTC),  # 01:00+03
}


class SimulatedClock:
    """A clock on which a wait takes as long as the test wants: at least what was asked for."""

    def __init__(self, now: datetime, oversleep=None):
        self.wall = now
        self.oversleep = oversleep
        self.waits = 0

    def now(self):
        return self.wall

    def monotonic(self):
        return self.wall.timestamp()

    def wait(self, event, seconds):
        self.waits += 1
        self.wall += timedelta(seconds=seconds)
        if self.oversleep is not None:
            self.oversleep(event)
        return event.is_set()


def due_in(zone: str, hour: int, minute: int) -> list[datetime]:
    """Return the due times of a time of the day, by the rules of the zone's database alone."""
    days = [datetime(2025, 12, 31) + timedelta(days=day) for day in range(367)]
    local = [(day, day.replace(hour=hour, minute=minute, tzinfo=ZoneInfo(zone))) for day in days]
    return [GAPS.get((zone, hour, minute, f"{day:%Y-%m-%d}"), due.astimezone(UTC)) for day, due in local]


def looks_of_processes(schedule, begin: datetime, end: datetime, naps) -> list[datetime]:
    """Return when processes look that live one after the other, each for some hours, with one outbox."""
    outbox, looks = MemoryOutbox(), []
    clock = SimulatedClock(begin)
    while clock.wall < end:
        death = clock.wall + (HOUR if THOROUGH else 5 * HOUR)

        def sleep(event, death=death):
            clock.wall = next((wakes for falls, wakes in naps if falls <= clock.wall < wakes), clock.wall)
            if clock.wall >= min(death, end):
                event.set()

        clock.oversleep = sleep
        process, stop = DueTimes(schedule, clock, lambda: outbox), threading.Event()
        while process.wait(stop):
            looks.append(clock.wall)
            process.looked()
    return looks


@pytest.mark.parametrize(("hour", "minute"), [(0, 0), (2, 30)])
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "Africa/Cairo"])
def test_each_due_time_of_a_year_is_served_once(zone, hour, minute, monkeypatch):
    """In a year with clock changes each due time makes one look; those slept through make one together."""
    monkeypatch.setattr("auto_model_monitor.monitor.schedules.due_times._LONGEST_WAIT", 3600.0)
    begin, end = datetime(2025, 12, 31, 12, tzinfo=UTC), datetime(2026, 12, 31, 20, tzinfo=UTC)
    naps = [(datetime(2026, m, 20, 5, tzinfo=UTC), datetime(2026, m, 24, 5, tzinfo=UTC)) for m in (2, 7)]
    expected = {due for due in due_in(zone, hour, minute) if begin < due < end}
    slept_through = {due for due in expected if any(falls <= due < wakes for falls, wakes in naps)}
    assert len(slept_through) == 8
    looks = looks_of_processes(Cron(f"{minute} {hour} * * *", zone), begin, end, naps)
    assert looks == sorted(expected - slept_through | {wakes for _, wakes in naps})


@pytest.mark.parametrize(
    ("zone", "expression", "time", "due"),
    [
        ("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00+01:00", "2026-03-29T03:00:00+02:00"),
        ("Europe/Berlin", "30 2 * * *", "2026-03-29T03:00+02:00", "2026-03-30T02:30:00+02:00"),
        ("Europe/Berlin", "30 2 * * *", "2026-10-25T02:30+02:00", "2026-10-26T02:30:00+01:00"),
        ("Europe/Berlin", "30 2 * * *", "2026-10-25T02:10+01:00", "2026-10-26T02:30:00+01:00"),
        ("Africa/Cairo", "0 0 * * *", "2026-04-23T12:00+02:00", "2026-04-24T01:00:00+03:00"),
        ("Africa/Cairo", "30 23 * * *", "2026-10-29T23:30+03:00", "2026-10-30T23:30:00+02:00"),
        ("Asia/Shanghai", "0 0 * * 1", "2026-11-28T00:00+08:00", "2026-11-30T00:00:00+08:00"),
    ],
)
def test_a_missing_time_is_due_after_the_gap_and_a_doubled_one_once(zone, expression, time, due):
    """The next due time after a moment is that of the zone, also on the days of its clock changes."""
    found = Cron(expression, zone).next_after(datetime.fromisoformat(time))
    assert found.isoformat() == due


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        (60, Every(60)),
        ("60s", Every(60)),
        (" 2h ", Every(7200)),
        ("daily 00:00", Cron("0 0 * * *", "Asia/Shanghai")),
        ("mon 8:05", Cron("5 8 * * 1", "Asia/Shanghai")),
        ("MON,Thu 08：00", Cron("0 8 * * 1,4", "Asia/Shanghai")),
        ("fri-mon 08:00", Cron("0 8 * * 5,6,7,1", "Asia/Shanghai")),
        ("0 8 * * mon-fri", Cron("0 8 * * mon-fri", "Asia/Shanghai")),
        (Every(3), Every(3)),
    ],
)
def test_texts_are_schedules(text, schedule):
    """Seconds, a time of the day or of days of the week, and five cron fields are schedules."""
    assert schedule_of(text, "Asia/Shanghai") == schedule


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("0 0 31 2 *", "bad day-of-month"),
        ("61 * * * *", "bad minute"),
        ("0 0 8 * * *", "expected five fields.*got 6.*no seconds"),
        ("0 8 * *", "expected five fields.*got 4"),
        ("25:00", "from 00:00 to 23:59, got '25:00'"),
        ("daily 24:00", "from 00:00 to 23:59, got '24:00'"),
        ("08:00", "expected 'daily 08:00'"),
        ("@daily", "such as '60s', 'daily 08:00'"),
        ("", "such as '60s', 'daily 08:00'"),
        ("0s", "seconds above 0"),
        (-1, "seconds above 0"),
        (True, r"next_after\(\)"),
        (object(), r"next_after\(\)"),
    ],
)
def test_a_wrong_schedule_is_refused_with_its_reason(text, part):
    """What is no schedule is one error, which says what was expected."""
    with pytest.raises(ConfigError, match=f"(?s)^schedule: .*{part}"):
        schedule_of(text)


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("Asia/Shangai", "did you mean 'Asia/Shanghai'"),
        ("Berlin", "did you mean 'Europe/Berlin'"),
        ("北京", "did you mean 'Asia/Shanghai'"),
        ("Mars/Olympus_Mons", "got 'Mars/Olympus_Mons'$"),
        ("../../etc/passwd", "expected a time zone"),
        ("", "expected a time zone"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_nearest(name, nearest):
    """A zone that there is not is one error, which names the nearest ones."""
    with pytest.raises(ConfigError, match=f"^timezone: .*{nearest}"):
        Cron("0 0 * * *", name)


def test_the_zone_of_this_machine_has_its_clock_changes(monkeypatch):
    """Without a zone the machine's counts, by its name where TZ holds one."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert zone_of(None) == ZoneInfo("Europe/Berlin")
    monkeypatch.setenv("TZ", "CST-8")
    assert local_zone() is not None


class Looks:
    """A source that notes when it is read."""

    name, timezone = "predictions", "Asia/Shanghai"

    def __init__(self, clock):
        self.clock = clock
        self.times: list[datetime] = []

    def read(self):
        self.times.append(self.clock.wall)
        return ReadingBatch(time=self.clock.wall)


def process(tmp_path: Path, begin: datetime, end: datetime, schedule="daily 08:00") -> list[str]:
    """Run a monitor from one moment to another; return when it looked, in the zone of its source."""
    stop = threading.Event()
    clock = SimulatedClock(begin, lambda event: event.set() if clock.wall >= end else None)
    source = Looks(clock)
    monitor = Monitor(source, [], [], schedule=schedule, log_dir=tmp_path, clock=clock)
    monitor.run(stop)
    return [f"{time.astimezone(ZoneInfo(source.timezone)):%m-%d %H:%M}" for time in source.times]


def at(day: int, hour: int) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=ZoneInfo("Asia/Shanghai"))


def test_processes_one_after_the_other_serve_each_due_time_once(tmp_path):
    """A monitor looks at its due times alone, in the zone of its source; the outbox's file remembers."""
    assert process(tmp_path, at(1, 7), at(2, 9)) == ["11-01 08:00", "11-02 08:00"]
    assert process(tmp_path, at(2, 9), at(2, 12)) == []
    assert process(tmp_path, at(5, 6), at(5, 9)) == ["11-05 06:00", "11-05 08:00"]  # three were missed
    assert process(tmp_path, at(6, 10), at(6, 11)) == ["11-06 10:00"]


def test_a_due_time_between_the_first_two_processes_is_not_missed(tmp_path):
    """What is due between the end of the first process, which had none, and the second is served."""
    assert process(tmp_path, at(1, 6), at(1, 7)) == []
    assert process(tmp_path, at(1, 9), at(1, 10)) == ["11-01 09:00"]


def test_every_looks_first_at_the_start_and_then_at_its_distance(tmp_path):
    """A schedule of seconds looks at the first start; a later process waits for the rest of its time."""
    assert process(tmp_path, at(1, 7), at(1, 8), "40min") == ["11-01 07:00", "11-01 07:40"]
    assert process(tmp_path, at(1, 8), at(1, 9), "40min") == ["11-01 08:20"]


def test_a_look_that_its_process_does_not_survive_is_repeated():
    """A due time counts as served when its look has ended, so that a crash in the look loses none."""
    outbox, clock = MemoryOutbox(), SimulatedClock(at(1, 7))
    assert DueTimes(Cron("0 8 * * *", "Asia/Shanghai"), clock, lambda: outbox).wait(threading.Event())
    later = DueTimes(Cron("0 8 * * *", "Asia/Shanghai"), clock, lambda: outbox)
    outbox.record_due(at(1, 7).timestamp())
    assert later.wait(threading.Event())
    assert clock.wall == at(1, 8)


def test_a_source_that_is_down_when_it_is_due_is_asked_again_soon():
    """A look whose source failed is repeated after 1, 2, 4 minutes … an hour; the next day is as usual."""
    clock = SimulatedClock(datetime(2026, 11, 27, 12, tzinfo=UTC))
    due = DueTimes(schedule_of("daily 08:00", "UTC"), clock, MemoryOutbox)
    stop, looks = threading.Event(), []
    for number in range(10):
        assert due.wait(stop)
        looks.append(clock.wall)
        due.looked(failed=number < 8)
    assert looks[0] == datetime(2026, 11, 28, 8, tzinfo=UTC)
    gaps = [(after - before).total_seconds() / 60 for before, after in pairwise(looks)]
    assert gaps[:-1] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert looks[-1] == datetime(2026, 11, 29, 8, tzinfo=UTC)


def test_a_monitor_asks_a_database_that_was_down_again_before_the_next_day(tmp_path):
    """The alert of a day whose source failed at first comes minutes later, once."""
    clock = SimulatedClock(datetime(2026, 11, 27, 12, tzinfo=UTC))
    looks, stop = [], threading.Event()

    class Source:
        name = "database"

        def read(self):
            looks.append(clock.wall)
            if len(looks) == 3:
                stop.set()
            if len(looks) < 3:
                raise OSError("the database is down")
            return ReadingBatch(time=clock.wall)

    Monitor(Source(), [], [], schedule=schedule_of("daily 08:00", "UTC"), log_dir=tmp_path, clock=clock).run(
        stop
    )
    assert [look.hour * 60 + look.minute for look in looks] == [480, 481, 483]


def test_a_process_waits_while_another_has_the_watch(caplog):
    """While the outbox cannot be opened nothing is looked at, and one line says why."""
    clock, outbox, failing = SimulatedClock(at(1, 9)), MemoryOutbox(), [True] * 5
    outbox.record_due(at(1, 7).timestamp())

    def opened():
        if failing:
            failing.pop()
            raise OutboxError("another monitor watches the same")
        return outbox

    assert DueTimes(Cron("0 8 * * *", "Asia/Shanghai"), clock, opened).wait(threading.Event())
    assert clock.wall == at(1, 9) + timedelta(minutes=5)
    assert caplog.text.count("another monitor") == 1


@pytest.mark.parametrize(
    ("back", "expected"), [(timedelta(seconds=5), at(2, 8)), (timedelta(days=3), at(1, 8))]
)
def test_a_clock_that_is_put_back_repeats_nothing_and_stops_nothing(back, expected):
    """A clock put back by seconds repeats no due time; one that was days ahead does not stop the monitor."""
    clock, outbox = SimulatedClock(at(1, 8)), MemoryOutbox()
    outbox.record_due((at(1, 8) + (back if back > HOUR else timedelta(0))).timestamp())
    clock.wall = at(1, 8) - timedelta(seconds=5)
    assert DueTimes(Cron("0 8 * * *", "Asia/Shanghai"), clock, lambda: outbox).wait(threading.Event())
    assert clock.wall == expected


def test_the_due_time_stands_in_the_file_of_the_outbox(tmp_path):
    """The last due time is kept for each watch of a file by itself."""
    first, second = (SQLiteOutbox(tmp_path / "outbox.db", watch) for watch in ("a", "b"))
    first.record_due(7.0)
    assert (first.last_due(), second.last_due()) == (7.0, None)
    for outbox in (first, second):
        outbox.close()
