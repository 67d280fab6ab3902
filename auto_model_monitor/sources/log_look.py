"""What one look at a log has found so far, within bounded memory."""

from __future__ import annotations

import math

from ..readings import Reading
from .log_batch import Row, thinned
from .log_scan import SaidAt

MOST = 200_000  # numbers of one look
_COUNTS = frozenset({"epoch", "total_epochs"})


class Look:
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
        """Start with nothing."""
        self.rows: list[Row] = []
        self.new_run = False
        self.is_first = first
        self._bars: set[int] = set()
        self._last = 0
        self._is_thinned = False

    def ends_before_another_run(self) -> bool:
        """Tell whether a new training that begins now has to wait for the next look; else take it up."""
        if self.rows and not self.is_first:
            return True
        self.new_run = not self.is_first
        self.rows.clear()
        self._bars.clear()
        self._is_thinned = False
        return False

    def is_full_with(self, line: SaidAt) -> bool:
        """Add what a line says; tell whether that is enough for one look."""
        number, said, epoch, bar, _ = line
        for metric, value in said.metrics.items():
            if metric not in _COUNTS:
                self.rows.append((metric, value, number, epoch, said.step))
        self._last = number
        if bar and self.is_first:
            self._bars.add(number)
        if len(self.rows) < MOST:
            return False
        if self.is_first:
            self.rows = thinned(self.rows)
            self._is_thinned = True
        return not self.is_first

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
        if self._is_thinned and number <= self._last:
            return True
        counts = ((row[3], row[4]) for row in self.rows if row[3] is not None or row[4] is not None)
        epoch, step = next(counts, (None, None))
        if epoch is not None and told.epoch is not None:
            return (epoch, step or 0) > (told.epoch, told.step or 0)
        return step is not None and told.step is not None and step > told.step
