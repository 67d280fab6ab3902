"""How a training ended, and the final state of its task."""

from __future__ import annotations

import re
import signal
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from ..text.cleaning import for_terminal
from .failure_reasons import failure_reason, last_line
from .regular_files import read_regular
from .tasks import TaskState

_RECORD = re.compile(r"(\S+) (\S+) ([0-9]{1,12}(?:\.[0-9]{1,9})?) (\S+)")
_STATUS = re.compile(r"-?[0-9]{1,6}")
_MAX_SIGNAL, _MAX_STATUS = 64, 255
_MAX_SHOWN = 80  # characters
_ABSURD = 1


class ExitRecord(NamedTuple):
    """How a training ended.

    Attributes:
        status: the exit status, or minus the signal's number.
        requested: the supervisor had received a request to end it.
        time: when, in UTC; None if unknown.
        started: False if the command could not be started.
        unreadable: the record, if no supervisor writes such a one; empty for all others.
    """

    status: int
    requested: bool = False
    time: datetime | None = None
    started: bool = True
    unreadable: str = ""

    @classmethod
    def read(cls, state_file: Path) -> ExitRecord | None:
        """Return what a supervisor recorded, None if the file is missing or incomplete."""
        try:
            text = read_regular(state_file).decode("ascii", "replace").strip()
        except OSError:
            return None
        found = _RECORD.fullmatch(text)
        if found is None:
            return None
        status, requested, stamp, failure = found.groups()
        if not _STATUS.fullmatch(status) or not -_MAX_SIGNAL <= int(status) <= _MAX_STATUS:
            return cls(_ABSURD, unreadable=text[:_MAX_SHOWN])
        return cls(int(status), requested == "1", _time_of(stamp), failure == "0")


def _time_of(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


class TaskOutcome(NamedTuple):
    """The end of a task.

    Attributes:
        state: its final state.
        reason: why.
        exit_code: the exit status, or minus the signal's number; None if unknown.
        time: when the training ended, in UTC; None if unknown.
    """

    state: TaskState
    reason: str
    exit_code: int | None = None
    time: datetime | None = None


def outcome_of(
    record: ExitRecord | None, *, cancel_reason: str | None, completed: bool, log: Path
) -> TaskOutcome:
    """Return the final state of a task whose training has ended.

    Exit status 0 completes it; any other status, or a signal, fails it, whatever the log contains. If the
    status is unknown, because the supervisor was killed too, a log line about completion decides.

    Args:
        record: how the training ended, None if unknown.
        cancel_reason: why a cancellation was requested, None if it was not.
        completed: the log reports that the training has completed.
        log: the log, searched for the failure cause.
    """
    if cancel_reason is not None and (record is None or record.requested or record.status):
        return TaskOutcome(
            TaskState.CANCELLED,
            cancel_reason,
            None if record is None or record.unreadable else record.status,
            record and record.time,
        )
    if record is None:
        return _unknown_outcome(completed, log)
    if record.unreadable:
        reason = f"its exit status cannot be read: {for_terminal(record.unreadable)}"
        return TaskOutcome(TaskState.FAILED, reason + last_line(log))
    if not record.started:
        return TaskOutcome(TaskState.FAILED, f"could not be started{last_line(log)}", None, record.time)
    reason = _describe_status(record.status)
    if record.requested and not completed:
        reason = f"ended from outside, as when the machine shuts down: {reason}"
    failed = record.status != 0 or (record.requested and not completed)
    if failed:
        reason += failure_reason(log, record.status)
    return TaskOutcome(
        TaskState.FAILED if failed else TaskState.COMPLETED, reason, record.status, record.time
    )


def _unknown_outcome(completed: bool, log: Path) -> TaskOutcome:
    if completed:
        return TaskOutcome(TaskState.COMPLETED, "its log reports completion; its exit status is not known")
    text = "it ended while no server ran, as when the machine restarts; its exit status is not known"
    return TaskOutcome(TaskState.FAILED, text + failure_reason(log))


def _describe_status(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    hint = " (as the system does when memory runs out)" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"
