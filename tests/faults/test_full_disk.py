"""A log_dir on a full 1 MiB disk: a warning, and every mail goes out all the same; the counts are printed."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress

import pytest

from auto_model_monitor import CustomParser, ModelMonitor, MonitorConfig
from tests.fakes import RecordingNotifier


@pytest.fixture
def small_disk(tmp_path):
    """A file system of one mebibyte."""
    point = tmp_path / "logs"
    point.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(point)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {done.stderr.strip()}")
    yield point
    subprocess.run(["umount", "-l", str(point)], check=True, timeout=200)


def fill(folder):
    """Write until nothing fits any more."""
    with suppress(OSError), (folder / "filler").open("wb", buffering=0) as file:
        while True:
            file.write(os.urandom(4096))


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
