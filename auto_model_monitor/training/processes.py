"""Processes that others have started: whether they still run, and how to end them."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .launch import MARK
from .plain_files import read_plain
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
            pid, _, start = read_plain(paper).decode("ascii").strip().partition(" ")
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
        with suppress(OSError):
            held = _hold(self.pid)
            try:
                if start_of(self.pid) != self.start:
                    return
                if held is None:
                    os.kill(self.pid, number)
                else:
                    signal.pidfd_send_signal(held, number)
            finally:
                if held is not None:
                    os.close(held)

    def signal_group(self, number: int) -> None:
        """Send a signal to the process group that it leads, as long as it runs."""
        with suppress(OSError):
            if self.runs():
                os.killpg(self.pid, number)


def _hold(pid: int) -> int | None:
    """Return a file that stands for the process whatever becomes of its number; None where there are none.

    Raises:
        ProcessLookupError: there is no such process.
    """
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except (AttributeError, OSError):  # macOS, an old kernel, or a sandbox that does not know it
        return None


def kill_marked(task_id: str, patience: float) -> None:
    """Kill every process that a task has started, and return when they are gone, or after ``patience``.

    Args:
        task_id: the task's.
        patience: seconds; a process that hangs in the kernel ends when it can.
    """
    end = time.monotonic() + patience
    while left := marked(task_id):
        for process in left:
            process.signal(signal.SIGKILL)
        time.sleep(0.01)
        for process in left:
            process.runs()  # which collects it where it was ours
        if time.monotonic() > end:
            return


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
