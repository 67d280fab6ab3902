"""Starting, stopping and ending: pending messages are sent, and no other watch is delayed."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading

import pytest

from auto_model_monitor import CustomParser, MemoryOutbox, ModelMonitor, MonitorConfig, SQLiteOutbox
from auto_model_monitor.delivery import DeliveryQueue, DeliveryWorker
from tests.fakes import RecordingNotifier, transient


@pytest.fixture
def config(tmp_path):
    (tmp_path / "ckpts").mkdir()
    parser = CustomParser(r"loss_([0-9.]+)")
    return MonitorConfig(
        tmp_path / "ckpts", 0.5, log_dir=tmp_path / "logs", parser=parser, check_interval=0.01
    )


def save(config, value):
    (config.watch_dir / f"loss_{value}.pt").touch()


def monitor_of(config, notifier=None):
    return ModelMonitor(config, notifiers=[notifier or RecordingNotifier()])


def test_a_watch_that_starts_again_delivers_what_it_owed(config):
    """After stop() and start() of one monitor a mail that failed before goes out, with nothing new found."""
    save(config, 0.1)
    failed = threading.Event()

    class Once(RecordingNotifier):
        def send(self, message):
            try:
                super().send(message)
            finally:
                failed.set()

    notifier = Once(failures=[transient()])
    monitor = monitor_of(config, notifier)
    monitor.start()
    assert failed.wait(100)
    monitor.stop()
    assert SQLiteOutbox(config.log_dir / "outbox.db", None).retry(1, 0.0)
    monitor.start()
    assert notifier.arrived.wait(100)
    monitor.stop()
    assert len(notifier.sent) == 1


@pytest.mark.parametrize("how", ["stopped", "dropped"])
def test_a_watch_without_an_alert_lets_the_next_one_in(config, how):
    """A monitor that found nothing and is stopped, or simply forgotten, does not lock out the next one."""
    first = monitor_of(config)
    assert first.check() == []
    if how == "stopped":
        first.stop()
    del first
    gc.collect()
    save(config, 0.1)
    second = monitor_of(config)
    assert len(second.check()) == 1
    second.stop()


def test_nobody_sends_again_what_is_still_being_sent(config):
    """While a slow server has not answered, a second monitor waits, and then sends nothing twice."""
    save(config, 0.1)
    sending, answer = threading.Event(), threading.Event()

    class Slow(RecordingNotifier):
        def send(self, message):
            sending.set()
            answer.wait(30)
            super().send(message)

    first, slow = monitor_of(config, Slow()), None
    slow = first.notifiers[0]
    first.grace = 0.05
    first.check()
    assert sending.wait(100)
    first.stop()
    second = monitor_of(config)
    assert second.check() == []
    assert second.notifiers[0].sent == []
    answer.set()
    assert slow.arrived.wait(100)
    for channel in first.delivery_queue.workers:
        channel.join(100)
    save(config, 0.05)
    assert [alert.reading.value for alert in second.check()] == [0.05]
    second.stop()
    assert [len(slow.sent), len(second.notifiers[0].sent)] == [1, 1]


def test_a_thread_that_cannot_be_started_is_started_later(monkeypatch):
    """Where the system allows no thread at first, the queue tries again at the next look."""
    from tests.fakes import alert, message

    def refuse(self, *, verify):
        raise RuntimeError("can't start new thread")

    notifier, outbox = RecordingNotifier(), MemoryOutbox()
    queue = DeliveryQueue([notifier])
    with monkeypatch.context() as patch:
        patch.setattr(DeliveryWorker, "start", refuse)
        queue.open(outbox, verify=True)
        queue.add(alert(), message())
    queue.open(outbox)
    assert notifier.arrived.wait(100)
    queue.close(5)


SHORT = """
import sys
from pathlib import Path
from auto_model_monitor import ModelMonitor, MonitorConfig
folder = Path(sys.argv[1])
monitor = ModelMonitor(MonitorConfig(folder, 0.5, log_dir=folder / "logs"))
monitor.start()
(folder / "loss=0.1.pt").touch()
"""


def test_a_training_that_ends_at_once_is_told_of(tmp_path):
    """A script that ends right after start(), when no thread can be started, still sends its mail."""
    run = subprocess.run(
        [sys.executable, "-c", SHORT, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in run.stderr
    assert len(list(tmp_path.rglob("*.eml"))) == 1


def test_stop_leaves_no_file_open(config):
    """After stop() the log directory can be unmounted: the outbox and the lock are closed."""
    from pathlib import Path

    save(config, 0.1)
    monitor = monitor_of(config)
    monitor.start()
    assert monitor.notifiers[0].arrived.wait(100)
    monitor.stop()
    links = [link for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    held = [str(link.readlink()) for link in links if link.exists()]
    assert not [path for path in held if path.startswith(str(config.log_dir))]


IMPATIENT = """
import os, signal, sys, threading
from auto_model_monitor import ModelMonitor, MonitorConfig

class Hanging:
    name = "hanging"
    def send(self, message):
        for seconds in (0.05, None):
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(seconds)

config = MonitorConfig(sys.argv[1], 0.5, log_dir=sys.argv[1] + "/logs")
monitor = ModelMonitor(config, notifiers=[Hanging()])
monitor.grace = 600
monitor.start_monitoring()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_second_ctrl_c_waits_for_nothing(tmp_path):
    """Two Ctrl-C during a send that hangs end the program immediately, with status 0 and no traceback."""
    (tmp_path / "loss=0.1.pt").touch()
    run = subprocess.run(
        [sys.executable, "-c", IMPATIENT, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert run.returncode == 0
    assert "Traceback" not in run.stderr
