"""The supervisor as a program: what it starts, ends and records."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from auto_model_monitor.training import supervisor
from auto_model_monitor.training.launch import TASK_VARIABLE
from auto_model_monitor.training.outcomes import ExitRecord
from auto_model_monitor.training.processes import KnownProcess, task_processes
from auto_model_monitor.training.supervisor import claim, start_of
from tests.training.trainings import kill_all
from tests.waiting import until

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
ORPHANS = """
trap 'echo ignored' TERM
(trap '' TERM; sleep 1000) &
setsid sh -c "trap '' TERM; sleep 1000 & echo $$ two; sleep 1000" &
(setsid sh -c 'trap "" TERM; exec sleep 1000' &)
sleep 0.1
echo ready
"""


class Supervised:
    """A supervisor that was started by hand, with its log."""

    def __init__(self, folder, mark, command, grace, attempt, **options):
        self.folder, self.mark, self.attempt = folder, mark, attempt
        self.log = folder / "log.txt"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    supervisor.__file__,
                    folder,
                    str(attempt),
                    str(grace),
                    "--",
                    *command,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, TASK_VARIABLE: mark},
                start_new_session=True,
                **options,
            )

    def wait_for_output(self, text):
        until(lambda: text in self.log.read_text())

    def wait(self):
        return self.process.wait(60)

    @property
    def exit(self):
        return ExitRecord.read(self.folder / f"exit-{self.attempt}")


@pytest.fixture
def supervise(tmp_path):
    """Start supervisors; no process of theirs outlives the test."""
    mark = f"test-{tmp_path.name}-{os.getpid()}"
    with ExitStack() as ending:
        ending.callback(kill_all, [mark])

        def start(*command, grace=10.0, attempt=1, **options):
            started = Supervised(tmp_path, mark, command, grace, attempt, **options)
            ending.callback(started.process.wait)
            return started

        yield start


@pytest.mark.parametrize(
    ("script", "status", "own"),
    [("exit 0", 0, 0), ("exit 3", 3, 3), ("kill -9 $$", -9, 137), ("kill -SEGV $$", -11, 139)],
)
def test_the_end_is_recorded(supervise, script, status, own):
    """The exit status or the signal is in one file, and is the supervisor's own status too."""
    started = supervise("/bin/sh", "-c", script)
    assert started.wait() == own
    assert started.exit[:2] == (status, False)
    assert started.exit.started
    assert not list(started.folder.glob("*draft*"))


@pytest.mark.parametrize(
    ("command", "text"), [("/no/such/program", "No such file"), ("/etc/passwd", "Permission denied")]
)
def test_a_failed_start_is_recorded(supervise, command, text):
    """A command that cannot start leaves a record, and a line in the log with the reason."""
    started = supervise(command)
    assert started.wait() == 127
    assert not started.exit.started
    assert f"auto-model-monitor: '{command}': {text}" in started.log.read_text()


def test_the_training_gets_what_a_program_expects(supervise):
    """A training has no input, one log for all output, its own session, and default signals."""
    program = (
        "import os, signal, sys; print('out', os.read(0, 1)); sys.stdout.flush(); os.write(2, b'err\\n');"
        "print(os.getpid() == os.getsid(0) == os.getpgid(0), os.getsid(0) != os.getsid(os.getppid()));"
        "print([signal.getsignal(n) == signal.SIG_DFL for n in (15, 1, 17)], signal.pthread_sigmask(0, []));"
        "import subprocess; subprocess.run(['grep', '-E', 'SigIgn|SigBlk', '/proc/self/status'])"
    )

    def ignoring():  # as a job in the background of a script
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGQUIT, signal.SIG_IGN)

    started = supervise(sys.executable, "-u", "-c", program, preexec_fn=ignoring)
    assert started.wait() == 0
    *lines, blocked, ignored = started.log.read_text().splitlines()
    assert lines == ["out b''", "err", "True True", "[True, True, True] set()"]
    # Signals that Python does not know are the C library's own: its posix_spawn ignores 32.
    known = sum(1 << number - 1 for number in signal.valid_signals())
    assert [int(mask.split()[1], 16) & known for mask in (blocked, ignored)] == [0, 0]


LOOK = """
import sys
path = sys.argv.pop(1)
try:
    exec(compile(open(path).read(), path, "exec"), {"__name__": "__main__"})
except SystemExit:
    print(sorted(sys.modules))
"""


def test_it_costs_little(supervise):
    """The supervisor takes a few megabytes, and imports no slow module."""
    started = supervise("/bin/sh", "-c", "grep VmRSS /proc/$PPID/status")
    assert started.wait() == 0
    assert int(started.log.read_text().split()[-2]) < 20_000
    arguments = [supervisor.__file__, started.folder, "2", "1", "--", "true"]
    command = [sys.executable, "-I", "-S", "-c", LOOK, *arguments]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "'signal'" in found
    for heavy in (
        "json",
        "re",
        "subprocess",
        "pathlib",
        "logging",
        "threading",
        "site",
        "socket",
        "tempfile",
    ):
        assert f"'{heavy}'" not in found


