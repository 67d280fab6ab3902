"""Rules in a watch: each poll evaluates them, also without news and with an unreadable source."""

from __future__ import annotations

from auto_model_monitor import (
    DefaultParser,
    DirectorySource,
    Monitor,
    PlateauRule,
    ReadingBatch,
    SourceError,
    StalledRule,
)
from tests.fakes import NOON, FakeClock, RecordingNotifier


class Silent:
    """A source that finds nothing, without a time."""

    name = "silent"

    def read(self):
        return ReadingBatch(time=NOON)


class Gone:
    """A source that cannot be read."""

    name = "gone"

    def read(self):
        raise SourceError("the server is away")


def test_a_watch_that_finds_nothing_speaks():
    """A rule about silence is evaluated at every poll, on the clock of the watch."""
    clock = FakeClock()
    monitor = Monitor(Silent(), [StalledRule(3600)], [RecordingNotifier()], clock=clock, log_dir=None)
    assert monitor.check() == []
    clock.advance(3601)
    (alert,) = monitor.check()
    assert alert.details["silent_seconds"] == 3601
    assert monitor.check() == []
    monitor.stop()


def test_a_rule_object_works_in_a_monitor(tmp_path):
    """``PlateauRule(20)`` handed to a monitor alerts at the twentieth checkpoint without improvement."""
    notifier = RecordingNotifier()
    monitor = Monitor(DirectorySource(tmp_path, DefaultParser()), [PlateauRule(20)], [notifier], log_dir=None)
    found = []
    for epoch in range(25):
        (tmp_path / f"epoch_{epoch}_val_loss_0.5.pt").touch()
        found += [epoch for _ in monitor.check()]
    monitor.stop()
    assert found == [20]


def test_a_watch_that_cannot_read_speaks(caplog):
    """A source that cannot be read is silent, and alerts."""
    clock = FakeClock()
    monitor = Monitor(Gone(), [StalledRule(3600)], [RecordingNotifier()], clock=clock, log_dir=None)
    monitor.check()
    clock.advance(3601)
    assert len(monitor.check()) == 1
    monitor.stop()


def test_a_directory_is_looked_at_on_the_clock_that_never_goes_back(tmp_path):
    """Each batch has the time of its poll on the monotonic clock."""
    clock = FakeClock()
    source = DirectorySource(tmp_path, DefaultParser(), clock=clock)
    assert source.read().seconds == clock.seconds
    clock.advance(5)
    assert source.read().seconds == clock.seconds
