"""One training that runs: its processes, and the log that it writes."""

from __future__ import annotations

import logging
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..log_parser import LogPattern
from .endings import Exit
from .processes import Known, kill_marked, marked
from .supervisor import NOT_STARTED
from .task_log import TaskLog

logger = logging.getLogger(__name__)

_MARGIN = 5.0  # seconds that a supervisor gets beyond the grace before it is taken for dead
_PATIENCE = 1.0  # seconds in which killed processes have to be gone
_KILLED = 128  # what a supervisor's exit status is above, when its training was killed by a signal


class RunningTask:
    """One attempt at a task.

    Attributes:
        task_id: the task's.
        device: the device that it holds.
        wish: why it is to end, None while nobody wants that.
        gone: its processes have ended; its log may still have to be read.
        log: its log.
        in_trouble: the last look at it failed in a way that nobody knows.

    Args:
        task_id: the task's.
        device: the device's full name.
        folder: the task's.
        follow: what the store knows of it.
        process: its supervisor, where this process has started it.
        patterns: formats of log lines beyond those that are known.
    """

    def __init__(
        self,
        *,
        task_id: str,
        device: str,
        folder: Path,
        follow: dict[str, Any],
        process: subprocess.Popen[bytes] | None = None,
        patterns: Sequence[LogPattern | str] = (),
    ) -> None:
        """Take what is known; nothing is read yet."""
        self.task_id = task_id
        self.device = device
        self.wish: str | None = follow["cancel"]
        self.gone = False
        self.in_trouble = False
        self.log = TaskLog(folder / "log.txt", follow, patterns)
        self.process = process
        attempt = follow["attempt"]
        self._claim = folder / f"claim-{attempt}" / "process"
        self._trainer = folder / f"trainer-{attempt}"
        self._exit = folder / f"exit-{attempt}"
        self._deadline: float | None = None
        self._alone = False

    @property
    def was_claimed_in_vain(self) -> bool:
        """Whether a dispatcher has seen to it that this attempt is never begun."""
        found = Known.read(self._claim)
        return found is not None and not found.pid

    def runs(self) -> bool:
        """Tell whether it still runs, and may write its log and an exit status."""
        if self.process is not None:
            if self.process.poll() is None:
                return True
        else:
            supervisor = Known.read(self._claim)
            if supervisor is not None and supervisor.runs():
                return True
        return self._runs_alone()

    def _runs_alone(self) -> bool:
        """Tell whether the training runs on although its supervisor has been killed."""
        trainer = None if Exit.read(self._exit) else Known.read(self._trainer)
        if trainer is None or not trainer.runs():
            return False
        if not self._alone:
            self._alone = True
            self._deadline = None  # whoever was asked to end it is dead
            text = "the supervisor of task %s was killed; its training goes on, but its exit status is lost"
            logger.warning(text, self.task_id)
        return True

    def exit(self) -> Exit | None:
        """Return how it ended, None where nobody knows."""
        written = Exit.read(self._exit)
        if written is not None or self.process is None:
            return written
        status = self.process.returncode
        is_there = self._claim.parent.parent.exists()  # or the training has deleted its own folder
        if not self._claim.exists() and (is_there or status == NOT_STARTED):
            return Exit(status or 0, begun=False)
        if status is None or status < 0:  # it was killed itself
            return None
        return Exit(status if status <= _KILLED else _KILLED - status)  # as on a full disk

    def end(self, grace: float) -> None:
        """Go on with ending it: the first call asks it to end, later ones see to it that it does."""
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + grace + (0 if self._alone else _MARGIN)
            self._signal(signal.SIGTERM)
        elif now >= self._deadline:
            self._deadline = now + _MARGIN
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        """Signal the supervisor, who knows what to do; where there is none, or it does nothing, all of it."""
        if self._alone or number == signal.SIGKILL:
            self._signal_all(number)
        if self.process is not None:
            self.process.send_signal(number)
            return
        supervisor = Known.read(self._claim)
        if supervisor is not None:
            supervisor.signal(number)

    def _signal_all(self, number: int) -> None:
        trainer = Known.read(self._trainer)
        if trainer is not None:
            trainer.signal_group(number)
        for process in marked(self.task_id):
            process.signal(number)

    def clear(self) -> None:
        """Kill what is left of it; there is something only where its supervisor was killed."""
        kill_marked(self.task_id, _PATIENCE)
