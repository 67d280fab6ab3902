"""The supervisor's state files, with contents that no supervisor writes."""

from __future__ import annotations

import os
import signal
from datetime import datetime, timezone

import pytest

from auto_model_monitor.training import processes
from auto_model_monitor.training.outcomes import ExitRecord, outcome_of
from auto_model_monitor.training.processes import KnownProcess
from auto_model_monitor.training.supervisor import start_of
from auto_model_monitor.training.tasks import TaskState

START = start_of(os.getpid())
ODD_PROCESSES = [
    "-1",
    "-1 ",
    f"-1 {START}",
    "0",
    "0 ",
    f"0 {START}",
    f"{os.getpid()}",
    f"{os.getpid()} ",
    f"-{os.getpid()} {START}",
    f"+{os.getpid()} {START}",
    f"{os.getpid()} {START} {START}",
    "12345678901234567890",
    f"12345678901234567890 {START}",
    f"99999999999999999999 {START}",
    f"2147483648 {START}",
    "",
    "one two",
    f"1_0 {START}",
    "\0" * 10,
]


@pytest.mark.parametrize("text", ODD_PROCESSES, ids=range(len(ODD_PROCESSES)))
def test_an_odd_process_id_never_runs_and_is_never_signalled(tmp_path, monkeypatch, text):
    """Whatever number a file names, only a process with that start time runs, and only it is signalled."""
    signalled = []
    for module, name in ((os, "kill"), (os, "killpg"), (signal, "pidfd_send_signal")):
        monkeypatch.setattr(module, name, lambda *arguments: signalled.append(arguments), raising=False)
    (tmp_path / "process").write_text(text)
    process = KnownProcess.read(tmp_path / "process")
    if process is not None:
        assert not process.is_running()
        process.signal(signal.SIGTERM)
        process.signal_group(signal.SIGKILL)
    assert signalled == []


@pytest.mark.parametrize(
    ("pid", "start"), [(-1, ""), (0, ""), (-1, START), (10**20, ""), (10**20, START)], ids=range(5)
)
def test_an_odd_process_value_is_never_signalled(monkeypatch, pid, start):
    """The same holds for values that were made in another way."""
    signalled = []
    for module, name in ((os, "kill"), (os, "killpg"), (signal, "pidfd_send_signal")):
        monkeypatch.setattr(module, name, lambda *arguments: signalled.append(arguments), raising=False)
    process = processes.KnownProcess(pid, start)
    assert not process.is_running()
    process.signal(signal.SIGTERM)
    process.signal_group(signal.SIGTERM)
    assert signalled == []


def test_a_claim_by_no_process_is_read(tmp_path):
    """The claim of a restarted server names process 0, which never runs."""
    (tmp_path / "process").write_text("0 revoked\n")
    assert KnownProcess.read(tmp_path / "process") == (0, "revoked")


def test_this_process_is_read_and_runs(tmp_path):
    """A file as the supervisor writes it names a running process."""
    (tmp_path / "process").write_text(f"{os.getpid()} {START}\n")
    process = KnownProcess.read(tmp_path / "process")
    assert process is not None
    assert process.is_running()


@pytest.mark.parametrize("completed", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "99999999999999999999 0 1764300000.000000 0",
        "-99999999999999999999 0 1764300000.000000 0",
        "256 0 1764300000.0 0",
        "-65 0 1764300000.0 0",
        "banana 0 1764300000.0 0",
        "1_0 0 1764300000.0 0",
        "0x1 0 1764300000.0 0",
        "\x1b[31m 0 1764300000.0 0",
    ],
    ids=repr,
)
def test_an_absurd_exit_status_fails_the_task(tmp_path, text, completed):
    """A record that no supervisor writes ends the task as failed, without an exit status."""
    (tmp_path / "exit").write_text(text)
    record = ExitRecord.read(tmp_path / "exit")
    outcome = outcome_of(record, cancel_reason=None, completed=completed, log=tmp_path / "log")
    assert (outcome.state, outcome.exit_code) == (TaskState.FAILED, None)
    assert outcome.reason.isprintable()


@pytest.mark.parametrize("stamp", ["999999999999", "0", "1764300000.000000"])
def test_a_time_beyond_the_calendar_costs_the_time_alone(tmp_path, stamp):
    """Exit status 0 counts, whatever the time."""
    (tmp_path / "exit").write_text(f"0 0 {stamp} 0")
    record = ExitRecord.read(tmp_path / "exit")
    outcome = outcome_of(record, cancel_reason=None, completed=False, log=tmp_path / "log")
    assert (outcome.state, outcome.exit_code) == (TaskState.COMPLETED, 0)
    assert outcome.time is None or outcome.time <= datetime(9999, 1, 1, tzinfo=timezone.utc)
