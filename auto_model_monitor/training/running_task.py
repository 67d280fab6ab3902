"""One running attempt at a task: its processes and its log."""

from __future__ import annotations

import logging
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from ..log_parser import LogPattern
from .outcomes import ExitRecord
from .processes import KnownProcess, kill_task_processes, task_processes
from .supervisor import NOT_STARTED
from .task_log import TaskLog
from .tasks import ResumePoint

logger = logging.getLogger(__name__)

_MARGIN = 5.0  # seconds beyond the grace after which a supervisor counts as hung
_KILL_TIMEOUT = 1.0  # seconds to wait for killed processes
_SIGNALLED = 128  # a supervisor exits with 128 + n if signal n killed its training


class RunningTask:
    """One attempt at a task.

    Attributes:
        task_id: the task's id.
        device: the device that it occupies.
        cancel_reason: why a cancellation was requested, None if it was not.
        has_ended: its processes have ended; its log may still have to be read.
        log: its log.
        is_failing: the last poll of it failed with an unexpected exception.

    Args:
        task_id: the task's id.
        device: the device's full name.
        folder: the task's folder.
        resume_point: where the store's record of the task ends.
        process: its supervisor, if this process has started it.
        patterns: additional formats of log lines.
    """

    def __init__(
        self,
        *,
        task_id: str,
        device: str,
        folder: Path,
        resume_point: ResumePoint,
        process: subprocess.Popen[bytes] | None = None,
        patterns: Sequence[LogPattern | str] = (),
    ) -> None:
        self.task_id = task_id
        self.device = device
        self.cancel_reason = resume_point.cancel_reason
        self.has_ended = False
        self.is_failing = False
        self.log = TaskLog(folder / "log.txt", resume_point.position, patterns)
        self.process = process
        attempt = resume_point.attempt
        self._claim = folder / f"claim-{attempt}" / "process"
        self._trainer = folder / f"trainer-{attempt}"
        self._exit = folder / f"exit-{attempt}"
        self._deadline: float | None = None
        self._lost_supervisor = False

    @property
    def is_revoked(self) -> bool:
        """Whether a dispatcher has claimed this attempt so that it never starts."""
        claimant = KnownProcess.read(self._claim)
        return claimant is not None and not claimant.pid

    def is_running(self) -> bool:
        """Return whether it still runs, and may write to its log and record an exit status."""
        if self.process is not None:
            if self.process.poll() is None:
                return True
        else:
            supervisor = KnownProcess.read(self._claim)
            if supervisor is not None and supervisor.is_running():
                return True
        return self._runs_unsupervised()

    def _runs_unsupervised(self) -> bool:
        """Return whether the training still runs although its supervisor was killed."""
        trainer = None if ExitRecord.read(self._exit) else KnownProcess.read(self._trainer)
        if trainer is None or not trainer.is_running():
            return False
        if not self._lost_supervisor:
            self._lost_supervisor = True
            self._deadline = None  # the supervisor that received SIGTERM is dead
            text = "the supervisor of task %s was killed; its training continues, its exit status is lost"
            logger.warning(text, self.task_id)
        return True

    def exit_record(self) -> ExitRecord | None:
        """Return how it ended, None if unknown."""
        recorded = ExitRecord.read(self._exit)
        if recorded is not None or self.process is None:
            return recorded
        status = self.process.returncode
        has_folder = self._claim.parent.parent.exists()  # a training may delete its own folder
        if not self._claim.exists() and (has_folder or status == NOT_STARTED):
            return ExitRecord(status or 0, started=False)
        if status is None or status < 0:  # the supervisor was killed
            return None
        return ExitRecord(status if status <= _SIGNALLED else _SIGNALLED - status)  # as on a full disk

    def terminate(self, grace: float) -> None:
        """End it: the first call requests the end, later ones enforce it once ``grace`` is over."""
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + grace + (0 if self._lost_supervisor else _MARGIN)
            self._signal(signal.SIGTERM)
        elif now >= self._deadline:
            self._deadline = now + _MARGIN
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        """Signal the supervisor; without one, or if it hangs, every process of the task."""
        if self._lost_supervisor or number == signal.SIGKILL:
            trainer = KnownProcess.read(self._trainer)
            if trainer is not None:
                trainer.signal_group(number)
            for process in task_processes(self.task_id):
                process.signal(number)
        if self.process is not None:
            self.process.send_signal(number)
            return
        supervisor = KnownProcess.read(self._claim)
        if supervisor is not None:
            supervisor.signal(number)

    def kill_leftovers(self) -> None:
        """Kill the processes that it left behind; there are none unless its supervisor was killed."""
        kill_task_processes(self.task_id, _KILL_TIMEOUT)
