"""The wait between two attempts: exponential backoff with jitter."""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """Seconds to wait after the n-th failed attempt: doubling, bounded and randomised.

    Args:
        first: seconds after the first failure.
        longest: upper bound in seconds, before the jitter.
        spread: the jitter: the share by which each wait is randomly lengthened or shortened, so that many
            senders do not call a server that recovers at the same moment.
        uniform: the source of randomness; by default :func:`random.uniform`.
    """

    def __init__(
        self,
        first: float = 10.0,
        longest: float = 1800.0,
        spread: float = 0.2,
        uniform: Callable[[float, float], float] | None = None,
    ) -> None:
        self.first = first
        self.longest = longest
        self.spread = spread
        self._uniform = uniform or _random_uniform

    @property
    def most(self) -> float:
        """The longest possible wait in seconds, jitter included."""
        return self.longest * (1 + self.spread)

    def next_after(self, failures: int) -> float:
        """Return the seconds to wait after ``failures`` failed attempts (1 or more)."""
        doubled: float = self.first * 2 ** min(failures - 1, 32)
        return min(doubled, self.longest) * self._uniform(1 - self.spread, 1 + self.spread)


def _random_uniform(low: float, high: float) -> float:
    from random import uniform  # slow to import, and a run without failures needs none

    return uniform(low, high)
