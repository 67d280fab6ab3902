"""How a training ended, and what that makes of its task."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import NamedTuple

from ..sources.lines import cleaned
from .tasks import TaskState

_TAIL = 16 << 10  # bytes of the log's end in which its last words are looked for
_LONGEST = 500  # characters of them
_ERROR = re.compile(
    r"(?:[A-Za-z_][\w.]*\.)?[A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning|Failure)(?::.*)?$"
)
_FATAL = re.compile(r"(?i)\b(?:error|exception|fatal|critical|killed|abort(?:ed)?)\b")


class Exit(NamedTuple):
    """What a supervisor wrote down at the end.

    Attributes:
        status: the exit status, minus the signal's number where one ended it.
        asked: the supervisor had been told to end it before.
        error: the number of the error with which it could not be started, 0 for none.
    """

    status: int
    asked: bool
    error: int

    @classmethod
    def read(cls, paper: Path) -> Exit | None:
        """Return what a paper says, None where there is none."""
        try:
            status, asked, _, error = paper.read_text(encoding="ascii").split()
            return cls(int(status), asked == "1", int(error))
        except (OSError, ValueError):
            return None


class Verdict(NamedTuple):
    """What becomes of the task.

    Attributes:
        state: its final state.
        reason: why.
        exit_code: the exit status, minus the signal's number; None where it is not known.
    """

    state: TaskState
    reason: str
    exit_code: int | None


def verdict(found: Exit | None, *, wish: str | None, completed: bool, words: str) -> Verdict:
    """Judge an end.

    Exit status 0 is a completed training, another one a failed one whatever its log says. Where the status
    is not known, because the supervisor was killed too, a line that says that the training has completed
    decides.

    Args:
        found: what was written down.
        wish: why the task was to be cancelled, None when nobody wanted that.
        completed: the log said that the training has completed.
        words: the log's last words, as :func:`last_words` finds them.
    """
    words = f": {words}" if words else ""
    if found is None:
        if wish is not None:
            return Verdict(TaskState.CANCELLED, wish, None)
        if completed:
            return Verdict(TaskState.COMPLETED, "its log says so; its exit status is not known", None)
        text = "it is gone, and its exit status with it, as after a restart of the machine"
        return Verdict(TaskState.FAILED, f"{text}{words}", None)
    if found.error:
        return Verdict(TaskState.FAILED, f"could not be started{words}", None)
    if wish is not None and (found.asked or found.status):
        return Verdict(TaskState.CANCELLED, wish, found.status)
    if found.asked and not completed:
        text = "it was told to end from outside, as when the machine is shut down"
        return Verdict(TaskState.FAILED, f"{text}, and ended with {_told(found.status)}{words}", found.status)
    state = TaskState.FAILED if found.status else TaskState.COMPLETED
    return Verdict(state, f"{_told(found.status)}{words if found.status else ''}", found.status)


def last_words(log: Path) -> str:
    """Return the line at a log's end that tells best why it ended.

    That is the last one that looks like the last line of a traceback, else the last one that speaks of an
    error, else the last one.
    """
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL))
            text = file.read(_TAIL).decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line for line in (cleaned(raw).rstrip() for raw in text.split("\n")) if line.strip()]
    for pattern in (_ERROR, _FATAL):
        for line in reversed(lines):
            if pattern.match(line) if pattern is _ERROR else pattern.search(line):
                return _short(line.strip())
    return _short(lines[-1].strip()) if lines else ""


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _told(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    hint = ", as the system does when memory runs out" if name == "SIGKILL" else ""
    return f"killed by {name}{hint}"
