"""The command ``run`` inside a Slurm job: who speaks, and what is said before the time is over."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from programs import PATIENT_PROGRAM

from auto_model_monitor import MonitorConfig, notify_when_done
from tests.fakes import RecordingNotifier
from tests.waiting import until

JOB = {
    "SLURM_JOB_ID": "4410872",
    "SLURM_JOB_NAME": "bert",
    "SLURMD_NODENAME": "gpu-07",
    "SLURM_JOB_PARTITION": "a100",
}
LINE = "Slurm job: 4410872 (bert), node gpu-07, partition a100"
# Counts the signals it gets, until its input ends.
TRAINS = """
import signal, sys
signal.signal(signal.SIGUSR1, lambda *_: print("saved", flush=True))
print("Epoch 1 - val_loss: 0.5", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Every test has a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("train.py").write_text(TRAINS)
    return tmp_path


def started(**variables: str) -> subprocess.Popen[str]:
    command = [*PATIENT_PROGRAM, "run", "--language", "en", "--", sys.executable, "train.py"]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **JOB, **variables},
    )


def mails() -> list[EmailMessage]:
    files = sorted(Path("monitor_logs/mailbox").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]  # type: ignore[misc]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.parametrize("known", [True, False], ids=["end known", "end unknown"])
def test_the_signal_before_the_time_limit_is_passed_on_and_reported_once(known: bool):
    """USR1 reaches the training each time, and is one message, with the minutes where they are known."""
    end = {"SLURM_JOB_END_TIME": str(int(time.time()) + 1800)} if known else {}
    process = started(SLURM_PROCID="0", **end)
    assert process.stdout is not None
    process.stdout.readline()
    for _ in range(2):
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.readline() == "saved\n"
    process.communicate(timeout=200)
    assert process.returncode == 0
    first, last = mails()
    assert ("min left" if known else "about to reach its time limit") in first["Subject"]
    assert "finished" in last["Subject"]
    assert all(LINE in text_of(mail).splitlines() for mail in (first, last))


def test_of_two_tasks_the_first_alone_speaks():
    """Two tasks of srun are one message, and the next start does not report the other one either."""
    first, second = started(SLURM_PROCID="0"), started(SLURM_PROCID="1")
    assert second.stdout is not None
    second.stdout.readline()
    second.send_signal(signal.SIGUSR1)
    second.stdout.readline()
    second.kill()  # the wrapper: its training goes on, and ends without it
    for process in (second, first):
        shown = process.communicate(timeout=200)[1]
    assert "mailbox" in shown
    assert first.returncode == 0
    until(lambda: len(list(Path("monitor_logs/runs").glob("*/end"))) == 2)
    assert [mail["Subject"].split(" after ")[0] for mail in mails()] == ["✅ train.py finished"]
    started(SLURM_PROCID="0").communicate(timeout=200)
    assert len(mails()) == 2


def test_a_task_that_is_not_the_first_is_as_if_it_ran_alone():
    """It keeps its exit status and says nothing of ours."""
    Path("train.py").write_text("import sys; sys.exit(7)")
    process = started(SLURM_PROCID="3")
    shown = process.communicate(timeout=200)[1]
    assert (process.returncode, shown, mails()) == (7, "", [])


def test_notify_when_done_names_the_job(monkeypatch: pytest.MonkeyPatch):
    """The message about the end of a function has the line about the job, too."""
    for name, value in {**JOB, "SLURM_PROCID": "0"}.items():
        monkeypatch.setenv(name, value)
    notifier = RecordingNotifier()
    with notify_when_done(MonitorConfig("."), notifiers=[notifier], name="a"):
        pass
    (message,) = notifier.sent
    assert message.text.count("4410872") == 1
