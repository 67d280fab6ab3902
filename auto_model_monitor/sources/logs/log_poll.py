"""What one poll of a log has found so far, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ...core.numbers import as_float32
from ...core.readings import Reading, is_same_fact
from .log_scan import ScannedLine
from .rows import FILE_SHIFT, Rows
from .run_detector import RunDetector

MOST = 200_000  # numbers of one poll
_TAUGHT = 1000  # values at either end of what is new that show where curves are
_COUNTS = frozenset({"epoch", "total_epochs"})


class LogPoll:
    """Collects the numbers of one training.

    The first poll takes all that is there, however much, and of several trainings the last; what is too much
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
        self._learned = 0  # rows whose values the run detector knows

    @property
    def is_full(self) -> bool:
        """Whether it stopped because it has enough."""
        return len(self.rows) >= MOST

    def gather(
        self, lines: Iterable[ScannedLine | None], runs: RunDetector, began: Callable[[], None]
    ) -> ScannedLine | None:
        """Add the numbers of lines until there are enough, or another training begins.

        Args:
            lines: those that are new; None for a pause after others, whose numbers were added elsewhere.
            runs: detects where another training begins.
            began: called where it does.

        Returns:
            the line with which the next poll begins another training, None where there is none.
        """
        for line in lines:
            if line is not None:
                if runs.may_begin(line):
                    self._teach(runs)
                if runs.begins(line):
                    began()
                    if self._ends_before_another_run():
                        return line
                self._add(line)
            if self.is_full:
                if not self.is_first:
                    break
                self._teach(runs)
                self.rows.thin()
                self._is_thinned, self._learned = True, len(self.rows)
        self._teach(runs)
        return None

    def _teach(self, runs: RunDetector) -> None:
        """Let the run detector know the values since the last call: of very many, the first and the last."""
        new = range(self._learned, len(self.rows))
        self._learned = len(self.rows)
        if len(new) > 2 * _TAUGHT:
            new = [*new[:_TAUGHT], *new[-_TAUGHT:]]  # type: ignore[assignment]
        for index in new:
            metric, value, place, epoch, step = self.rows[index]
            runs.curves.add(metric, value, epoch, step, place >> FILE_SHIFT)

    def begin_with(self, line: ScannedLine) -> None:
        """Take up another training with the line at which the last poll ended."""
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
        """Return whether a training that begins now must wait for the next poll; else start with it."""
        if self.rows and not self.is_first:
            return True
        self.new_run = not self.is_first
        self.rows.flat.clear()
        self._learned = 0
        self._bars.clear()
        self._is_thinned = False
        return False

    def continues(self, reading: Reading, number: int) -> bool:
        """Return whether these numbers are of the training of ``reading``, which line ``number`` held.

        They are if that line still holds it, or another file does. Of a progress bar only the last state is
        still there, and of a rotated log only what follows, where the counters continue.
        """
        for metric, value, place, epoch, step in self.rows:
            if metric != reading.metric:
                continue
            same = as_float32(value) == as_float32(reading.value)
            if place == number and (same or number in self._bars):
                return True
            if same and place >> FILE_SHIFT != number >> FILE_SHIFT:
                here = Reading(metric=metric, value=value, name="", epoch=epoch, step=step)
                if is_same_fact(here, reading):
                    return True
        if self._is_thinned and self.rows and number <= self.rows[-1][2]:
            return True
        counts = ((row[3], row[4]) for row in self.rows if row[3] is not None or row[4] is not None)
        epoch, step = next(counts, (None, None))
        if epoch is not None and reading.epoch is not None:
            return (epoch, step or 0) > (reading.epoch, reading.step or 0)
        return step is not None and reading.step is not None and step > reading.step
