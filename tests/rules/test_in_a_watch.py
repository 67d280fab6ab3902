"""Rules in a watch: they are asked when nothing comes, when nothing can be read, and cost next to nothing."""

from __future__ import annotations

from time import perf_counter

from auto_model_monitor.errors import SourceError
from auto_model_monitor.monitor import Monitor
from auto_model_monitor.parsers import DefaultParser
from auto_model_monitor.readings import ReadingBatch
from auto_model_monitor.rules import (
    DivergedRule,
    NotFiniteRule,
    PlateauRule,
    StalledRule,
    ThresholdRule,
    parse_rule,
)
from auto_model_monitor.sources.directory import DirectorySource
from tests.fakes import NOON, FakeClock, RecordingNotifier


class Silent:
    """A source that finds nothing, and does not say when."""

    name = "silent"

    def read(self):
        return ReadingBatch(time=NOON)


class Gone:
    """A source that cannot be read."""

    name = "gone"

    def read(self):
        raise SourceError("the server is away")


def test_a_watch_that_finds_nothing_speaks():
    """A rule about silence is asked at every look, on the watch's own clock."""
    clock = FakeClock()
    monitor = Monitor(Silent(), [StalledRule(3600)], [RecordingNotifier()], clock=clock)
    assert monitor.check() == []
    clock.advance(3601)
    (alert,) = monitor.check()
    assert alert.details["silent_seconds"] == 3601
    assert monitor.check() == []


def test_a_watch_that_cannot_read_speaks(caplog):
    """What cannot be read is silent, too: no data is not good news."""
    clock = FakeClock()
    monitor = Monitor(Gone(), [StalledRule(3600)], [RecordingNotifier()], clock=clock)
    monitor.check()
    clock.advance(3601)
    assert len(monitor.check()) == 1


def test_a_directory_is_looked_at_on_the_clock_that_never_goes_back(tmp_path):
    """Each batch says when the look was taken on the monotonic clock."""
    clock = FakeClock()
    source = DirectorySource(tmp_path, DefaultParser(), clock=clock)
    assert source.read().seconds == clock.seconds
    clock.advance(5)
    assert source.read().seconds == clock.seconds


def test_an_idle_look_costs_next_to_nothing(capsys):
    """Asking all rules about an empty batch takes some microseconds."""
    rules = [
        ThresholdRule(0.5, "lower"),
        NotFiniteRule(),
        StalledRule("3x"),
        PlateauRule(10),
        DivergedRule(),
        parse_rule("acc >= 0.95 for 3"),
    ]
    batch, took = ReadingBatch(time=NOON, seconds=1.0), []
    for _ in range(2000):
        start = perf_counter()
        for rule in rules:
            rule.evaluate(batch)
        took.append(perf_counter() - start)
    took.sort()
    micros = took[len(took) // 2] * 1e6
    with capsys.disabled():
        print(f"\nsix rules at an idle look: {micros:.1f} µs (median)")
    assert micros < 100
