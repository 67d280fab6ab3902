"""The run log: one handler on the package's logger while a monitor runs; no other logger is changed."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from io import FileIO, TextIOWrapper
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from ..core.private_files import make_private_directory, open_private
from ..text.cleaning import for_log_line, for_traceback
from .fork_safety import fork_safe_lock

if TYPE_CHECKING:
    from logging import _SysExcInfoType as ExceptionInfo

LOGGER = logging.getLogger("auto_model_monitor")

_FORMAT = "%(asctime)s - %(name)s - %(levelname)s - %(message)s"
_DATES = "%Y-%m-%d %H:%M:%S"


class OneLineFormatter(logging.Formatter):
    """Writes each message on one line, with control characters escaped.

    A traceback keeps its lines, indented, so that no error text can forge a line of the log.

    Args:
        fmt: the format of a line.
        hide: returns a text without what no log may show.
    """

    def __init__(self, fmt: str = _FORMAT, hide: Callable[[str], str] = str) -> None:
        super().__init__(fmt, _DATES)
        self._hide = hide

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without the traceback."""
        record.message = for_log_line(self._hide(record.message))
        return super().formatMessage(record)

    def formatException(self, ei: ExceptionInfo) -> str:
        """Return the traceback, indented."""
        return for_traceback(self._hide(super().formatException(ei)))


class _LogFile(logging.FileHandler):
    """A log file that reports a full disk once, not for every line."""

    _has_warned = False

    def _open(self) -> TextIOWrapper:
        file = open_private(self.baseFilename, os.O_WRONLY | os.O_APPEND)
        return TextIOWrapper(FileIO(file, "a"), self.encoding, self.errors, line_buffering=True)

    def handleError(self, record: logging.LogRecord) -> None:
        if not self._has_warned:
            self._has_warned = True
            error = sys.exc_info()[1]
            LOGGER.warning("the run log %s cannot be written: %s", self.baseFilename, error)

    def close(self) -> None:
        with suppress(OSError):  # the buffered rest may not fit on a full disk
            super().close()


class _RunHandler(logging.Handler):
    """The one handler: writes to every open run log, and forwards what other handlers would have received.

    The logger must let INFO pass so that the file receives it. Forwarding here, by the level that the program
    had set, keeps INFO off its screen.
    """

    def __init__(self) -> None:
        super().__init__()
        self._files: list[logging.Handler] = []
        self._screens: list[logging.Handler] = []
        self._users = 0
        self._before = (LOGGER.level, LOGGER.propagate)

    def attach(self, file: logging.Handler | None, screen: logging.Handler | None) -> None:
        with _lock:
            if self._users == 0:
                self._install()
            self._users += 1
            self._files += [file] if file else []
            self._screens += [screen] if screen else []

    def detach(self, file: logging.Handler | None, screen: logging.Handler | None) -> None:
        with _lock:
            self._users -= 1
            self._files = [h for h in self._files if h is not file]
            self._screens = [h for h in self._screens if h is not screen]
            if self._users == 0:
                self._remove()

    def _install(self) -> None:
        self._before = (LOGGER.level, LOGGER.propagate)
        if LOGGER.getEffectiveLevel() > logging.INFO:
            LOGGER.setLevel(logging.INFO)
        LOGGER.propagate = False
        LOGGER.addHandler(self)

    def _remove(self) -> None:
        LOGGER.removeHandler(self)
        LOGGER.level, LOGGER.propagate = self._before
        LOGGER.setLevel(LOGGER.level)  # also empties the cache of isEnabledFor()

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record; a handler that raises stops neither the watch nor the other handlers."""
        files = {getattr(file, "baseFilename", file): file for file in self._files}
        with _writing:
            for handler in files.values():  # two monitors started in the same second share a file
                with suppress(Exception):
                    handler.handle(record)
        with suppress(Exception):  # of the program's handlers, or of a closed screen
            self._forward(record)

    def _forward(self, record: logging.LogRecord) -> None:
        level, propagate = self._before
        parent = LOGGER.parent
        if parent is None or not propagate:
            return
        if self._screens and not parent.hasHandlers():
            self._screens[0].handle(record)
        elif record.levelno >= (level or parent.getEffectiveLevel()):
            parent.callHandlers(record)


_lock = Lock()
_writing = fork_safe_lock()
_handler = _RunHandler()
_kept: list[AbstractContextManager[Path | None]] = []


@contextmanager
def run_log(
    log_dir: Path | None, *, screen: bool = False, hide: Callable[[str], str] = str
) -> Iterator[Path | None]:
    """Write the package's log to ``log_dir/YYYYMMDD/monitor_YYYYMMDDHHMMSS.log`` inside the block.

    Args:
        log_dir: the directory of the run logs; None for no file.
        screen: also show INFO on standard error if the program has not configured logging.
        hide: returns a text without what no log may show.

    Yields:
        The file's path, or None when there is no file.
    """
    file, error = _open(log_dir, hide)
    shown = _screen(hide) if screen else None
    _handler.attach(file, shown)
    try:
        if error is not None:
            LOGGER.warning("no run log is kept: %s cannot be written: %s", log_dir, error)
        yield Path(file.baseFilename) if file else None
    finally:
        _handler.detach(file, shown)
        if file:
            file.close()


def _open(log_dir: Path | None, hide: Callable[[str], str]) -> tuple[_LogFile | None, OSError | None]:
    if log_dir is None:
        return None, None
    now = datetime.now()
    path = log_dir / f"{now:%Y%m%d}" / f"monitor_{now:%Y%m%d%H%M%S}.log"
    try:
        make_private_directory(path.parent)
        file = _LogFile(path, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        return None, error
    file.setFormatter(OneLineFormatter(hide=hide))
    return file, None


def _screen(hide: Callable[[str], str]) -> logging.Handler:
    screen = logging.StreamHandler()
    screen.setFormatter(OneLineFormatter("%(asctime)s %(levelname)s %(message)s", hide))
    return screen


def setup_logger(log_dir: str) -> logging.Logger:
    """Open a run log for the rest of the process, as version 0.2 did; return the package's logger.

    The root logger is not changed. A monitor opens and closes its own run log.
    """
    _kept.append(run_log(Path(log_dir)))
    _kept[-1].__enter__()
    return LOGGER
