"""Where in a log another training begins."""

from __future__ import annotations

from ...log_parser import Stage
from ..tail.tailed_file import Restart
from .log_scan import ScannedLine

_FIRST = 1  # epochs are counted from 0 or from 1
_BACK = 2  # epochs that a new run goes back at least; workers that log side by side differ by one


class RunDetector:
    """Separates one training's log from the next one's by their epochs and steps.

    Within a file another run begins where the epochs begin again, as where ``>>`` appends the next night to
    the last one. Where a file takes another one's place, its counters distinguish rotation from a new run;
    without counters the way in which it took the place does.
    """

    def __init__(self) -> None:
        self._epoch: int | None = None
        self._step: int | None = None
        self._completed = False
        self._restart: Restart | None = None

    @property
    def is_undecided(self) -> bool:
        """Whether reading restarted and no line has shown yet whether another run began."""
        return self._restart is not None

    def begins(self, line: ScannedLine) -> bool:
        """Return whether a line is the first of another run; call it once for each line, in order."""
        metrics, stage, step = line.parsed
        epoch = metrics.get("epoch")
        self._restart = line.restart or self._restart
        begins = self._begins(None if epoch is None else int(epoch), step)
        if begins:
            self._epoch = self._step = None
            self._completed = False
        self._epoch = self._epoch if epoch is None else int(epoch)
        self._step = self._step if step is None else step
        self._completed = self._completed or stage is Stage.COMPLETED
        return begins

    def _begins(self, epoch: int | None, step: int | None) -> bool:
        was = self._epoch
        if self._restart is not None:
            return self._has_begun(epoch, step)
        if was is None or epoch is None or epoch >= was:
            return self._completed and epoch is not None and epoch <= _FIRST
        return self._completed or (epoch <= _FIRST and was - epoch >= _BACK)

    def _has_begun(self, epoch: int | None, step: int | None) -> bool:
        """Decide at the first line with a counter, after reading restarted."""
        rotated = self._restart is Restart.ROTATED
        if self._epoch is None and self._step is None:
            self._restart = None
            return not rotated
        for now, was in ((epoch, self._epoch), (step, self._step)):
            if now is not None and was is not None:
                self._restart = None
                return now < was or (now == was <= _FIRST and not rotated)
        return False
