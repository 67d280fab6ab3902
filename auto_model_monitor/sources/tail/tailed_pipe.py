"""The bytes that another program writes into a pipe, read as they arrive."""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Condition, Thread

from .tailed_file import Chunk, Restart

_PIECE = 1 << 16
_MOST_HELD = 8 << 20  # bytes; while more are buffered, the writer blocks as at any full pipe
_TAIL = 256


class TailedPipe:
    """Drains a pipe in a thread of its own and returns its bytes like those of a file.

    The writer never waits for the processing of its bytes.

    Attributes:
        offset: how many bytes are consumed.
        head: the first of these bytes.
        tail: the last of these bytes.

    Args:
        stream: the descriptor of the pipe's end.
        on_data: called with the bytes when they are consumed.
    """

    restarts = 0
    restart: Restart | None = None
    identity = ""

    def __init__(self, stream: int, on_data: Callable[[bytes], None] | None = None) -> None:
        self.offset = 0
        self.head = self.tail = b""
        self._stream = stream
        self._on_data = on_data
        self._held = bytearray()
        self._ended = False
        self._changed = Condition()
        self._thread: Thread | None = None

    @property
    def ended(self) -> bool:
        """Whether the other end was closed, so that nothing follows what is held."""
        return self._ended

    def chunk(self, most: int, *, again: bool = False) -> Chunk:
        """Return at most ``most`` unconsumed bytes; then call :meth:`done`."""
        if self._thread is None:
            thread = Thread(target=self._empty, name="auto_model_monitor stdin", daemon=True)
            thread.start()
            self._thread = thread
        with self._changed:
            data = bytes(self._held[:most])
            ends = len(self._held) <= most
            return Chunk(data, ends, ends and self._ended)

    def done(self, count: int) -> None:
        """Consume ``count`` bytes of the last chunk."""
        with self._changed:
            data = bytes(self._held[:count])
            del self._held[:count]
            self._changed.notify_all()
        if not self.head:
            self.head = data[:_TAIL]
        self.tail = (self.tail + data[-_TAIL:])[-_TAIL:]
        self.offset += len(data)
        if self._on_data is not None:
            self._on_data(data)

    def skip_hole(self) -> int:
        """Return 0: a pipe has no holes."""
        return 0

    def wait(self, seconds: float) -> None:
        """Wait until the other end is closed, for at most ``seconds``."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended, seconds)

    def close(self) -> None:
        """Nothing to do: the pipe belongs to the process."""

    def _empty(self) -> None:
        while data := self._read():
            with self._changed:
                self._held += data
                self._changed.wait_for(lambda: len(self._held) < _MOST_HELD)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _read(self) -> bytes:
        try:
            return os.read(self._stream, _PIECE)
        except OSError:  # the writer is gone, or there was none
            return b""
