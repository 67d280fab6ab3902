"""Where in a log another training begins."""

from __future__ import annotations

from ...log_parser import Stage
from ..tail.tailed_file import Restart
from .curves import Curves
from .log_scan import ScannedLine

_COUNTS = frozenset({"epoch", "total_epochs"})
_FIRST = 1  # epochs are counted from 0 or from 1
_MOST_UNKNOWN = 20  # lines of unknown metrics after which another training is taken to have begun
_BACK = 2  # epochs that a new run goes back at least; workers that log side by side differ by one


class RunDetector:
    """Separates one training's log from the next one's.

    Within a file another run may begin where the epochs begin again, as where ``>>`` appends the next night
    to the last one. It does if the metrics start over, too: a counter alone begins again in each evaluation
    that counts its own epochs, in each ``fit(epochs=1)`` of a loop, and for each client of a federation.
    Without epochs it begins where the steps and the metrics are back where they began. Where a file takes
    another one's place, its counters distinguish rotation from a new run; without counters the way in which
    it took the place does.

    Attributes:
        curves: the values so far; whoever adds lines that are not passed to :meth:`begins` adds to them.
    """

    def __init__(self) -> None:
        self.curves = Curves()
        self._epoch: int | None = None  # the highest
        self._latest: int | None = None
        self._step: int | None = None
        self._completed = False
        self._restart: Restart | None = None
        self._left: int | None = None  # the epoch from which the epochs went back, while that is undecided
        self._by_values = False
        self._unknown = 0

    @property
    def is_undecided(self) -> bool:
        """Whether something began again and no line has shown yet whether it was another run."""
        return self._restart is not None or self._left is not None

    def may_begin(self, line: ScannedLine) -> bool:
        """Return whether a line may be the first of another run, for which the curves have to be complete."""
        if self.is_undecided or self._completed:
            return True
        metrics, _, step = line.parsed
        epoch = metrics.get("epoch")
        if epoch is not None:
            return self._epoch is not None and epoch < self._epoch
        return step is not None and self._step is not None and step < self._step

    def begins(self, line: ScannedLine) -> bool:
        """Return whether a line is the first of another run; call it for each line that counts, in order."""
        metrics, stage, step = line.parsed
        given = metrics.get("epoch")
        epoch = None if given is None else int(given)
        self._restart = line.restart or self._restart
        begins = self._begins(line, epoch)
        if begins:
            self._epoch = self._step = self._left = None
            self._completed = False
            self.curves = Curves()
        if epoch is not None:
            self._latest = epoch
            self._epoch = epoch if self._epoch is None else max(epoch, self._epoch)
        self._step = self._step if step is None else step
        self._completed = self._completed or stage is Stage.COMPLETED
        return begins

    def _begins(self, line: ScannedLine, epoch: int | None) -> bool:
        if self._restart is not None:
            return self._has_begun(epoch, line.parsed.step)
        if epoch is not None and self._has_gone_back(epoch, line.parsed.metrics.keys() <= _COUNTS):
            self._left, self._unknown = self._epoch or 0, 0
            self._by_values, self._completed = self._completed, False
        elif epoch is not None and self._left is not None and epoch >= self._left > _FIRST:
            self._left = None  # the other counter was nested in this one
        if self._left is not None:
            return self._starts_over(line, epoch)
        step = line.parsed.step
        counts_steps_alone = epoch is None and self._epoch is None and step is not None
        return counts_steps_alone and self.curves.start_over(line.parsed.metrics, step or 0, line.file)

    def _has_gone_back(self, epoch: int, is_heading: bool) -> bool:
        was = self._epoch
        if was is None or epoch >= was:
            return self._completed and epoch <= _FIRST
        # Where a counter is nested in another one, either may come again with the same first epoch.
        changes = epoch != self._latest or is_heading
        return self._completed or (changes and epoch <= _FIRST and was - epoch >= _BACK)

    def _starts_over(self, line: ScannedLine, epoch: int | None) -> bool:
        """Decide at the first numbers after the epochs went back."""
        metrics = line.parsed.metrics
        if not self.curves:
            return True
        if not self.curves.knows_any(metrics):
            self._unknown += any(metric not in _COUNTS for metric in metrics)
            return self._unknown > _MOST_UNKNOWN
        now = line.epoch if epoch is None else epoch
        goes_on = self.curves.go_on(metrics, now, by_values=self._by_values)
        self._left = None
        return goes_on is not True

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
