"""How a wrapped command ended."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timezone

from .escalation import STOPPED, TIMED_OUT
from .run_folder import RunFolder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .kept_output import KeptOutput

STOP_STATUS = 75  # EX_TEMPFAIL
TIMEOUT_STATUS = 124  # as timeout(1) has it
LOST_STATUS = 125  # as timeout(1) and env(1) report a failure of their own
NOT_EXECUTABLE, NOT_FOUND = 126, 127


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEnd:
    """How a wrapped command ended, and what the system knew then.

    Attributes:
        exit_code: what the wrapper exits with: the command's own status, 128 + n for signal n, 127 or 126
            if it could not be started, 75 if it was stopped, 124 if its time was over, 125 if the process
            that passed its output on was killed.
        status: the command's own exit status, or minus the signal that ended it; None if it did not start.
        problem: one line about why it could not be started or followed; empty otherwise.
        requested: ``"stopped"`` or ``"timeout"`` if the wrapper ended it; empty otherwise.
        reason: why it was stopped.
        started: when, in UTC.
        ended: when, in UTC.
        sent_signal: the last signal that was passed on to the command; 0 for none.
        signal_sender: who sent it: the terminal, or a process.
        peak_memory: bytes of memory that the largest of its processes used.
        oom_kills: processes of the control group that the kernel killed for want of memory meanwhile.
        shm_full: /dev/shm has no space left at the end.
        disk_full: a directory whose disk has no space left at the end; empty if there is none.
        folder: the run's files.
        kept: what was kept of its output while it ran.
    """

    exit_code: int
    status: int | None
    problem: str = ""
    requested: str = ""
    reason: str = ""
    started: datetime
    ended: datetime
    sent_signal: int = 0
    signal_sender: str = ""
    peak_memory: int = 0
    oom_kills: int = 0
    shm_full: bool = False
    disk_full: str = ""
    folder: RunFolder | None = None
    kept: KeptOutput | None = field(default=None, repr=False, compare=False)

    def output(self) -> list[tuple[int, bytes]]:
        """Return the lines that are kept of the output, each with its number: all of them in most runs.

        Raises:
            OSError: the log cannot be read.
        """
        from .kept_output import KeptOutput

        if self.folder is None:
            return []
        return (self.kept or KeptOutput(self.folder)).lines()

    @property
    def signal(self) -> int | None:
        """The signal that ended the command; None if it exited."""
        return -self.status if self.status is not None and self.status < 0 else None

    @classmethod
    def from_record(cls, line: str, folder: RunFolder | None, command: str = "") -> CommandEnd:
        """Read the record that the pump wrote.

        Args:
            line: ``name=value`` separated by tabs; empty if the pump was killed.
            folder: of the run.
            command: the program's name, for the problem.

        Raises:
            ValueError: it is damaged.
        """
        values = dict(pair.partition("=")[::2] for pair in line.rstrip("\n").split("\t"))
        failure = int(values.get("not_started", 0))
        name = command or next(iter(folder.command if folder else []), "")
        if not failure and "status" not in values:
            return _lost(name, folder)
        status = None if failure else int(values["status"])
        return cls(
            exit_code=_exit_code(status, failure, values.get("requested", "")),
            status=status,
            problem=f"{name}: {_complaint(failure)}" if failure else "",
            requested=values.get("requested", ""),
            reason=values.get("reason", ""),
            started=_time(values.get("started", "0")),
            ended=_time(values.get("ended", "0")),
            sent_signal=int(values.get("sent_signal", 0)),
            signal_sender=values.get("signal_sender", ""),
            peak_memory=int(values.get("peak_memory", 0)),
            oom_kills=int(values.get("oom_kills", 0)),
            shm_full=values.get("shm_full") == "1",
            disk_full=values.get("disk_full", ""),
            folder=folder,
        )


def _lost(name: str, folder: RunFolder | None) -> CommandEnd:
    now = datetime.now(timezone.utc)
    problem = f"{name}: the process that passed its output on was killed; the command may still run"
    return CommandEnd(
        exit_code=LOST_STATUS, status=None, problem=problem, started=now, ended=now, folder=folder
    )


def _exit_code(status: int | None, failure: int, requested: str) -> int:
    import errno

    if status is None:
        return NOT_FOUND if failure in (errno.ENOENT, errno.ENOTDIR) else NOT_EXECUTABLE
    if requested:
        return {STOPPED: STOP_STATUS, TIMED_OUT: TIMEOUT_STATUS}[requested]
    return status if status >= 0 else 128 - status


def _complaint(failure: int) -> str:
    import errno

    if failure == errno.ENOENT:
        return "command not found; give a program that is in PATH, or its path"
    if failure == errno.EACCES:
        return "expected a program that may be executed; try chmod +x, or name its interpreter"
    return f"the command cannot be started: {os.strerror(failure)}"


def _time(text: str) -> datetime:
    return datetime.fromtimestamp(float(text), timezone.utc)
