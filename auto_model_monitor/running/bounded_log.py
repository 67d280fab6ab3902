"""The log of a wrapped command: on the disk within a fraction of a second, bounded, never in the way.

A thread writes it, so that a full disk or one that hangs, such as a lost NFS server's, costs a gap in the log
and at most :data:`_MOST_DELAY` seconds once, never the training.
"""

# The process that uses this stays in memory for days: pathlib and contextlib would cost more than all else.
# ruff: noqa: PTH104

from __future__ import annotations

import os
import threading
import time

_MOST_PENDING = 4 << 20  # bytes that wait for the disk
_SOON = 1 << 20  # bytes that are written without waiting for more
_PAUSE = 0.3  # seconds in which output is collected before it is written
_MOST_DELAY = 2.0  # seconds that the output waits for a disk that hangs
_MOST_CARRIED = 1 << 16  # bytes of a line that keep those of another stream from being mixed into it
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
NAME = "output.log"
FIRST = NAME + ".first"  # the beginning of a log that has outgrown its limit
PREVIOUS = NAME + ".1"  # what stands before the present part of such a log
INDEX = "output.index"


class BoundedLog:
    """Appends output to ``output.log`` in a folder.

    Beyond a third of the limit the file is renamed, the first time to ``output.log.first``, later to
    ``output.log.1``: the beginning and at least the last third remain.

    ``output.index`` holds a line ``UNIX_TIME OFFSET`` at most once a second, less often in long runs: the
    time at which the output had that length.

    Args:
        folder: where; empty to write nothing.
        limit: bytes of all three files together.
        streams: how many streams are mixed; where there are two, lines stay whole.
    """

    def __init__(self, folder: str, limit: int, streams: int = 1) -> None:
        self._folder = folder
        self._part = max(1, limit // 3)
        self._changed = threading.Condition()
        self._pending = bytearray()
        self._carried = [bytearray() for _ in range(streams)] if streams > 1 else []
        self._lost = 0
        self._hangs = self._writing = self._closing = False
        self._size = self._total = 0
        self._file: int | None = None
        self._began = self._indexed = time.time()
        self._index: int | None = None
        if folder:
            self._open_files()

    def start(self) -> None:
        """Start writing what is appended."""
        if self._folder:
            threading.Thread(target=self._run, daemon=True).start()

    def append(self, data: bytes | memoryview, stream: int = 0) -> None:
        """Take some output; it is written soon."""
        if not self._folder:
            return
        with self._changed:
            if len(self._pending) > _MOST_PENDING and not self._wait_for_space():
                self._lost += len(data)
                return
            was_empty = not self._pending
            self._collect(bytes(data) if self._carried else data, stream)
            if was_empty or len(self._pending) > _SOON:
                self._changed.notify_all()

    def flush(self, seconds: float) -> None:
        """Wait until everything is on the disk, at most ``seconds``."""
        if not self._folder:
            return
        end = time.monotonic() + seconds
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            while (self._pending or self._writing or any(self._carried)) and (
                left := end - time.monotonic()
            ) > 0:
                self._changed.wait(left)
            self._closing = False

    def _collect(self, data: bytes | memoryview, stream: int) -> None:
        if not self._carried:
            self._pending += data
            return
        # A line of one stream must not end in the middle of another's.
        carried = self._carried[stream]
        whole = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1  # type: ignore[union-attr]
        if whole:
            self._pending += carried
            carried.clear()
        self._pending += data[:whole]
        carried += data[whole:]
        if len(carried) > _MOST_CARRIED:
            self._release_carried()

    def _release_carried(self) -> None:
        for carried in self._carried:
            self._pending += carried
            carried.clear()

    def _wait_for_space(self) -> bool:
        end = time.monotonic() + _MOST_DELAY
        while len(self._pending) > _MOST_PENDING:
            left = end - time.monotonic()
            if self._hangs or left <= 0:
                self._hangs = True
                return False
            self._changed.wait(left)
        return True

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._pending or self._closing or any(self._carried)):
                    self._changed.wait()
                if len(self._pending) < _SOON and not self._closing:
                    self._changed.wait_for(lambda: len(self._pending) > _SOON or self._closing, _PAUSE)
                if self._closing or not self._pending:
                    self._release_carried()
                batch, self._pending = self._pending, bytearray()
                lost, self._lost = self._lost, 0
                self._writing = bool(batch)
                if not batch:
                    self._changed.wait(_PAUSE)
                    continue
            missing = self._write(batch, lost)
            with self._changed:
                self._lost += missing
                self._hangs = self._writing = False
                self._changed.notify_all()

    def _write(self, batch: bytearray, lost: int) -> int:
        """Write some output; return how many bytes are missing now."""
        view = memoryview(batch)
        try:
            if lost:
                self._write_whole(b"\n[auto-model-monitor: %d bytes of output are missing here]\n" % lost)
                lost = 0
            while view:
                if self._size >= self._part:
                    self._rotate()
                count = self._write_some(view[: max(1, self._part - self._size)])
                view = view[count:]
            self._write_index()
        except OSError:
            self._total += len(view)
            return lost + len(view)
        return 0

    def _write_whole(self, text: bytes) -> None:
        while text:
            text = text[self._write_some(memoryview(text)) :]

    def _write_some(self, view: memoryview) -> int:
        if self._file is None:
            self._open_files()
        assert self._file is not None
        count = os.write(self._file, view)
        self._size += count
        self._total += count
        return count

    def _open_files(self) -> None:
        self._file = os.open(f"{self._folder}/{NAME}", _FLAGS, 0o600)
        if self._index is None:
            self._index = os.open(f"{self._folder}/{INDEX}", _FLAGS, 0o600)

    def _rotate(self) -> None:
        name = PREVIOUS if os.path.exists(f"{self._folder}/{FIRST}") else FIRST  # noqa: PTH110
        os.rename(f"{self._folder}/{NAME}", f"{self._folder}/{name}")
        if self._file is not None:
            os.close(self._file)
        self._file, self._size = None, 0

    def _write_index(self) -> None:
        now = time.time()
        # The longer the run, the fewer entries a second: a month's index is still small.
        if self._index is not None and now - self._indexed >= max(1.0, (now - self._began) / 10_000):
            os.write(self._index, b"%.3f %d\n" % (now, self._total))
            self._indexed = now
