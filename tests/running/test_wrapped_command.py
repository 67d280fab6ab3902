"""A wrapped command behaves as it does without a wrapper, as long as neither end is a terminal."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from auto_model_monitor.running import RunFolder, unreported_runs
from tests.running.wrapping import arguments, python, wrap
from tests.waiting import until


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (("sh", "-c", "exit 0"), 0),
        (("sh", "-c", "exit 3"), 3),
        (("sh", "-c", "kill -9 $$"), 137),
        (("sh", "-c", "kill -TERM $$"), 143),
        (("no-such-program",), 127),
        (("/",), 126),
    ],
)
def test_the_exit_status_is_the_one_of_a_shell(tmp_path: Path, command: tuple[str, ...], status: int):
    """The status is the command's own, 128 + n for a signal, 127 or 126 if it cannot be started."""
    found = wrap(tmp_path, *command)
    assert found.returncode == status
    assert len(found.stderr.splitlines()) == (status in (126, 127))


def test_a_killed_pump_is_no_exit_of_the_command(tmp_path: Path):
    """Where the process that passes the output on is killed, the status is 125, and one line says so."""
    found = wrap(tmp_path, "sh", "-c", "kill -9 $PPID")
    assert found.returncode == 125
    assert b"was killed; the command may still run" in found.stderr


def test_every_byte_passes_apart_and_is_logged(tmp_path: Path):
    """Output and errors pass unchanged and apart, bytes that are no text included; the log has both."""
    data = bytes(range(256)) * 40
    code = f"import sys; sys.stdout.buffer.write({data!r}); sys.stderr.buffer.write(b'\\xff\\n')"
    found = wrap(tmp_path, *python(code))
    assert (found.stdout, found.stderr, found.returncode) == (data, b"\xff\n", 0)
    log = (tmp_path / "runs" / "1" / "output.log").read_bytes()
    assert sorted(log) == sorted(data + b"\xff\n")


def test_input_reaches_the_command(tmp_path: Path):
    """What is written to the wrapper's standard input is read by the command."""
    command = arguments(tmp_path, "cat")
    found = subprocess.run(command, input=b"a\n\0b" * 100_000, capture_output=True, timeout=200, check=False)
    assert found.stdout == b"a\n\0b" * 100_000


def test_a_stop_ends_a_command_that_ignores_it(tmp_path: Path):
    """stop() sends SIGINT, SIGTERM and SIGKILL with a grace period between them; the status is 75."""
    code = """
import signal
signal.signal(signal.SIGINT, lambda *_: print("INT"))
signal.signal(signal.SIGTERM, lambda *_: print("TERM"))
print("ready")
while True: signal.pause()
"""
    found = wrap(tmp_path, *python(code), stop_on=b"ready", grace=1.0)
    assert (found.stdout, found.returncode) == (b"ready\nINT\nTERM\n", 75)
    end = RunFolder(str(tmp_path / "runs" / "1")).end()
    assert end is not None
    assert (end.signal, end.requested, end.reason) == (9, "stopped", "the log has b'ready'")


def test_a_timeout_ends_the_command(tmp_path: Path):
    """A command that takes longer than the timeout is ended by SIGINT; the status is 124."""
    assert wrap(tmp_path, "sleep", "1000", timeout=0.2).returncode == 124
    end = RunFolder(str(tmp_path / "runs" / "1")).end()
    assert end is not None
    assert (end.signal, end.requested) == (signal.SIGINT, "timeout")


def test_the_next_start_finds_an_end_that_no_wrapper_saw(tmp_path: Path):
    """After kill -9 of the wrapper the command goes on, and its end is found, once, by the next start."""
    code = "import sys; print('a'); sys.stdin.read(1); print('b', flush=True); sys.exit(5)"
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments(tmp_path, *python(code)), stdin=pipe, stdout=pipe) as wrapper:
        assert wrapper.stdin is not None
        assert wrapper.stdout is not None
        assert wrapper.stdout.readline() == b"a\n"
        wrapper.kill()
        wrapper.wait(200)
        assert not list(unreported_runs(tmp_path))
        wrapper.stdin.write(b"x")
        wrapper.stdin.close()
        assert wrapper.stdout.read() == b"b\n"  # ends with the last process that can write
    until(lambda: list(unreported_runs(tmp_path)))
    (folder,) = unreported_runs(tmp_path)
    end = folder.end()
    assert end is not None
    assert (end.exit_code, folder.command[0]) == (5, sys.executable)
    assert folder.claim_report()
    assert not folder.claim_report()
    assert not list(unreported_runs(tmp_path))
