"""Signals: a training saves its weights and ends immediately, even during a step."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    not hasattr(signal, "sigwait"), reason="Windows ends a process without asking"
)

# One call of C that would take hours, as a step backwards through a large network takes seconds.
_BEGINNING = """
import hashlib, logging, sys
from pathlib import Path
from auto_model_monitor.training.image_classifier.interruption import Interruption
logging.basicConfig(stream=sys.stdout, format="%(message)s")
learnt = ["nothing"]
def save():
    path = Path("last.pt")
    path.write_text(learnt[0])
    return path
def long_step():
    print("ready", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 2**31 - 1)
interruption = Interruption()
interruption.watch()
"""


@contextmanager
def running(
    rest: str, folder: Path, *, ignored: signal.Signals | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Run a program up to the line that it says."""
    prelude = f"import signal; signal.signal({int(ignored)}, signal.SIG_IGN)\n" if ignored else ""
    command = [sys.executable, "-c", prelude + _BEGINNING + rest]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=folder
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_training_in_the_middle_of_a_step(tmp_path: Path, number: signal.Signals) -> None:
    """The weights are saved and the exit status is 128 + the signal's number before the step is over."""
    with running("interruption.saves_with(save); learnt[0] = 'much'; long_step()", tmp_path) as process:
        process.send_signal(number)
        output, _ = process.communicate(timeout=200)
    assert process.returncode == 128 + number
    assert output == f"Stopped by {number.name}; the weights so far are in 'last.pt'\n"
    assert (tmp_path / "last.pt").read_text() == "much"


def test_a_signal_before_the_training_ends_it_too(tmp_path: Path) -> None:
    """Before the training starts, a signal saves nothing and gives the same exit status."""
    with running("long_step()", tmp_path) as process:
        process.terminate()
        output, _ = process.communicate(timeout=200)
    assert (process.returncode, output) == (143, "Stopped by SIGTERM before the training began\n")
    assert list(tmp_path.iterdir()) == []


def test_a_signal_waits_until_the_weights_are_complete(tmp_path: Path) -> None:
    """A block under ``put_off()`` is finished before the weights are saved."""
    rest = """
interruption.saves_with(save)
with interruption.put_off():
    print("ready", flush=True)
    sys.stdin.readline()
    learnt[0] = "much"
long_step()
"""
    with running(rest, tmp_path) as process:
        process.terminate()
        process.communicate("go on\n", timeout=200)
    assert process.returncode == 143
    assert (tmp_path / "last.pt").read_text() == "much"


def test_weights_that_cannot_be_saved_do_not_stop_the_end(tmp_path: Path) -> None:
    """If saving fails, the log has the reason, and the training still ends."""
    rest = "interruption.saves_with(lambda: Path('no/where/last.pt').write_text('')); long_step()"
    with running(rest, tmp_path) as process:
        process.terminate()
        output, _ = process.communicate(timeout=200)
    assert process.returncode == 143
    assert output.startswith("Stopped by SIGTERM; the weights could not be saved: [Errno 2] No such file")


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    """A training under nohup ignores SIGHUP, and ends by SIGTERM."""
    rest = "interruption.saves_with(save); long_step()"
    with running(rest, tmp_path, ignored=signal.SIGHUP) as process:
        process.send_signal(signal.SIGHUP)
        process.terminate()
        output, _ = process.communicate(timeout=200)
    assert output.startswith("Stopped by SIGTERM;")
