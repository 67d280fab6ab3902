"""Lines appended to files by a thread of its own, so that the program that makes them never waits."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread, current_thread

from ...core.private_files import make_private_directory, open_private
from ...text.cleaning import describe_error

logger = logging.getLogger(__name__)

FLUSH_INTERVAL = 0.2
"""Seconds after which a row is written; what ``kill -9`` can lose, and what is being written then."""

MOST_PENDING = 10_000
"""Rows that wait in memory while the disk is full or slow; further ones are dropped and counted."""

_AT_ONCE = 500  # rows of one write
_GRACE = 4.0  # seconds that the end of the program waits for a slow disk
_REMINDER = 60.0  # seconds between two reports of the same trouble

Entry = Callable[[], tuple[str, bytes]]
"""Returns the name of the file, without its end, and the line; called by the writing thread."""


class LineWriter:
    """Appends lines to files in a folder; created by :func:`line_writer`, one a folder and process.

    Nothing here raises into the caller of :meth:`add` or makes it wait. After a fork the child begins with
    nothing pending, because its parent writes what was, and with files of its own.

    Args:
        folder: where the files lie; created with mode 0700.

    Attributes:
        dropped: rows that were lost, because too many waited for the disk.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.reset()

    def reset(self) -> None:
        """Begin without anything pending, as a process does."""
        self.dropped = 0
        self._pending: deque[Entry] = deque()
        self._lines: dict[str, list[bytes]] = {}  # taken from the queue, and not written yet
        self._taken = 0  # their number
        self._lock = Lock()
        self._writing = Lock()
        self._is_idle = True
        self._thread: _Worker | None = None
        self._ends_with_program = False
        self._suffix = f"{os.getpid()}-{os.urandom(4).hex()}"  # process ids repeat, also between containers
        self._reported = -_REMINDER
        self._failed = False

    def add(self, entry: Entry) -> None:
        """Queue a line."""
        pending = self._pending
        if len(pending) + self._taken >= MOST_PENDING:
            with self._lock:
                self.dropped += 1
            return
        pending.append(entry)
        if self._is_idle:
            self._wake()

    def close(self, seconds: float = _GRACE) -> None:
        """Write what is pending; give up when nothing gets on for ``seconds``. A later row starts again."""
        with self._lock:
            thread, self._thread = self._thread, None
            self._is_idle = True
        if thread is None:
            self._write_pending(seconds)
        else:
            thread.stop.set()
            thread.awake.set()
            if thread is not current_thread():
                self._join(thread, seconds)
        left = len(self._pending) + self._taken
        if left:
            logger.error("%d rows of the log in %s are not written yet", left, self.folder)

    def _join(self, thread: Thread, seconds: float) -> None:
        """Wait for the thread, as long as it gets on: a busy machine may need longer than a slow disk may."""
        left, end = -1, 0.0
        while thread.is_alive():
            now, waiting = time.monotonic(), len(self._pending) + self._taken
            if waiting != left:
                left, end = waiting, now + seconds
            if now >= end:
                return
            thread.join(0.05)

    def _wake(self) -> None:
        problem = ""
        with self._lock:
            self._is_idle = False
            if self._thread is not None:
                self._thread.awake.set()
                return
            thread = _Worker(self._run)
            try:
                thread.start()
            except RuntimeError as error:  # a limit of threads, or the interpreter is ending
                self._is_idle = True
                problem = f"no thread can be started: {error}"
            else:
                self._thread = thread
            if not self._ends_with_program:
                self._ends_with_program = True
                _at_exit(self.close)
        if problem:
            self._report(problem)

    def _run(self, worker: _Worker) -> None:
        while True:
            stopped = worker.stop.wait(FLUSH_INTERVAL)
            try:
                self._write_pending()
            except Exception:
                logger.exception("the prediction log has a bug, please report it; the program continues")
            if stopped:
                return
            if self._pending or self._lines:
                continue
            worker.awake.clear()
            self._is_idle = True
            # A row or an end that came between the two looks woke nobody.
            if not self._pending and not worker.stop.is_set():
                worker.awake.wait()

    def _write_pending(self, seconds: float = -1) -> None:
        if not self._writing.acquire(timeout=seconds):
            return  # another thread waits for the disk
        try:
            for _ in range(0, len(self._pending) + 1, _AT_ONCE):
                self._take()
                for name in list(self._lines):
                    self._append(name, b"".join(self._lines[name]))
                    self._taken -= len(self._lines.pop(name))
        except OSError as error:
            self._report(describe_error(error))
        else:
            if self._failed:
                self._failed, self._reported = False, -_REMINDER
                logger.warning("the log in %s is written again; rows lost: %d", self.folder, self.dropped)
        finally:
            self._writing.release()

    def _take(self) -> None:
        pending = self._pending
        for _ in range(min(len(pending), _AT_ONCE)):
            name, line = pending.popleft()()
            self._lines.setdefault(name, []).append(line)
            self._taken += 1

    def _append(self, name: str, data: bytes) -> None:
        # Opened for each write: a file that was moved away begins again, and a fork finds none open.
        if not self.folder.is_dir():
            make_private_directory(self.folder)
        file = open_private(self.folder / f"{name}-{self._suffix}.jsonl", os.O_WRONLY | os.O_APPEND)
        try:
            size = os.fstat(file).st_size
            written = os.write(file, data)
            if written < len(data):
                written += os.write(file, data[written:])  # raises the reason
            if written < len(data):
                raise OSError("the disk takes only a part of a write")
        except OSError:
            os.ftruncate(file, size)  # no torn line stays, and the next attempt doubles none
            raise
        finally:
            os.close(file)

    def _report(self, reason: str) -> None:
        self._failed = True
        now = time.monotonic()
        if now - self._reported >= _REMINDER:
            self._reported = now
            waiting = len(self._pending) + self._taken
            logger.error(
                "the log in %s cannot be written (%s): %d rows wait in memory, %d were dropped; free the "
                "disk or check the folder's permissions",
                self.folder, reason, waiting, self.dropped,
            )  # fmt: skip


class _Worker(Thread):
    """The writing thread, with the events that wake and end it."""

    def __init__(self, run: Callable[[_Worker], None]) -> None:
        super().__init__(target=run, args=(self,), name="prediction log", daemon=True)
        self.stop = Event()
        self.awake = Event()


def _at_exit(close: Callable[[], None]) -> None:
    atexit.unregister(close)  # a forked child has its parent's
    atexit.register(close)
    # A child of multiprocessing that was forked runs no function of atexit, only these.
    processes = sys.modules.get("multiprocessing.util")
    if processes is not None:
        processes.Finalize(None, close, exitpriority=0)


_writers: dict[Path, LineWriter] = {}


def line_writer(folder: Path) -> LineWriter:
    """Return the writer of a folder, the same for each caller in this process."""
    return _writers.setdefault(folder, LineWriter(folder))


def _reset_in_child() -> None:
    for writer in list(_writers.values()):
        writer.reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_in_child)
