"""A training that forks while the watch runs: the child ends, and harms nothing."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from auto_model_monitor import SQLiteOutbox
from auto_model_monitor.runtime import fork_safety, run_log
from tests.fakes import alert, message

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


@pytest.fixture(autouse=True)
def _patient(monkeypatch):
    """A fork gives up a lock that it cannot have in time, as on a machine with too much to do."""
    monkeypatch.setattr(fork_safety, "FORK_TIMEOUT", 60)


def fork_and_end(child_does):
    """Fork; return whether the child ended well, within a minute."""
    child = os.fork()
    if child == 0:
        threading.Thread(target=lambda: threading.Event().wait(60) or os._exit(2), daemon=True).start()
        try:
            child_does()
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_no_fork_falls_into_the_writing_of_a_log_line(tmp_path):
    """While another thread writes to the run log, a fork waits; so the child can flush its logs and end."""
    stop = threading.Event()

    def write():
        while not stop.is_set():
            run_log.LOGGER.info("a line")

    with run_log.run_log(tmp_path) as path:
        (file,) = run_log._handler._files
        writer = threading.Thread(target=write)
        writer.start()
        try:
            sys.setswitchinterval(1e-5)
            assert all(fork_and_end(file.stream.flush) for _ in range(30))
        finally:
            sys.setswitchinterval(0.005)
            stop.set()
            writer.join()
    assert path.stat().st_size > 0


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_no_fork_falls_into_a_transaction(tmp_path):
    """A child that ends closes its copy of the outbox, and takes back nothing that the parent was writing."""
    box, stop = SQLiteOutbox(tmp_path / "outbox.db"), threading.Event()
    added = 0

    def add():
        nonlocal added
        while not stop.is_set():
            box.add(alert(), message(), ["x"], 0.0)
            added += 1

    writer = threading.Thread(target=add)
    writer.start()
    try:
        assert all(fork_and_end(box.close) for _ in range(30))
    finally:
        stop.set()
        writer.join()
    assert len(box.deliveries(10**6)) == added > 0
    box.close()
