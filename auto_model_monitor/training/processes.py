"""Processes that others have started: whether they still run, and how to end them."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .launch import MARK
from .supervisor import start_of

_PROC = Path("/proc")


class Known(NamedTuple):
    """A process that was met before.

    Attributes:
        pid: its number, which another one has after its end; 0 for a process that never was.
        start: what tells it from that one.
    """

    pid: int
    start: str

    @classmethod
    def read(cls, paper: Path) -> Known | None:
        """Return the process that a paper names, None where there is no paper yet."""
        try:
            pid, _, start = paper.read_text(encoding="ascii").strip().partition(" ")
            return cls(int(pid), start)
        except (OSError, ValueError):
            return None

    def runs(self) -> bool:
        """Tell whether it still runs; where it has ended as a child of this process, it is collected."""
        if self.pid and start_of(self.pid) == self.start:
            return True
        if self.pid:
            with suppress(OSError):  # most often it is not ours: but in a container this may be process 1
                os.waitpid(self.pid, os.WNOHANG)
        return False

    def signal(self, number: int) -> None:
        """Send it a signal, and never to another process that has its number by now."""
        opened = getattr(os, "pidfd_open", None)
        with suppress(OSError):
            if opened is None:
                if self.runs():
                    os.kill(self.pid, number)
                return
            opened_process = opened(self.pid)
            try:
                if start_of(self.pid) == self.start:
                    signal.pidfd_send_signal(opened_process, number)
            finally:
                os.close(opened_process)

    def signal_group(self, number: int) -> None:
        """Send a signal to the process group that it leads, as long as it runs."""
        with suppress(OSError):
            if self.runs():
                os.killpg(self.pid, number)


def marked(task_id: str) -> list[Known]:
    """Return every process whose environment says that a task has started it; none where it is not shown."""
    sign = f"{MARK}={task_id}".encode()
    found = []
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            if sign in (folder / "environ").read_bytes().split(b"\0"):
                start = start_of(int(folder.name))
                if start:
                    found.append(Known(int(folder.name), start))
    return found
