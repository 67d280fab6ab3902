"""Which signal ends a command next: SIGINT, after a grace period SIGTERM, after another one SIGKILL."""

from __future__ import annotations

import signal
import time

STOPPED, TIMED_OUT = "stopped", "timeout"
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


class Escalation:
    """The signals that are still to be sent, and when.

    Args:
        grace: seconds between two of them.
        timeout: seconds from now until the first; 0 to wait for :meth:`begin`.

    Attributes:
        cause: ``"stopped"`` or ``"timeout"`` once the command is being ended; empty before.
    """

    def __init__(self, grace: float, timeout: float) -> None:
        self.cause = ""
        self._grace = grace
        self._steps: list[tuple[float, int]] = []
        if timeout:
            self._plan(time.monotonic() + timeout)

    @property
    def seconds_left(self) -> float | None:
        """How long until the next signal; None if there is none."""
        return max(0.0, self._steps[0][0] - time.monotonic()) if self._steps else None

    def begin(self) -> bool:
        """End the command now; return False if that has begun already."""
        if self.cause:
            return False
        self.cause = STOPPED
        self._plan(time.monotonic())
        return True

    def due(self) -> list[int]:
        """Return the signals that are to be sent now."""
        due = [number for when, number in self._steps if when <= time.monotonic()]
        del self._steps[: len(due)]
        if due:
            self.cause = self.cause or TIMED_OUT
        return due

    def cancel(self) -> None:
        """Send no more signals: the command has ended."""
        self._steps = []

    def _plan(self, first: float) -> None:
        self._steps = [(first + place * self._grace, int(number)) for place, number in enumerate(_SIGNALS)]
