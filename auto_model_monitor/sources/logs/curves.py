"""Where the curves of a training began and where they are, to tell its continuation from another one."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Mapping
from itertools import pairwise

from ...core.comparison import usual_direction
from ...log_parser import Number

_RECENT = 5  # values whose median is where a curve is: one alone may be an outlier
_ENOUGH = 5  # values of a curve that counts its own steps, before it can start over
_COUNTS = frozenset({"epoch", "total_epochs"})


class MetricCurve:
    """The values of one metric so far, as far as they are needed.

    Attributes:
        first: its first finite value.
        best: its best value, where it is known what is better.
        count: how many finite values there were.
        epoch: the epoch of the last one.
        step: the step of the last one.
        first_step: the step of the first one.
        file: which of several files held the last one.
    """

    __slots__ = ("_direction", "_recent", "best", "count", "epoch", "file", "first", "first_step", "step")

    def __init__(self, metric: str) -> None:
        self._direction = usual_direction(metric)
        self._recent: deque[float] = deque(maxlen=_RECENT)
        self.first = self.best = math.nan
        self.count = 0
        self.epoch: int | None = None
        self.step: int | None = None
        self.first_step: int | None = None
        self.file = 0

    @property
    def has_direction(self) -> bool:
        """Whether it is known what is better."""
        return self._direction is not None

    def add(self, value: float, epoch: int | None, step: int | None) -> None:
        """Add the next value."""
        if not math.isfinite(value):
            return
        if not self.count:
            self.first, self.best, self.first_step = value, value, step
        elif self._direction is not None and self._direction.is_better(value, self.best):
            self.best = value
        self.count += 1
        self._recent.append(value)
        self.epoch, self.step = epoch, step

    def goes_on(self, value: float) -> bool | None:
        """Return whether a value continues the curve, rather than starting it over; None where neither shows.

        What is better than all before continues it, for no training starts where the last one ended. Else it
        does if it is nearer to where the curve is than half of the way that the curve has come.
        """
        if not (self.count and math.isfinite(value)):
            return None
        if self._direction is not None and self._direction.is_better(value, self.best):
            return True
        way = abs(self._now - self.first)
        if not way > self._noise:
            return None
        return abs(value - self._now) <= way / 2

    def starts_over(self, value: float) -> bool:
        """Return whether a value is where the curve began, and that is far from where it is."""
        if self.count < _ENOUGH or not math.isfinite(value):
            return False
        way = abs(self._now - self.first)
        return way > 2 * self._noise and abs(value - self.first) <= way / 4

    @property
    def _now(self) -> float:
        ordered = sorted(self._recent)
        return ordered[len(ordered) // 2] if len(ordered) > 2 else self._recent[-1]

    @property
    def _noise(self) -> float:
        """The usual change of late that leads nowhere."""
        values = list(self._recent)
        if len(values) < 3:
            return 0.0
        falls = sum(max(0.0, a - b) for a, b in pairwise(values))
        rises = sum(max(0.0, b - a) for a, b in pairwise(values))
        return min(falls, rises)


class Curves:
    """The curves of all metrics of one training."""

    def __init__(self) -> None:
        self._of: dict[str, MetricCurve] = {}

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self._of)

    def add(self, metric: str, value: float, epoch: int | None, step: int | None, file: int = 0) -> None:
        """Add the next value of a metric."""
        curve = self._of.get(metric)
        if curve is None:
            curve = self._of[metric] = MetricCurve(metric)
        curve.add(value, epoch, step)
        curve.file = file

    def go_on(self, metrics: Mapping[str, Number], epoch: int | None, *, by_values: bool) -> bool | None:
        """Return whether the values of a line continue their curves; None where that does not show.

        Args:
            metrics: the values, and counts.
            epoch: the epoch of the line, which has gone back.
            by_values: whether a metric whose own epoch is what it was last may start over, too.
        """
        votes = [self._vote(metric, value, epoch, by_values) for metric, value in self._voters(metrics)]
        on, over = votes.count(True), votes.count(False)
        return None if on == over else on > over

    def start_over(self, metrics: Mapping[str, Number], step: int, file: int) -> bool:
        """Return whether a line that counts steps alone begins again where all its curves began."""
        found = [
            curve.starts_over(value)
            for metric, value in self._voters(metrics)
            if (curve := self._of[metric]).file == file
            and curve.first_step is not None
            and curve.step is not None
            and step <= curve.first_step < curve.step
        ]
        return bool(found) and all(found)

    def knows_any(self, metrics: Iterable[str]) -> bool:
        """Return whether any of the metrics came before."""
        return any(metric in self._of for metric in metrics)

    def _voters(self, metrics: Mapping[str, Number]) -> list[tuple[str, float]]:
        """Return the known metrics: those of which it is known what is better, if there are any."""
        known = [(m, float(v)) for m, v in metrics.items() if m not in _COUNTS and m in self._of]
        return [one for one in known if self._of[one[0]].has_direction] or known

    def _vote(self, metric: str, value: float, epoch: int | None, by_values: bool) -> bool | None:
        curve = self._of[metric]
        if not by_values and epoch is not None and curve.epoch is not None and epoch >= curve.epoch:
            # It is nested in the epochs of others, as the evaluator of Ignite is.
            return not curve.starts_over(value)
        return curve.goes_on(value)
