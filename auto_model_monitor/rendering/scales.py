"""Positions of numbers between the least and the largest, linear or logarithmic."""

from __future__ import annotations

import math
from collections.abc import Iterable

DECADES = 2  # positive numbers that span more powers of ten are placed by their logarithm


class Scale:
    """Places numbers between 0, the least, and 1, the largest; any finite numbers will do.

    Attributes:
        logarithmic: whether powers of ten lie equally far apart.

    Args:
        values: the numbers to span; those that are not finite do not count.
        logarithmic: False never goes by powers of ten; by default the numbers decide.
    """

    def __init__(self, values: Iterable[float], *, logarithmic: bool = True) -> None:
        finite = [float(value) for value in values if math.isfinite(value)] or [0.0]
        self._least, self._largest = min(finite), max(finite)
        positive = logarithmic and self._least > 0
        self.logarithmic = positive and math.log10(self._largest) - math.log10(self._least) > DECADES
        self._low, self._high = self._measured(self._least), self._measured(self._largest)

    def place(self, value: float) -> float:
        """Return where a finite number stands; 0.5 where all are equal."""
        span = self._high - self._low
        if not span > 0:
            return 0.5
        if self.logarithmic and value <= 0:
            return 0.0
        return min(1.0, max(0.0, (self._measured(value) - self._low) / span))

    def ticks(self, most: int = 5) -> list[float]:
        """Return a few round numbers within the span; none where all are equal."""
        return self._powers(most) if self.logarithmic else self._steps(most)

    def _measured(self, value: float) -> float:
        # Halves, because the difference of two large numbers may be no number any more.
        return math.log10(value) if self.logarithmic else value / 2

    def _powers(self, most: int) -> list[float]:
        first, last = math.ceil(self._low), math.floor(self._high)
        stride = max(1, math.ceil((last - first + 1) / most))
        return [10.0**power for power in range(first, last + 1, stride)]

    def _steps(self, most: int) -> list[float]:
        rough = (self._high - self._low) / most * 2
        if rough < 1e-300:
            return []
        power = 10.0 ** math.floor(math.log10(rough))
        step = power * next(factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
        first, last = math.ceil(self._least / step), math.floor(self._largest / step)
        found = [number * step for number in range(first, min(last, first + 2 * most) + 1)]
        return [tick for tick in found if self._least <= tick <= self._largest]