def test_only_one_claims_an_attempt(supervise):
    """Of several supervisors of one attempt and a server that revokes it, exactly one claims it."""
    several = [supervise("/bin/sh", "-c", "echo begun") for _ in range(4)]
    statuses = sorted(one.wait() for one in several)
    assert statuses == [0, 126, 126, 126]
    assert several[0].log.read_text() == "begun\n"
    assert not claim(str(several[0].folder / "claim-1"), "0 revoked\n")
    assert claim(str(several[0].folder / "claim-2"), "0 revoked\n")
    late = supervise("/bin/sh", "-c", "echo late", attempt=2)
    assert late.wait() == 126
    assert "late" not in late.log.read_text()
    assert sorted(path.name for path in late.folder.iterdir() if path.name != "log.txt") == [
        "claim-1",
        "claim-2",
        "exit-1",
        "trainer-1",
    ]


def test_sigterm_reaches_the_training(supervise):
    """SIGTERM reaches the training, which may end in its own way and is not killed."""
    started = supervise(
        "/bin/sh", "-c", "trap 'echo saving; exit 5' TERM; echo ready; while :; do sleep 0.05; done"
    )
    started.wait_for_output("ready")
    started.process.terminate()
    assert started.wait() == 5
    assert started.exit[:2] == (5, True)
    assert "saving" in started.log.read_text()


def test_a_training_that_ignores_sigterm_is_killed_with_its_processes(supervise):
    """After the grace all processes are killed, also those that ignore SIGTERM or have left by setsid."""
    started = supervise("/bin/sh", "-c", ORPHANS + "while :; do sleep 0.05; done", grace=0.3)
    started.wait_for_output("ready")
    assert len(task_processes(started.mark)) >= 6
    started.process.terminate()
    assert started.wait() == 137
    assert started.exit[:2] == (-9, True)
    assert task_processes(started.mark) == []
    assert "ignored" in started.log.read_text()


def test_what_a_training_leaves_behind_is_ended(supervise):
    """A training that ends leaves no process behind, and keeps its exit status."""
    started = supervise("/bin/sh", "-c", ORPHANS + "exit 4", grace=0.2)
    assert started.wait() == 4
    assert started.exit[:2] == (4, False)
    assert task_processes(started.mark) == []


def test_no_zombie_stays_while_it_runs(supervise):
    """The orphans of a long training are collected when they end."""
    started = supervise(
        "/bin/sh", "-c", "for n in 1 2 3 4 5; do (sleep 0 &); done; echo ready; exec sleep 1000"
    )
    started.wait_for_output("ready")
    me = started.process.pid

    def children():
        states = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == me:
                states.append(fields[0])
        return states

    until(lambda: children() == ["S"])
    started.process.terminate()
    started.wait()


def test_sigterm_during_the_start_leaves_no_training(supervise, tmp_path):
    """SIGTERM at any moment of the start leaves no training running."""
    for attempt in range(1, 9):
        started = supervise("/bin/sh", "-c", "sleep 1000", grace=5, attempt=attempt)
        if attempt % 2:
            until((tmp_path / f"claim-{attempt}").exists)
        started.process.terminate()
        started.wait()
        assert task_processes(started.mark) == []
        assert started.exit is None or started.exit.requested


def unknown(_):
    raise OSError(errno.ENOSYS, "Function not implemented")


@pytest.mark.parametrize("opened", [None, unknown])
def test_a_process_is_known_by_its_start(monkeypatch, opened):
    """A later process with the same pid is not mistaken for the first one, also on old kernels."""
    if opened is not None:
        monkeypatch.setattr(os, "pidfd_open", opened)
    with subprocess.Popen(["sleep", "1000"]) as process:
        known = KnownProcess(process.pid, start_of(process.pid))
        assert known.is_running()
        other = known._replace(start=known.start + "0")
        other.signal(signal.SIGKILL)
        other.signal_group(signal.SIGKILL)
        assert not other.is_running()
        assert process.poll() is None
        known.signal(signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
    assert not known.is_running()
    assert start_of(process.pid) == ""
    assert not KnownProcess(0, "").is_running()


def test_the_end_takes_no_new_room(supervise, tmp_path):
    """The record of the end uses space that was reserved at the start, because a full disk has none."""
    os.mkfifo(tmp_path / "fifo")
    started = supervise("/bin/sh", "-c", "read x < fifo; exit 6", cwd=tmp_path)
    with (tmp_path / "fifo").open("w") as fifo:
        (draft,) = tmp_path.glob("exit-1.*")
        before = draft.stat()
        fifo.write("go\n")
    assert started.wait() == 6
    after = (tmp_path / "exit-1").stat()
    assert (after.st_ino, after.st_size, after.st_blocks) == (before.st_ino, before.st_size, before.st_blocks)
