"""What a test leaves running is ended and named: neither the next test nor the run waits for it."""

from __future__ import annotations

import threading
from threading import Event, Thread

import pytest

from auto_model_monitor import ModelMonitor, MonitorConfig, WatchGroup
from tests.fakes import FakeClock, RecordingNotifier
from tests.leftovers import end_leftovers


@pytest.fixture
def watch(tmp_path):
    """Build a watch of a directory with one hit."""

    def build(name="a", clock=None):
        (tmp_path / name).mkdir()
        (tmp_path / name / "epoch_1_val_loss_0.003.pt").touch()
        config = MonitorConfig(tmp_path / name, 0.004, log_dir=tmp_path / "out", check_interval=3600)
        return ModelMonitor(config, notifiers=[RecordingNotifier()], clock=clock)

    return build


LEFT = {
    "a thread": lambda watch: watch().start(),
    "a fake clock": lambda watch: watch(clock=FakeClock()).start(),
    "a channel": lambda watch: watch().check(),
    "a channel on a fake clock": lambda watch: watch(clock=FakeClock()).check(),
    "no daemon": lambda watch: Thread(target=watch().run, args=(Event(),)).start(),
    "a group": lambda watch: WatchGroup([watch(), watch("b")]).start(),
}


@pytest.mark.parametrize("kind", LEFT)
def test_what_is_left_running_is_named_and_ended(watch, kind):
    """Each watch and channel that a test leaves is named, and runs no longer."""
    before = set(threading.enumerate())
    LEFT[kind](watch)
    left = set(threading.enumerate()) - before
    names = end_leftovers(before, 0.0)
    assert names
    assert set(names) <= {thread.name for thread in left}
    assert end_leftovers(before, 20.0) == []
    assert not any(not thread.daemon and thread.is_alive() for thread in left)


def test_what_has_ended_is_not_named(watch):
    """A watch that the test has stopped is no leftover, and neither is a thread that is no watch."""
    before = set(threading.enumerate())
    with watch():
        pass
    done = Event()
    other = Thread(target=done.wait)
    other.start()
    try:
        assert end_leftovers(before, 20.0) == []
    finally:
        done.set()
        other.join()
