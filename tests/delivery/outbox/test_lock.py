"""The lock between watches: one holder, released by any end of its process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from auto_model_monitor.delivery import WatchLock

HOLD = (
    "import sys; from auto_model_monitor.delivery.outbox.lock import WatchLock;"
    "lock = WatchLock(sys.argv[1]); print(lock.acquire(), flush=True); sys.stdin.read()"
)


def hold(path):
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], **pipes)
    return process, process.stdout.readline().strip()


def test_one_process_has_it_until_it_is_killed(tmp_path):
    """While another process holds the lock, acquire() fails and names it; kill -9 releases it."""
    path = tmp_path / "deep" / "x.lock"
    process, answer = hold(path)
    assert answer == "True"
    mine = WatchLock(path)
    assert not mine.acquire()
    assert mine.holder() == str(process.pid)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert mine.acquire()
    assert mine.acquire()
    assert mine.holder() == str(os.getpid())
    second, answer = hold(path)
    assert answer == "False"
    second.communicate("")
    mine.release()
    third, answer = hold(path)
    assert answer == "True"
    third.communicate("")


def test_a_child_process_does_not_keep_it(tmp_path):
    """A program that the holder starts does not inherit the lock."""
    path = tmp_path / "x.lock"
    first = WatchLock(path)
    assert first.acquire()
    child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    first.release()
    assert WatchLock(path).acquire()
    child.communicate(b"")


def test_a_forked_worker_does_not_keep_it(tmp_path):
    """A worker forked by the holder lives on after the holder was killed, and does not have the lock."""
    path = tmp_path / "x.lock"
    code = (
        "import os, sys; from auto_model_monitor.delivery.outbox.lock import WatchLock;"
        "lock = WatchLock(sys.argv[1]); lock.acquire();"
        "os.fork(); os.write(1, b'forked\\n'); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    parent = subprocess.Popen([sys.executable, "-c", code, str(path)], **pipes)
    assert [parent.stdout.readline() for _ in range(2)] == ["forked\n"] * 2
    assert not WatchLock(path).acquire()
    parent.kill()
    parent.wait()
    assert WatchLock(path).acquire()
    parent.communicate("")


def test_where_nothing_can_be_written_the_lock_is_granted(tmp_path):
    """Where the lock file cannot be created, acquire() succeeds."""
    (tmp_path / "file").write_text("")
    assert WatchLock(tmp_path / "file" / "x.lock").acquire()
