"""One training that runs: its processes, and the log that it writes."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import SourceError
from ..log_patterns import LogEntry, LogPattern, LogReader
from ..sources.line_follower import LineFollower
from .endings import Exit
from .processes import Known, marked

logger = logging.getLogger(__name__)

CHUNK = 256 << 10  # bytes of a log that are read at once, so that no training keeps the others waiting
FLOOD = 64 << 20  # bytes behind which lines without a metric are no longer kept one by one
_LONGEST = 16 << 10  # bytes of a line
_MARGIN = 5.0  # seconds that a supervisor gets beyond the grace


class Batch(NamedTuple):
    """Entries that were read and not yet committed, and where the log was after them."""

    entries: Sequence[LogEntry]
    follow: dict[str, Any]
    more: bool


class Run:
    """One attempt at a task.

    Args:
        task_id: the task's.
        device: the device that it holds.
        folder: the task's.
        follow: what the store knows of it.
        process: its supervisor, where this process has started it.
        patterns: the user's own formats of log lines.
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
        self.folder = folder
        self.wish: str | None = follow["cancel"]
        self.pending: Batch | None = None
        self._attempt = follow["attempt"]
        self._process = process
        self._trainer: Known | None = None
        self._supervisor = Known.read(folder / f"claim-{self._attempt}")
        self._deadline: float | None = None
        self._orphaned = False
        self._reader = LogReader(patterns)
        self._reader.resume(json.loads(follow["reader"]))
        self._follower = LineFollower(
            folder / "log.txt",
            offset=follow["place"],
            identity=follow["identity"] or "",
            max_line=_LONGEST,
        )

    @property
    def claimed(self) -> bool:
        """Whether a supervisor has begun this attempt."""
        return self._supervisor is not None

    def runs(self) -> bool:
        """Tell whether anything of it still runs that may write its log or end with a status."""
        if self._process is not None:
            if self._process.poll() is None:
                return True
        elif self._supervisor is not None and self._supervisor.runs():
            return True
        return self._runs_alone()

    def _runs_alone(self) -> bool:
        """Tell whether the training runs although its supervisor has been killed."""
        if self.exit() is not None:
            return False
        self._trainer = self._trainer or Known.read(self.folder / f"trainer-{self._attempt}")
        if self._trainer is None or not self._trainer.runs():
            return False
        if not self._orphaned:
            self._orphaned = True
            text = "the supervisor of task %s was killed; the training goes on, and its exit status will not be known"
            logger.warning(text, self.task_id)
        return True

    def exit(self) -> Exit | None:
        """Return how it ended, None while that is not written down."""
        return Exit.read(self.folder / f"exit-{self._attempt}")

    def end(self, grace: float) -> None:
        """Go on with ending it: the first call asks, later ones see to it that it ends."""
        now = time.monotonic()
        if self._deadline is None:
            self._deadline = now + grace + (0 if self._orphaned else _MARGIN)
            self._signal(signal.SIGTERM)
        elif now >= self._deadline:
            self._deadline = now + _MARGIN
            self._signal(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        """Signal the supervisor, which knows what to do; where there is none, or it does nothing, all of it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
        elif self._supervisor is not None:
            self._supervisor.signal(number)
        if self._orphaned or number == signal.SIGKILL:
            self.signal_all(number)

    def signal_all(self, number: int) -> None:
        """Signal the training's group, and whatever else carries the task's mark."""
        trainer = self._trainer or Known.read(self.folder / f"trainer-{self._attempt}")
        if trainer is not None:
            trainer.signal_group(number)
        for process in marked(self.task_id):
            process.signal(number)

    def clear(self) -> None:
        """End what is left when nobody is there who would: the supervisor was killed."""
        if self.exit() is None:
            self.signal_all(signal.SIGKILL)

    def read(self, now: datetime, *, at_end: bool = False) -> Batch:
        """Read on; what was read before and is not yet committed is returned again."""
        if self.pending is not None:
            return self.pending
        self._supervisor = self._supervisor or Known.read(self.folder / f"claim-{self._attempt}")
        lines: list[tuple[int, str]] = []
        with suppress(SourceError):
            lines = self._follower.finish(CHUNK) if at_end else self._follower.read(CHUNK)
        entries = self._kept(lines, now) if self._behind() > FLOOD else self._all(lines, now)
        follow = {
            "place": self._follower.offset,
            "identity": self._follower.identity,
            "reader": self._reader.state(),
        }
        self.pending = Batch(entries, follow, bool(lines))
        return self.pending

    def committed(self) -> None:
        """Note that what was read is in the store."""
        self.pending = None

    def close(self) -> None:
        """Close the log."""
        self._follower.close()

    def _behind(self) -> int:
        try:
            return (self.folder / "log.txt").stat().st_size - self._follower.offset
        except OSError:
            return 0

    def _all(self, lines: Sequence[tuple[int, str]], now: datetime) -> list[LogEntry]:
        return [self._reader.read(text, time=now) for _, text in lines]

    def _kept(self, lines: Sequence[tuple[int, str]], now: datetime) -> list[LogEntry]:
        """Return the entries that hold a metric or a stage, and one that tells how many others there were."""
        entries = [self._reader.read(text, time=now) for _, text in lines if self._reader.said(text)]
        text = (
            f"{len(lines) - len(entries)} lines without a metric are left out here, because the log is far ahead; "
            f"they stand in the file"
        )
        return [*entries, LogEntry(timestamp=now, level="WARNING", message=text)]
