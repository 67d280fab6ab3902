"""The final state of a task, and the line of its log that explains it."""

from __future__ import annotations

import pytest

from auto_model_monitor.training import TaskState
from auto_model_monitor.training.failure_reasons import failure_reason, last_line
from auto_model_monitor.training.outcomes import ExitRecord, outcome_of

COMPLETED, FAILED, CANCELLED = TaskState.COMPLETED, TaskState.FAILED, TaskState.CANCELLED
TRACEBACK = """Epoch [1/3] started
Traceback (most recent call last):
  File "train.py", line 3, in <module>
    load()
ValueError: no images in /data

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "train.py", line 5, in <module>
    raise Mishap("the disk ran away")
mishaps.Mishap: the disk ran away
with the spoon
[W] an error in cleaning up
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.txt"

    def write(text):
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize(
    ("found", "cancel_reason", "completed", "state", "reason", "code"),
    [
        (ExitRecord(0), None, False, COMPLETED, "exit status 0", 0),
        (ExitRecord(0), None, True, COMPLETED, "exit status 0", 0),
        (ExitRecord(1), None, True, FAILED, "exit status 1: last", 1),
        (ExitRecord(-11), None, False, FAILED, "killed by SIGSEGV: last", -11),
        (
            ExitRecord(-9),
            None,
            False,
            FAILED,
            "killed by SIGKILL (as the system does when memory runs out): last",
            -9,
        ),
        (ExitRecord(-64), None, False, FAILED, "killed by SIGRTMAX: last", -64),
        (ExitRecord(-15, requested=True), "enough", False, CANCELLED, "enough", -15),
        (ExitRecord(0, requested=True), "enough", False, CANCELLED, "enough", 0),
        (ExitRecord(0), "enough", False, COMPLETED, "exit status 0", 0),
        (ExitRecord(1), "enough", False, CANCELLED, "enough", 1),
        (None, "enough", True, CANCELLED, "enough", None),
        (None, None, True, COMPLETED, "its log reports completion; its exit status is not known", None),
        (ExitRecord(0, requested=True), None, True, COMPLETED, "exit status 0", 0),
        (ExitRecord(127, started=False), None, False, FAILED, "could not be started: last", None),
        (ExitRecord(-15, started=False), "enough", False, CANCELLED, "enough", -15),
    ],
)
def test_the_state_follows_from_the_end(log, found, cancel_reason, completed, state, reason, code):
    """Status 0 completes a task, others fail it, a cancel request cancels it; without one the log decides."""
    judged = outcome_of(found, cancel_reason=cancel_reason, completed=completed, log=log("first\nlast\n"))
    assert judged[:3] == (state, reason, code)


def test_a_training_ended_from_outside_has_failed(log):
    """A training that is ended from outside has failed, even with exit status 0."""
    judged = outcome_of(
        ExitRecord(0, requested=True), cancel_reason=None, completed=False, log=log("saving\n")
    )
    assert judged.state is FAILED
    assert "from outside" in judged.reason
    judged = outcome_of(None, cancel_reason=None, completed=False, log=log("saving\n"))
    assert judged.state is FAILED
    assert judged.reason.endswith("its exit status is not known: saving")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TRACEBACK, ": ValueError: no images in /data"),
        (TRACEBACK.replace("\n", "\r\n"), ": ValueError: no images in /data"),
        (
            "".join(f"[rank0]: {line}\n" for line in TRACEBACK.splitlines()),
            ": ValueError: no images in /data",
        ),
        (
            "usage: train.py\ntrain.py: error: unrecognized arguments: --x\nbye\n",
            ": a wrong option or configuration: train.py: error: unrecognized arguments: --x."
            " The option is --x. Correct the option.",
        ),
        (
            "…\ntorch.cuda.OutOfMemoryError: CUDA out of memory.\nTerminating\n",
            ": GPU memory ran out: torch.cuda.OutOfMemoryError: CUDA out of memory. Use a smaller batch or"
            " sequence, gradient checkpointing or accumulation, or free the device (`nvidia-smi`).",
        ),
        (
            "KeyboardInterrupt\n",
            ": interrupted (Ctrl-C): KeyboardInterrupt. Nothing, unless it was not you.",
        ),
        ("a\n\x1b[31mb\x1b[0m\n\n  \n", ": b"),
        ("no end", ": no end"),
        ("Traceback (most recent call last):\n  File", ":   File".replace("   ", " ")),
        ("", ""),
        ("\n\n", ""),
        (b"\xff\xfe\x00\n" * 3, ": \ufffd\ufffd"),
        (b"x" * (1 << 20), ": " + "x" * 500 + "…"),
    ],
)
def test_the_reason_is_what_the_log_shows(log, text, words):
    """The reason has the cause, the line of the log that shows it and what to do, or the last line."""
    assert failure_reason(log(text)) == words


def test_a_command_that_cannot_start_has_the_supervisors_line(log):
    """A task that could not be started has the supervisor's last line as its reason, without its name."""
    text = "auto-model-monitor: 'nosuch': No such file or directory\n"
    assert last_line(log(text)) == ": 'nosuch': No such file or directory"


def test_there_is_no_reason_without_a_log(tmp_path):
    """Without a log the reason ends with the status."""
    assert failure_reason(tmp_path / "log.txt") == ""


@pytest.mark.parametrize("text", ["", "0", "0 0 x 0", "0 0 1e400 0", "0 0 nan 0", "\0" * 256])
def test_an_incomplete_exit_record_counts_as_missing(tmp_path, text):
    """An incomplete exit record counts as missing."""
    (tmp_path / "exit-1").write_text(text)
    assert ExitRecord.read(tmp_path / "exit-1") is None
