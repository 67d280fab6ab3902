"""When something is done next: pure arithmetic on seconds."""

from __future__ import annotations

from collections.abc import Callable


class Backoff:
    """How long to wait after the n-th failed attempt: doubling, bounded, and spread by chance.

    Args:
        first: seconds after the first failure.
        longest: the most seconds between two attempts.
        spread: the share by which a wait is lengthened or shortened at random, so that many senders whose
            server comes back do not call it at the same moment.
        uniform: the source of chance; by default :func:`random.uniform`.
    """

    def __init__(
        self,
        first: float = 10.0,
        longest: float = 1800.0,
        spread: float = 0.2,
        uniform: Callable[[float, float], float] | None = None,
    ) -> None:
        """Take the bounds, in seconds."""
        self.first = first
        self.longest = longest
        self.spread = spread
        self._uniform = uniform or _by_chance

    @property
    def most(self) -> float:
        """The most seconds that any wait takes, chance included."""
        return self.longest * (1 + self.spread)

    def next_after(self, failures: int) -> float:
        """Return the seconds to wait after ``failures`` failed attempts (1 or more)."""
        doubled: float = self.first * 2 ** min(failures - 1, 32)
        wait = min(doubled, self.longest)
        return wait * self._uniform(1 - self.spread, 1 + self.spread)


def _by_chance(low: float, high: float) -> float:
    from random import uniform  # imported when the first wait is drawn: it is slow to load

    return uniform(low, high)
