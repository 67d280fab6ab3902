"""How a training ended, with the last lines of its traceback and log."""

from __future__ import annotations

import logging
import signal
import stat
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from ..core.alerts import AlertKind, Level
from ..text.cleaning import for_header

_LONGEST_ERROR = 300  # characters
_LONGEST_LINE = 500  # characters
_LARGEST_BLOCK = 4000  # bytes
_TRACEBACK_LINES = 15
_MESSAGE_LINES = 6  # of the exception's own text, which may be very long
_LOG_LINES = 20
_LOG_BYTES = 65_536
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a training ended.

    Attributes:
        kind: finished, crashed or interrupted.
        error: after a crash, the exception in one line.
        traceback: after a crash, the last lines of the traceback.
        cause: after an interruption, the signal or exception.
    """

    kind: AlertKind
    error: str = ""
    traceback: str = ""
    cause: str = ""

    @property
    def level(self) -> Level:
        """The level of the alert."""
        levels = {AlertKind.FINISHED: Level.INFO, AlertKind.INTERRUPTED: Level.WARNING}
        return levels.get(self.kind, Level.CRITICAL)


def ending_of(error: BaseException | None, trace: TracebackType | None, caught: int | None = None) -> Ending:
    """Classify the end of a training by its exception, if any.

    ``sys.exit()`` without a code or with 0 finishes; with another code it is a crash, unless a signal caused
    it. What is no :class:`Exception` (Ctrl-C, a cancelled task) is an interruption.

    Args:
        error: the exception that left the training.
        trace: its traceback, from the training's own first frame.
        caught: the number of the signal that was turned into an exit, None if there was none.
    """
    if error is None:
        return Ending(kind=AlertKind.FINISHED)
    if not isinstance(error, Exception):
        sender = _signal_name(caught) or _signal_that_raised(trace)
        if sender or not isinstance(error, SystemExit):
            return Ending(kind=AlertKind.INTERRUPTED, cause=sender or _name(error))
        if error.code is None or error.code == 0:
            return Ending(kind=AlertKind.FINISHED)
    return Ending(kind=AlertKind.CRASHED, error=_in_a_line(error), traceback=traceback_end(error, trace))


def traceback_end(error: BaseException, trace: TracebackType | None) -> str:
    """Return a traceback's last lines, at most 4 kB; a long text of the exception does not displace them."""
    try:
        whole = traceback.TracebackException(type(error), error, trace, limit=-_TRACEBACK_LINES)
        message = "".join(whole.format_exception_only()).rstrip("\n")
        text = "".join(whole.format()).rstrip("\n")
    except BaseException:  # an exception whose own methods raise
        return _in_a_line(error)
    if not text.endswith(message):  # an exception group: its parts follow below
        return _last_lines(text.split("\n"), _TRACEBACK_LINES)
    shown = message.split("\n")
    shown = [*shown[:_MESSAGE_LINES], "…"] if len(shown) > _MESSAGE_LINES else shown
    frames = text[: len(text) - len(message)].rstrip("\n").split("\n")
    # Drop the markers below code: they point nowhere on a phone that wraps lines.
    frames = [line for line in frames if not line.strip() or line.strip("~^ ")]
    return _last_lines([*frames[-max(1, _TRACEBACK_LINES - len(shown)) :], *shown], _TRACEBACK_LINES)


def log_end(path: Path | None = None) -> str:
    """Return the last lines of a log file, at most 4 kB; of a progress bar its last state.

    Args:
        path: the file; by default the one that the root logger writes to.

    Raises:
        OSError: the file cannot be read.
    """
    path = path or _root_log()
    if path is None or not stat.S_ISREG(path.stat().st_mode):  # a pipe would block
        return ""
    with path.open("rb") as file:
        before = max(0, file.seek(0, 2) - _LOG_BYTES)
        file.seek(before)
        lines = file.read(_LOG_BYTES).decode("utf-8", "replace").split("\n")
    lines = lines[1:] if before and len(lines) > 1 else lines  # the first one is incomplete
    shown = [line.rstrip().rpartition("\r")[2] for line in lines]
    return _last_lines([line for line in shown if line], _LOG_LINES)


def _root_log() -> Path | None:
    files = [handler for handler in logging.getLogger().handlers if isinstance(handler, logging.FileHandler)]
    return Path(files[-1].baseFilename) if files else None


def _last_lines(lines: Sequence[str], most: int) -> str:
    """Return the last lines that fit; very long ones are cut."""
    kept: list[str] = []
    left = _LARGEST_BLOCK
    for line in reversed(lines[-most:]):
        short = line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"
        left -= len(short.encode("utf-8", "replace")) + 1
        if left < 0:
            break
        kept.append(short)
    return "\n".join(reversed(kept))


def _in_a_line(error: BaseException) -> str:
    try:
        text = str(error)[: 10 * _LONGEST_ERROR].rstrip(". \n")  # it becomes part of a sentence
    except BaseException:
        text = ""
    return for_header(f"{type(error).__name__}: {text}" if text else type(error).__name__, _LONGEST_ERROR)


def _name(error: BaseException) -> str:
    return "SIGINT (Ctrl-C)" if isinstance(error, KeyboardInterrupt) else _in_a_line(error)


def _signal_name(number: int | None) -> str:
    return "" if number is None else signal.Signals(number).name


def _signal_that_raised(trace: TracebackType | None) -> str:
    """Return the signal in whose handler the program raised the error; empty for none."""
    handlers: dict[object, str] = {}
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        code = None if number is None else getattr(signal.getsignal(number), "__code__", None)
        if code is not None:
            handlers[code] = name
    while trace is not None:
        if trace.tb_frame.f_code in handlers:
            return handlers[trace.tb_frame.f_code]
        trace = trace.tb_next
    return ""
