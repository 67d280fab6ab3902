"""One training that runs: its processes, and the log that it writes."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import SourceError
from ..log_patterns import LogEntry, LogPattern, LogReader
from ..sources.line_follower import LineFollower
from .endings import Exit
from .processes import Known, kill_marked, marked

logger = logging.getLogger(__name__)

CHUNK = 256 << 10  # bytes of a log that are read at once, so that no training keeps the others waiting
FLOOD = 32 << 20  # bytes behind which lines without a metric are no longer kept one by one
FLOOD_CHUNK = 2 << 20  # bytes that are read at once then: they are gone through more quickly
_LONGEST = 16 << 10  # bytes of a line
_HUGE = 10**30  # what is no count of anything; a number of a thousand digits has no place in a database
_MARGIN = 5.0  # seconds that a supervisor gets beyond the grace before it is taken for dead
_PATIENCE = 1.0  # seconds in which killed processes have to be gone
_KILLED = 128  # what a supervisor's exit status is above, when its training was killed by a signal


class Batch(NamedTuple):
    """What was read of a log at once.

    Attributes:
        entries: in their order.
        follow: where the log was after them, as the store keeps it.
        more: there is more to be read at once.
    """

    entries: Sequence[LogEntry]
    follow: dict[str, Any]
    more: bool


class Run:
    """One attempt at a task.

    Attributes:
        task_id: the task's.
        device: the device that it holds.
        wish: why it is to end, None while nobody wants that.
        gone: its processes have ended; its log may still have to be read.
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
        self.log = folder / "log.txt"
        self.process = process
        attempt = follow["attempt"]
        self._claim = folder / f"claim-{attempt}" / "process"
        self._trainer = folder / f"trainer-{attempt}"
        self._exit = folder / f"exit-{attempt}"
        self._deadline: float | None = None
        self._alone = False
        self._batch: Batch | None = None
        self._reader = LogReader(patterns)
        self._reader.resume(json.loads(follow["reader"]))
        self._follower = LineFollower(
            self.log, offset=follow["place"], identity=follow["identity"] or "", max_line=_LONGEST
        )

    # Its processes

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
        if not self._claim.exists():
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

    # Its log

    def read(self, now: datetime, *, at_end: bool = False) -> Batch:
        """Read on; what was read before and has not been committed is returned again.

        Args:
            now: in UTC; a line cannot have been written later.
            at_end: nobody writes any more, so that a last line without an end is one too.
        """
        if self._batch is None:
            before, behind, now = self._follower.offset, *self._state_of_log(now)
            most = FLOOD_CHUNK if behind > FLOOD else CHUNK
            lines: list[tuple[int, str]] = []
            with suppress(SourceError):
                lines = self._follower.finish(most) if at_end else self._follower.read(most)
            texts = [text for _, text in lines]
            entries = self._some_of(texts, now) if behind > FLOOD else self._all_of(texts, now)
            follow = {
                "place": self._follower.offset,
                "identity": self._follower.identity,
                "reader": self._reader.state(),
            }
            much = self._follower.offset - before >= CHUNK // 2
            self._batch = Batch(entries, follow, much or (at_end and bool(lines)))
        return self._batch

    def committed(self) -> None:
        """Note that what was read is in the store."""
        self._batch = None

    def close(self) -> None:
        """Close the log."""
        self._follower.close()

    def _state_of_log(self, now: datetime) -> tuple[int, datetime]:
        """Return how many bytes there are to be read, and when the last of them was written."""
        try:
            state = self.log.stat()
        except OSError:
            return 0, now
        written = datetime.fromtimestamp(state.st_mtime, timezone.utc)
        return state.st_size - self._follower.offset, min(now, written)

    def _all_of(self, texts: Sequence[str], now: datetime) -> list[LogEntry]:
        return [self._entry(text, now) for text in texts]

    def _some_of(self, texts: Sequence[str], now: datetime) -> list[LogEntry]:
        """Return the entries that hold a metric or a stage, and one that tells how many do not."""
        entries = []
        for text in texts:
            said = self._reader.said(text)
            if said is not None:
                known = {"epoch": self._reader.epoch, "total_epochs": self._reader.total_epochs}
                carried = {name: value for name, value in known.items() if value is not None}
                entries.append(
                    LogEntry(
                        timestamp=now,
                        level="INFO",
                        message=text,
                        metrics={**carried, **said.metrics} if said.metrics else {},
                        stage=said.stage,
                        said=said.metrics,
                        step=said.step,
                    )
                )
        missing = len(texts) - len(entries)
        if not missing:
            return entries
        text = (
            f"{missing} lines without a metric are left out here, for the log is far ahead; the file has them"
        )
        return [*entries, LogEntry(timestamp=now, level="WARNING", message=text)]

    def _entry(self, text: str, now: datetime) -> LogEntry:
        try:
            entry = self._reader.read(text, time=now)
            if all(abs(value) < _HUGE for value in entry.metrics.values() if isinstance(value, int)):
                return entry
        except Exception:
            logger.exception("a line of task %s's log could not be read; it is kept as it is", self.task_id)
        return LogEntry(timestamp=now, level="INFO", message=text)
