"""A log_dir on a full 1 MiB disk: a warning, and every mail goes out all the same; the counts are printed."""

from __future__ import annotations

import pytest

from auto_model_monitor import CustomParser, ModelMonitor, MonitorConfig
from tests.fakes import RecordingNotifier
from tests.small_disks import fill, small_disk_at


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one mebibyte."""
    with small_disk_at(tmp_path / "logs", "1m") as point:
        yield point


@pytest.mark.parametrize("when", ["before the start", "in the middle"])
def test_a_full_disk_costs_no_mail(tmp_path, small_disk, caplog, when):
    """Full from the start or filled while it runs: nothing is lost or repeated, and a line reports it."""
    folder = tmp_path / "ckpts"
    folder.mkdir()
    if when == "before the start":
        fill(small_disk)
    notifier = RecordingNotifier()
    config = MonitorConfig(folder, 0.9, log_dir=small_disk, parser=CustomParser(r"loss_([0-9.]+)"))
    monitor = ModelMonitor(config, notifiers=[notifier])
    for n in range(10):
        if n == 5 and when == "in the middle":
            fill(small_disk)
        (folder / f"loss_0.{80 - n}.pt").touch()
        assert len(monitor.check()) == 1
    monitor.stop()
    ids = [message.id for message in notifier.sent]
    print(f"full disk, {when}: 10 alerts, lost {10 - len(set(ids))}, repeated {len(ids) - len(set(ids))}")
    assert len(ids) == len(set(ids)) == 10
    assert "memory" in caplog.text
