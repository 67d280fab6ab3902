"""Alerts when a disk is nearly full."""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Callable
from typing import Protocol

from ..core.alerts import Alert, AlertKind, Level
from ..core.errors import ConfigError, RuleError
from ..core.numbers import to_float
from ..core.readings import ReadingBatch
from ..core.sizes import to_bytes

_ENOUGH = 1.2  # times the limit that must be free to resolve, so that a flush alone does not
_SAMPLE_EVERY = 60.0  # seconds
_SAMPLES = 60  # so that the rate is that of the last hour
_SOON = 1.0  # hours left that make an alert critical


class Usage(Protocol):
    """The size and the free space of a disk, in bytes."""

    @property
    def total(self) -> int:
        """The size of the disk."""
        ...

    @property
    def free(self) -> int:
        """The space that this user may still write."""
        ...


class DiskRule:
    """Alerts once when the disk is nearly full, with the hours left, and resolves once when it is not.

    The rate is that of the last hour. An alert is critical if the disk fills within an hour.

    Args:
        free: what must stay free: bytes as a whole number, a share of the disk between 0 and 1, or a text
            such as ``"5GB"``, ``"4.7GiB"`` or ``"5%"``.
        path: the directory that holds the checkpoints.
        usage: reads the size and the free space of a path; by default :func:`shutil.disk_usage`.
        name: the name of the rule; needed only when two rules would share one.

    Raises:
        ConfigError: ``free`` is none of these.
    """

    about_the_machine = True

    def __init__(
        self,
        free: str | float = "5GB",
        path: str | os.PathLike[str] = ".",
        *,
        usage: Callable[[str], Usage] | None = None,
        name: str | None = None,
    ) -> None:
        self.name = name or "disk"
        self.free = free
        self.path = os.fspath(path)
        self._limit = _bytes_or_share(free)
        self._usage = usage or _disk_usage
        self._samples: deque[tuple[float, int]] = deque(maxlen=_SAMPLES)
        self._level: Level | None = None

    def resume(self, alert: Alert | None) -> None:
        """Continue from the last alert: whether the disk was nearly full."""
        self._level = None if alert is None or alert.resolved else alert.level

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert when the disk becomes nearly full, or when it no longer is.

        Raises:
            RuleError: the free space cannot be read.
        """
        try:
            usage = self._usage(self.path)
        except OSError as error:
            reason = error.strerror or str(error)
            raise RuleError(f"expected the free space at {self.path!r}, got {reason!r}") from error
        limit = self._limit if self._limit >= 1 else self._limit * usage.total
        hours = self._hours_left(readings.seconds, usage.free)
        if self._level is None and usage.free < limit:
            soon = usage.free == 0 or (hours is not None and hours < _SOON)
            self._level = Level.CRITICAL if soon else Level.WARNING
            return self._alert(readings, usage, limit, hours, resolved=False)
        if self._level is not None and usage.free >= min(limit * _ENOUGH, usage.total):
            resolved = self._alert(readings, usage, limit, None, resolved=True)
            self._level = None
            return resolved
        return None

    def _hours_left(self, now: float, free: int) -> float | None:
        if not self._samples or now - self._samples[-1][0] >= _SAMPLE_EVERY:
            self._samples.append((now, free))
        since, then = self._samples[0]
        if now - since < _SAMPLE_EVERY or then <= free:
            return None
        return free / ((then - free) / (now - since)) / 3600

    def _alert(
        self, readings: ReadingBatch, usage: Usage, limit: float, hours: float | None, *, resolved: bool
    ) -> Alert:
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.DISK,
            level=self._level or Level.WARNING,
            resolved=resolved,
            details={
                "path": self.path,
                "free_bytes": usage.free,
                "total_bytes": usage.total,
                "limit_bytes": round(limit),
                "hours_left": hours,
            },
        )


def _disk_usage(path: str) -> Usage:
    import shutil  # slow to import, and only this rule needs it

    return shutil.disk_usage(path)


def _bytes_or_share(free: str | float) -> float:
    """Return bytes (1 or more) or a share of the disk (less than 1)."""
    expected = _in_text(free.strip()) if isinstance(free, str) else free
    if expected is None or isinstance(expected, bool) or not (math.isfinite(expected) and expected > 0):
        raise ConfigError(f"free: expected bytes, a share such as 0.05, or '5GB', '5GiB', '5%', got {free!r}")
    return expected


def _in_text(text: str) -> float | None:
    if text.endswith("%"):
        number = to_float(text[:-1].rstrip())
        return number / 100 if number is not None and 0 < number < 100 else None
    return to_bytes(text)
