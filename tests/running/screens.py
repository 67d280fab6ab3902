"""A person at a terminal: a program whose standard streams are one, what it shows, and keys."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Iterator

from tests.waiting import PATIENCE


class Screen:
    """A terminal with a program on it; what it has shown is in `shown`."""

    def __init__(self, pid: int, file: int) -> None:
        self.pid = pid
        self.file = file
        self.shown = b""
        self._looked_at = 0

    def wait_for(self, text: bytes) -> None:
        """Return once the text is shown behind what was waited for before."""
        end = time.monotonic() + PATIENCE
        while (place := self.shown.find(text, self._looked_at)) < 0:
            assert time.monotonic() < end, (text, self.shown)
            assert self._read(), (text, self.shown)
        self._looked_at = place + len(text)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self.file, keys)

    def resize(self, rows: int, columns: int) -> None:
        """Change the window's size."""
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def is_raw(self) -> bool:
        """Return whether keys are passed on as they are typed."""
        return not termios.tcgetattr(self.file)[3] & termios.ICANON

    def status(self) -> int:
        """Return the program's exit status."""
        while self._read():
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bool:
        try:
            if not select.select([self.file], [], [], PATIENCE)[0]:
                return False
            data = os.read(self.file, 1 << 16)
        except OSError:
            return False
        self.shown += data
        return bool(data)


@contextlib.contextmanager
def on_screen(*command: str, closing: dict[int, int] | None = None) -> Iterator[Screen]:
    """Start a program on a terminal; `closing` gives streams other files instead."""
    pid, file = pty.fork()
    if pid == 0:
        try:
            for stream, other in (closing or {}).items():
                os.dup2(other, stream)
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    try:
        yield Screen(pid, file)
    finally:
        with contextlib.suppress(OSError):
            os.kill(pid, 9)
        os.close(file)
        with contextlib.suppress(OSError):
            os.waitpid(pid, 0)
