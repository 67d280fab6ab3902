"""What one look at a log has found so far, within bounded memory."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ...core.readings import Reading
from .log_scan import ScannedLine
from .rows import Rows
from .run_detector import RunDetector

MOST = 200_000  # numbers of one look
_COUNTS = frozenset({"epoch", "total_epochs"})


class LogPoll:
    """Gathers the numbers of one training.

    The first look takes all that is there, however much, and of several trainings the last; what is too much
    is thinned so that the shape of each curve stays. A later one stops where another training begins.

    Attributes:
        rows: the numbers.
        new_run: whether another training begins with them.

    Args:
        first: whether it is the first one.
    """

    def __init__(self, *, first: bool) -> None:
        self.rows = Rows()
        self.new_run = False
        self.is_first = first
        self._bars: set[int] = set()
        self._is_thinned = False

    @property
    def is_full(self) -> bool:
        """Whether it stopped because it has enough."""
        return len(self.rows) >= MOST

    def gather(self, lines: Iterable[ScannedLine | None], runs: RunDetector) -> ScannedLine | None:
        """Add what lines say until it is enough, or another training begins.

        Args:
            lines: those that are new; None for a pause after others, whose numbers were added elsewhere.
            runs: tells where another training begins.

        Returns:
            the line with which the next look begins another training, None where there is none.
        """
        for line in lines:
            if line is not None:
                if runs.begins(line) and self._ends_before_another_run():
                    return line
                self._add(line)
            if self.is_full:
                if not self.is_first:
                    break
                self.rows.thin()
                self._is_thinned = True
        return None

    def begin_with(self, line: ScannedLine) -> None:
        """Take up another training with the line at which the last look ended."""
        self.new_run = True
        self._add(line)

    def _add(self, line: ScannedLine) -> None:
        metrics, _, step = line.parsed
        for metric, value in metrics.items():
            if metric not in _COUNTS:
                self.rows.flat += metric, value, line.number, line.epoch, step
        if line.bar:
            self._bars.add(line.number)

    def _ends_before_another_run(self) -> bool:
        """Tell whether a training that begins now has to wait for the next look; else take it up."""
        if self.rows and not self.is_first:
            return True
        self.new_run = not self.is_first
        self.rows.flat.clear()
        self._bars.clear()
        self._is_thinned = False
        return False

    def continues(self, told: Reading, number: int) -> bool:
        """Tell whether these are the numbers of the training of which ``told``, of that line, was told.

        So it is where the line says so. Of a progress bar only the last state is still there, and of a log
        that was rotated only what follows, which then goes on counting.
        """
        for metric, value, place, _, _ in self.rows:
            if place == number and metric == told.metric:
                nan = math.isnan(value) and math.isnan(told.value)
                if nan or value == told.value or number in self._bars:
                    return True
        if self._is_thinned and self.rows and number <= self.rows[-1][2]:
            return True
        counts = ((row[3], row[4]) for row in self.rows if row[3] is not None or row[4] is not None)
        epoch, step = next(counts, (None, None))
        if epoch is not None and told.epoch is not None:
            return (epoch, step or 0) > (told.epoch, told.step or 0)
        return step is not None and told.step is not None and step > told.step
