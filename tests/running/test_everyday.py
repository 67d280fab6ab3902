"""What people expect of a wrapper every day: signals, readers that leave, children that stay, full disks."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from auto_model_monitor.running import RunFolder
from tests.running.wrapping import arguments, python, wrap
from tests.small_disks import small_disk_at

PIPE = subprocess.PIPE
SIGNALS = """
import signal, sys, time
end = []
for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"):
    signal.signal(getattr(signal, name), lambda number, _: (print(number, flush=True), end.append(number)))
print("ready", flush=True)
while signal.SIGTERM not in end: time.sleep(0.01)
print("saved", flush=True)
sys.exit(7)
"""


@contextlib.contextmanager
def wrapped(*command: str, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a wrapped command inside the block, with pipes."""
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, **options) as process:  # type: ignore[call-overload]
        try:
            yield process
        finally:
            process.kill()


def test_signals_reach_it_once_and_its_end_is_awaited(tmp_path: Path):
    """Each signal arrives once; what the command does about SIGTERM is awaited, and its status kept."""
    numbers = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP, signal.SIGINT, signal.SIGWINCH, signal.SIGTERM]
    with wrapped(*arguments(tmp_path, *python(SIGNALS))) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        for number in numbers:
            process.send_signal(number)
            assert int(process.stdout.readline()) == number
        assert process.stdout.read() == b"saved\n"
        assert process.wait(200) == 7
    end = RunFolder(str(tmp_path / "runs" / "1")).end()
    assert end is not None
    assert end.sent_signal == signal.SIGTERM
    assert sys.platform != "linux" or f"(pid {os.getpid()})" in end.signal_sender


@pytest.mark.parametrize("how", ["option", "nohup"])
def test_it_survives_a_hang_up(tmp_path: Path, how: str):
    """With keep_running, and under nohup, SIGHUP and a reader that leaves do not end the command."""
    code = """
import signal, sys, time
print("ready", flush=True)
sys.stdin.readline()
print("still", signal.getsignal(signal.SIGHUP) == signal.SIG_IGN, flush=True)
"""
    words = arguments(tmp_path, *python(code), **({"keep_running": True} if how == "option" else {}))
    with wrapped(*(["nohup"] if how == "nohup" else []), *words) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGHUP)
        process.stdout.close()
        process.stdin.write(b"\n")
        process.stdin.close()
        assert process.wait(200) == 0
    assert (tmp_path / "runs" / "1" / "output.log").read_bytes() == b"ready\nstill True\n"


def test_a_reader_that_leaves_ends_it_as_without_us(tmp_path: Path):
    """``run -- yes | head -1`` ends, because yes gets SIGPIPE."""
    with wrapped(*arguments(tmp_path, "yes")) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"y\n"
        process.stdout.close()
        assert process.wait(200) == 128 + signal.SIGPIPE


def test_a_forgotten_child_does_not_hold_up_the_end(tmp_path: Path):
    """The wrapper ends with the command, though a process that it left may write; what it writes passes."""
    go = tmp_path / "go"
    script = f"(while ! test -e {go}; do sleep 0.02; done; echo late) & echo early; exit 4"
    with wrapped(*arguments(tmp_path, "sh", "-c", script)) as process:
        assert process.stdout is not None
        assert process.wait(200) == 4
        assert process.stdout.readline() == b"early\n"
        go.touch()
        assert process.stdout.read() == b"late\n"


def test_bars_and_long_lines_pass_without_a_newline(tmp_path: Path):
    """A bar's states arrive while no line ends, and five megabytes without a newline arrive whole."""
    code = """
import sys
sys.stderr.write("\\r10%"); sys.stderr.flush()
sys.stdin.read(1)
sys.stderr.write("\\r20%\\n"); sys.stderr.flush()
sys.stdout.write("x" * 5_000_000)
"""
    with wrapped(*arguments(tmp_path, *python(code))) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.read(4) == b"\r10%"
        process.stdin.write(b"x")
        process.stdin.close()
        assert process.stdout.read() == b"x" * 5_000_000
        assert process.stderr.read() == b"\r20%\n"
        assert process.wait(200) == 0


def test_output_and_errors_that_go_to_one_place_keep_their_order(tmp_path: Path):
    """After ``2>&1`` output and errors arrive in the order in which they were written."""
    code = "import os\nfor i in range(2000): os.write(1 + i % 2, b'%d\\n' % i)"
    command = arguments(tmp_path, *python(code))
    found = subprocess.run(command, stdout=PIPE, stderr=subprocess.STDOUT, timeout=200, check=False)
    assert found.stdout == b"".join(b"%d\n" % number for number in range(2000))


def test_two_runs_in_one_folder_are_two_trainings(tmp_path: Path):
    """Two commands that run at the same time have a folder each."""
    with wrapped(*arguments(tmp_path, "cat")) as one, wrapped(*arguments(tmp_path, "cat")) as other:
        for process, text in ((one, b"one\n"), (other, b"other\n")):
            assert process.stdin is not None
            process.stdin.write(text)
            process.stdin.close()
            assert process.wait(200) == 0
    logs = {(tmp_path / "runs" / number / "output.log").read_bytes() for number in "12"}
    assert logs == {b"one\n", b"other\n"}


def test_the_environment_is_kept(tmp_path: Path):
    """The command finds its environment, working directory and arguments, and Python does not buffer."""
    code = "import os, sys; print(os.environ['A'], os.getcwd(), sys.argv[1:], os.environ['PYTHONUNBUFFERED'])"
    command = arguments(tmp_path / "logs", *python(code), "--", "a b", "")
    found = subprocess.run(
        command, stdout=PIPE, env={**os.environ, "A": "x"}, cwd=tmp_path, timeout=200, check=False
    )
    assert found.stdout.decode() == f"x {tmp_path} ['--', 'a b', ''] 1\n"


def test_a_script_without_an_interpreter_runs_in_a_shell(tmp_path: Path):
    """A file of commands without ``#!`` runs as a shell would run it."""
    script = tmp_path / "train"
    script.write_text("echo $1; exit 5\n")
    script.chmod(0o700)
    found = wrap(tmp_path, str(script), "word")
    assert (found.stdout, found.returncode) == (b"word\n", 5)


def test_a_full_disk_does_not_concern_it(tmp_path: Path):
    """With a full disk below the log every byte passes, and the status and the record of the end are kept."""
    with small_disk_at(tmp_path / "disk", "1m") as disk:
        found = wrap(disk, *python("import sys; print('x' * 5_000_000); sys.exit(3)"))
        end = RunFolder(str(disk / "runs" / "1")).end()
    assert (found.stdout, found.returncode) == (b"x" * 5_000_000 + b"\n", 3)
    assert end is not None
    assert end.status == 3


def test_without_a_folder_it_runs(tmp_path: Path):
    """Where no folder can be written the command runs without a log."""
    (tmp_path / "file").touch()
    found = wrap(tmp_path / "file", *python("print('a')"))
    assert (found.stdout, found.returncode) == (b"a\n", 0)


def test_closed_streams_stay_harmless(tmp_path: Path):
    """A command whose caller has closed its standard streams runs."""
    words = shlex.join(arguments(tmp_path, *python("import sys; sys.exit(6)")))
    found = subprocess.run(["sh", "-c", f"{words} <&- >&- 2>&-"], timeout=200, check=False)
    assert found.returncode == 6
