"""How a training ended, and what that makes of its task."""

from __future__ import annotations

import re
import signal
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from ..text.cleaning import from_terminal
from .plain_files import read_plain
from .tasks import TaskState

_TAIL = 32 << 10  # bytes of the log's end in which its last words are looked for
_LONGEST = 500  # characters of them
_TRACEBACK = "Traceback (most recent call last):"
_ERROR = re.compile(r"(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Interrupt|Exit)(?:: |$)")
_FATAL = re.compile(r"(?i)\b(?:error|exception|fatal|critical|abort(?:ed)?)\b")
_RANK = re.compile(r"\[rank[0-9]+\]: ?")  # what torchrun puts before each line
_OURS = "auto-model-monitor: "


class Exit(NamedTuple):
    """How a training ended.

    Attributes:
        status: the exit status, minus the signal's number where one ended it.
        asked: its supervisor had been told to end it before.
        time: when, in UTC; None where it is not known.
        begun: False when it could not even be started.
    """

    status: int
    asked: bool = False
    time: datetime | None = None
    begun: bool = True

    @classmethod
    def read(cls, paper: Path) -> Exit | None:
        """Return what a supervisor wrote down, None where it did not, or not yet."""
        try:
            status, asked, stamp, failure = read_plain(paper).decode("ascii").split()
            time = datetime.fromtimestamp(float(stamp), timezone.utc)
            return cls(int(status), asked == "1", time, failure == "0")
        except (OSError, ValueError, OverflowError):
            return None


class Verdict(NamedTuple):
    """What becomes of the task.

    Attributes:
        state: its final state.
        reason: why.
        exit_code: the exit status, minus the signal's number; None where it is not known.
        time: when the training ended, in UTC; None where it is not known.
    """

    state: TaskState
    reason: str
    exit_code: int | None = None
    time: datetime | None = None


def verdict(found: Exit | None, *, wish: str | None, completed: bool, log: Path) -> Verdict:
    """Judge an end.

    Exit status 0 is a completed training; another one, or a signal, a failed one, whatever its log says.
    Where the status is not known, because the supervisor was killed too, a line that says that the training
    has completed decides.

    Args:
        found: how it ended, None where that is not known.
        wish: why the task was to be cancelled, None when nobody expected that.
        completed: the log said that the training has completed.
        log: the log, for its last words.
    """
    if wish is not None and (found is None or found.asked or found.status):
        return Verdict(TaskState.CANCELLED, wish, found and found.status, found and found.time)
    if found is None:
        return _unknown(completed, log)
    if not found.begun:
        return Verdict(TaskState.FAILED, f"could not be started{last_words(log, 1)}", None, found.time)
    reason = _told(found.status)
    if found.asked and not completed:
        reason = f"told to end from outside, as when the machine is shut down: {reason}"
    failed = found.status != 0 or (found.asked and not completed)
    if failed:
        reason += last_words(log, 1 if found.status < 0 else None)
    return Verdict(TaskState.FAILED if failed else TaskState.COMPLETED, reason, found.status, found.time)


def _unknown(completed: bool, log: Path) -> Verdict:
    if completed:
        return Verdict(TaskState.COMPLETED, "its log says so; its exit status is not known")
    text = "it ended while nobody watched, as when the machine is restarted; its exit status is not known"
    return Verdict(TaskState.FAILED, text + last_words(log, 1))


def last_words(log: Path, most: int | None = None) -> str:
    """Return ``": "`` and the line at a log's end that tells best why it ended; nothing when there is none.

    That is the line in which the last traceback ends, else the last one that names or speaks of an error,
    else the last one.

    Args:
        log: the file.
        most: how many of the last lines to look at.
    """
    try:
        text = read_plain(log, _TAIL).decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [_RANK.sub("", from_terminal(raw).rstrip()) for raw in text.split("\n")]
    lines = [line for line in lines if line.strip()][-(most or 0) :]
    if not lines:
        return ""
    line = _error_in(lines).strip().removeprefix(_OURS)
    return f": {line}" if len(line) <= _LONGEST else f": {line[:_LONGEST]}…"


def _error_in(lines: list[str]) -> str:
    """Return the line that tells best why a training ended."""
    if _TRACEBACK in lines:
        last = len(lines) - lines[::-1].index(_TRACEBACK)
        for line in lines[last:]:
            if not line.startswith(" "):
                return line
    for looks_like_it in (_ERROR.match, _FATAL.search):
        for line in reversed(lines):
            if looks_like_it(line):
                return line
    return lines[-1]


def _told(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    hint = " (as the system does when memory runs out)" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"
