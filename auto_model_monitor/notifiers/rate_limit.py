"""Limits on how many messages a provider accepts per time."""

from __future__ import annotations

import threading
from collections import deque

from ..core.clocks import Clock
from ..core.errors import NotificationError

_LONGEST_PAUSE = 3600.0


class RateLimit:
    """Refuses messages that would exceed a provider's limits; the delivery retries them later.

    Args:
        clock: the time, injected.
        limits: pairs of a number of messages and the seconds within which they may be sent.
    """

    def __init__(self, clock: Clock, *limits: tuple[int, float]) -> None:
        self._clock = clock
        self._limits = limits
        self._sent: deque[float] = deque(maxlen=max((number for number, _ in limits), default=1))
        self._paused_until = float("-inf")
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        """Count one message of the notifier ``name``.

        Raises:
            NotificationError: it would exceed a limit; not permanent.
        """
        with self._lock:
            now = self._clock.monotonic()
            wait = max([self._paused_until - now, *(self._wait(*limit, now) for limit in self._limits)])
            if wait <= 0:
                self._sent.append(now)
                return
        raise NotificationError(f"{name}: not sent, the rate limit allows the next message in {wait:.0f} s")

    def pause(self, seconds: float) -> None:
        """Refuse everything for that long, an hour at most, as the provider asks."""
        with self._lock:
            until = self._clock.monotonic() + min(seconds, _LONGEST_PAUSE)
            self._paused_until = max(self._paused_until, until)

    def _wait(self, number: int, seconds: float, now: float) -> float:
        return self._sent[-number] + seconds - now if len(self._sent) >= number else 0.0
