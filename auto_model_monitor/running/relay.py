"""Passes one stream of a wrapped command on: to where it went without us, and to the log."""

from __future__ import annotations

import os
import select
import threading

from .bounded_log import BoundedLog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK = 256 << 10  # bytes of a read
_LARGE = 16 << 10  # bytes of a read behind which the next one does not wait
_PAUSE = 18  # milliseconds between two small reads: output is passed on 55 times a second at most
_STEADY_PAUSE = 45  # the same where output has come without a pause for long
_STEADY = 40  # reads in a row, none of which had to be waited for
_CAPACITY = 1 << 20  # bytes that a pipe or a terminal holds at most


class Relay(threading.Thread):
    r"""Reads a stream to its end, in a thread, and writes what it reads elsewhere, unchanged.

    A write may block, as it would block the command: the thread of another stream goes on.

    Args:
        source: what is read; closed at the end.
        target: where it goes; closed at the end.
        log: where it goes too.
        number: which stream of the log it is.
        terminal: the source is a terminal, which ends lines by ``\r\n``; the log has ``\n``.
        keeps_reading: read on when the reader behind ``target`` has gone. Otherwise the source is closed,
            so that the command sees what it would see without us.
        on_change: called when :attr:`drained` or :attr:`finished` become true.

    Attributes:
        drained: everything that was written before :meth:`drain` was called has been passed on.
        finished: there will be no more output.
    """

    def __init__(
        self,
        source: int,
        target: int,
        log: BoundedLog,
        *,
        number: int,
        terminal: bool,
        keeps_reading: bool,
        on_change: Callable[[], None],
    ) -> None:
        super().__init__(daemon=True)
        self.drained = self.finished = False
        self._source = source
        self._target: int | None = target
        self._log = log
        self._number = number
        self._terminal = terminal
        self._keeps_reading = keeps_reading
        self._on_change = on_change
        self._held = b""
        self._draining, self._drain = os.pipe()
        self._drains = False
        self._any, self._drain_only = select.poll(), select.poll()
        self._any.register(source, select.POLLIN)
        for waiting in (self._any, self._drain_only):
            waiting.register(self._draining, select.POLLIN)
        os.set_blocking(source, False)

    def drain(self) -> None:
        """Announce that the command has ended or was suspended; others of its processes may still write."""
        self.drained = self.finished
        self._drains = True
        os.write(self._drain, b".")

    def run(self) -> None:
        """Pass everything on."""
        try:
            self._pass_all()
        finally:
            os.close(self._source)
            if self._held:
                self._log.append(self._held, self._number)
            if self._target is not None:
                os.close(self._target)
            self.drained = self.finished = True
            self._on_change()

    def _pass_all(self) -> None:
        buffer = bytearray(_CHUNK)
        view = memoryview(buffer)
        steady = 0
        left: int | None = None  # bytes that may have been written before drain() was called
        while True:
            count = self._read(buffer)
            if not count or (count > 0 and not self._pass(view[:count])):
                return
            if self._drains:
                left, self._drains = _CAPACITY, False
            elif left is not None:
                left -= max(count, 0)
                if count < 0 or left <= 0:
                    left, self.drained = None, True
                    self._on_change()
            elif count < _LARGE:
                # Output that comes line by line is collected, which costs less; the first line is not late.
                steady = 0 if count < 0 else steady + 1
                self._wait(_PAUSE if steady < _STEADY else _STEADY_PAUSE, with_source=count < 0)

    def _wait(self, pause: int, *, with_source: bool) -> None:
        """Wait until drain() is called, or the source can be read or a moment has passed."""
        ready = self._any.poll() if with_source else self._drain_only.poll(pause)
        if self._draining in [file for file, _ in ready]:
            os.read(self._draining, 16)

    def _read(self, buffer: bytearray) -> int:
        """Return how many bytes were read; 0 at the end, -1 if there are none yet."""
        try:
            return os.readv(self._source, [buffer])
        except BlockingIOError:
            return -1
        except OSError:  # a terminal that no process has open any more
            return 0

    def _pass(self, data: memoryview) -> bool:
        """Pass some output on; return whether someone may need the rest."""
        self._write_log(data)
        while data and self._target is not None:
            try:
                data = data[os.write(self._target, data) :]
            except BlockingIOError:  # someone has made the shared screen non-blocking
                select.select([], [self._target], [])
            except BrokenPipeError:
                if not self._keeps_reading:
                    return False
                self._close_target()
            except OSError:  # the terminal has gone, or the disk is full: the log goes on
                self._close_target()
        return True

    def _close_target(self) -> None:
        if self._target is not None:
            os.close(self._target)
        self._target = None

    def _write_log(self, data: memoryview) -> None:
        if not self._terminal:
            self._log.append(data, self._number)
            return
        text = (self._held + bytes(data)).replace(b"\r\n", b"\n")
        self._held = b"\r" if text.endswith(b"\r") else b""
        self._log.append(text[: len(text) - len(self._held)], self._number)
