"""Processes that may have ended: whether they still run, and how to signal them."""

from __future__ import annotations

import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .launch import TASK_VARIABLE
from .regular_files import read_regular
from .supervisor import start_of

_PROC = Path("/proc")
_STATE = re.compile(r"([0-9]{1,9}) ([!-~]+)")  # as the supervisor writes it


class KnownProcess(NamedTuple):
    """A process, distinguished from later ones with the same pid by its start time.

    Attributes:
        pid: its number; 0 stands for a process that never starts.
        start: what :func:`start_of` returned while it ran.
    """

    pid: int
    start: str

    @classmethod
    def read(cls, state_file: Path) -> KnownProcess | None:
        """Return the process that a state file names; None if it does not exist yet, or names none.

        A process without a start time could be any; 0 and negative numbers would signal whole groups.
        """
        try:
            found = _STATE.fullmatch(read_regular(state_file).decode("ascii").strip())
        except (OSError, ValueError):
            return None
        return None if found is None else cls(int(found[1]), found[2])

    def is_running(self) -> bool:
        """Return whether it still runs; an ended child of this process is collected."""
        if self._is_this():
            return True
        if self.pid > 0:
            with suppress(
                OSError, OverflowError
            ):  # rarely a child of ours, but in a container this may be process 1
                os.waitpid(self.pid, os.WNOHANG)
        return False

    def _is_this(self) -> bool:
        return self.pid > 0 and bool(self.start) and start_of(self.pid) == self.start

    def signal(self, number: int) -> None:
        """Send it a signal, but never to another process that has its pid by now."""
        if self.pid <= 0:
            return
        with suppress(OSError, OverflowError):
            pidfd = _open_pidfd(self.pid)
            try:
                if not self._is_this():
                    return
                if pidfd is None:
                    os.kill(self.pid, number)
                else:
                    signal.pidfd_send_signal(pidfd, number)
            finally:
                if pidfd is not None:
                    os.close(pidfd)

    def signal_group(self, number: int) -> None:
        """Send a signal to the process group that it leads, while it runs."""
        with suppress(OSError):
            if self.is_running():
                os.killpg(self.pid, number)


def _open_pidfd(pid: int) -> int | None:
    """Return a pidfd; None where the system has none, as macOS, an old kernel or a sandbox.

    Raises:
        ProcessLookupError: there is no such process.
    """
    try:
        return os.pidfd_open(pid)
    except ProcessLookupError:
        raise
    except (AttributeError, OSError):
        return None


def kill_task_processes(task_id: str, timeout: float) -> None:
    """Kill every process of a task, and return when they have ended or after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while left := task_processes(task_id):
        for process in left:
            process.signal(signal.SIGKILL)
        time.sleep(0.01)
        for process in left:
            process.is_running()  # collects a child
        if time.monotonic() > deadline:
            return


def task_processes(task_id: str) -> list[KnownProcess]:
    """Return every process whose environment carries the task's id; none on systems without /proc."""
    variable = f"{TASK_VARIABLE}={task_id}".encode()
    found = []
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):
            if variable in (folder / "environ").read_bytes().split(b"\0"):
                start = start_of(int(folder.name))
                if start:
                    found.append(KnownProcess(int(folder.name), start))
    return found
