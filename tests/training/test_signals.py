"""The signals of a training whose server runs in the background."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.serving import Server
from tests.waiting import until

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")


@pytest.fixture
def background() -> Iterator[None]:
    """SIGINT and SIGQUIT ignored, as for ``command &`` in a script, and SIGUSR1 blocked."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGQUIT)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_training_ignores_and_blocks_no_signal(background: None, tmp_path: Path) -> None:
    """A training starts with default signals and an empty mask, even if its server ignores or blocks some."""
    command = ["grep", "-E", "SigBlk|SigIgn", "/proc/self/status"]
    with Server(tmp_path / "store", {"grep": command}).ready() as server:
        task = server.command("submit", {})
        log = tmp_path / "store" / "tasks" / str(task) / "log.txt"
        until(lambda: log.exists() and log.read_text().count("\n") == 2)
        masks = [int(line.split()[1], 16) for line in log.read_text().splitlines()]
        # Signals that Python does not know are the C library's own: its posix_spawn ignores 32.
        known = sum(1 << number - 1 for number in signal.valid_signals())
        assert [mask & known for mask in masks] == [0, 0]
