"""How a training ended, and its last words: the traceback's end, the log's end."""

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
_MESSAGE_LINES = 6  # of the traceback's: an error's own text may be as long as a book
_LOG_LINES = 20
_LOG_BYTES = 65_536
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How it ended.

    Attributes:
        kind: finished, crashed or interrupted.
        error: of a crash, the error in a line.
        traceback: of a crash, the last lines of the traceback.
        cause: of an interruption, what caused it.
    """

    kind: AlertKind
    error: str = ""
    traceback: str = ""
    cause: str = ""

    @property
    def level(self) -> Level:
        """How urgent that is."""
        levels = {AlertKind.FINISHED: Level.INFO, AlertKind.INTERRUPTED: Level.WARNING}
        return levels.get(self.kind, Level.CRITICAL)


def ending_of(error: BaseException | None, trace: TracebackType | None, caught: int | None = None) -> Ending:
    """Return what the error, if any, says of the end.

    ``sys.exit()`` with no code or with 0 is a way to finish; with another code it is a crash, unless a signal
    asked for it. What is no :class:`Exception` (Ctrl-C, a task that was cancelled) is an interruption.

    Args:
        error: what left the training.
        trace: its traceback, from the training's own first frame.
        caught: the number of the signal that was turned into an exit, if one was.
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
    """Return a traceback's last lines, 4 kB at most; an error's own long text does not crowd them out."""
    try:
        whole = traceback.TracebackException(type(error), error, trace, limit=-_TRACEBACK_LINES)
        message = "".join(whole.format_exception_only()).rstrip("\n")
        text = "".join(whole.format()).rstrip("\n")
    except BaseException:  # an error whose own methods raise, whatever they raise
        return _in_a_line(error)
    if not text.endswith(message):  # a group of errors: its parts stand below it
        return _last_lines(text.split("\n"), _TRACEBACK_LINES)
    said = message.split("\n")
    said = [*said[:_MESSAGE_LINES], "…"] if len(said) > _MESSAGE_LINES else said
    frames = text[: len(text) - len(message)].rstrip("\n").split("\n")
    # Marks below a line of code point at nothing where a phone wraps it.
    frames = [line for line in frames if not line.strip() or line.strip("~^ ")]
    return _last_lines([*frames[-max(1, _TRACEBACK_LINES - len(said)) :], *said], _TRACEBACK_LINES)


def log_end(path: Path | None = None) -> str:
    """Return the last lines of a log file, 4 kB at most; of a progress bar what it showed last.

    Args:
        path: the file; by default the one that the root logger writes. That logger is looked at, not touched.

    Raises:
        OSError: the file cannot be read.
    """
    path = path or _root_log()
    if path is None or not stat.S_ISREG(path.stat().st_mode):  # a pipe would wait for ever
        return ""
    with path.open("rb") as file:
        before = max(0, file.seek(0, 2) - _LOG_BYTES)
        file.seek(before)
        lines = file.read(_LOG_BYTES).decode("utf-8", "replace").split("\n")
    lines = lines[1:] if before and len(lines) > 1 else lines  # the first one is a piece of a line
    shown = [line.rstrip().rpartition("\r")[2] for line in lines]
    return _last_lines([line for line in shown if line], _LOG_LINES)


def _root_log() -> Path | None:
    files = [handler for handler in logging.getLogger().handlers if isinstance(handler, logging.FileHandler)]
    return Path(files[-1].baseFilename) if files else None


def _last_lines(lines: Sequence[str], most: int) -> str:
    """Return the last lines that fit, each whole unless it is very long."""
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
        text = str(error)[: 10 * _LONGEST_ERROR].rstrip(". \n")  # it becomes a part of a sentence
    except BaseException:
        text = ""
    return for_header(f"{type(error).__name__}: {text}" if text else type(error).__name__, _LONGEST_ERROR)


def _name(error: BaseException) -> str:
    return "SIGINT (Ctrl-C)" if isinstance(error, KeyboardInterrupt) else _in_a_line(error)


def _signal_name(number: int | None) -> str:
    return "" if number is None else signal.Signals(number).name


def _signal_that_raised(trace: TracebackType | None) -> str:
    """Return the signal in whose handler, the program's own, the error was raised; empty for none."""
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
