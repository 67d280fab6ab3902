"""A training that writes nothing any more."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace

from ..core.alerts import Alert, AlertKind, Level
from ..core.errors import ConfigError
from ..core.numbers import to_float
from ..core.readings import Reading, ReadingBatch
from .metric_series import after, median

ENOUGH_GAPS = 5  # before so many are known, none is called usual
_LATEST_GAPS = 32
_SELDOM = 16  # one gap in so many may be far longer than usual, and does not count
_MOST_UNEVEN = 10.0  # a gap that is longer than so many usual ones was a break


class StalledRule:
    """Speaks once when nothing new has come for too long, and once when something comes again.

    Silence is measured on the clock that never goes back, from one look that held something new to the
    next. With ``"3x"`` nothing is said before five gaps are known. Then the limit is three times the usual
    gap, which is the median of the last 32, and a little more while few are known. Where gaps are uneven
    it grows with ``(longest / usual) ** 1.5``, the longest being that of 32 bar two: a training whose gaps
    spread log-normally by 0.5 hears one false alarm in tens of thousands of checkpoints. It is never less
    than the usual gap and two looks.

    Args:
        after: seconds, or a number of usual gaps such as ``"3x"``.
        name: what the rule is called; needed only where two would have one name.

    Raises:
        ConfigError: ``after`` is neither.
    """

    _since: float | None
    _latest: ReadingBatch | None

    def __init__(self, after: str | float = "3x", *, name: str | None = None) -> None:
        """Take how long is too long."""
        self.after = after
        self.name = name or "stalled"
        self._factor, self._seconds = _factor_or_seconds(after)
        self._open: Alert | None = None
        self._looked: float | None = None
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Go on from the last alert: within a silence that it told, or with the usual gap that it knew."""
        if alert is None:
            return
        self._open = None if alert.resolved else alert
        usual = alert.details.get("usual_gap_seconds")
        if isinstance(usual, int | float) and usual > 0:
            self._gaps.extend([float(usual)] * ENOUGH_GAPS)

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert when the silence has become too long, or when it is over."""
        now = readings.seconds
        look = 0.0 if self._looked is None else max(0.0, now - self._looked)
        self._looked = now
        if readings.new_run:
            self._begin_run()
        if len(readings):
            return self._heard(readings)
        if self._since is None:
            self._since = now
        silent, limit = now - self._since, self._limit(look)
        if self._open is not None or limit is None or silent < limit:
            return None
        self._open = self._alert(readings, silent, limit)
        return self._open

    def _heard(self, readings: ReadingBatch) -> Alert | None:
        opened, began, first = self._open, self._since, self._latest is None
        silent = 0.0 if began is None else max(0.0, readings.seconds - began)
        self._since, self._latest = readings.seconds, readings
        if not first:
            self._gaps.append(silent)  # also after a silence that was told: it may become usual
        # What is there at the first look was written whenever: that is no gap, and need not be new.
        if opened is None or (first and not _holds_newer(readings, opened.reading)):
            return None
        self._open = None
        told = opened.details.get("silent_seconds")
        longest = max(silent, told) if isinstance(told, int | float) else silent
        return self._alert(readings, longest, None)

    def _limit(self, look: float) -> float | None:
        if self._factor is None:
            return self._seconds
        if len(self._gaps) < ENOUGH_GAPS:
            return None
        ordered = sorted(self._gaps)
        usual, longest = median(ordered), ordered[-1 - len(ordered) // _SELDOM]
        uneven = min(longest / usual, _MOST_UNEVEN) ** 1.5 if usual > 0 else 1.0
        return max(self._factor * usual * uneven * (1 + 1 / len(ordered)), usual + 2 * look)

    def _last_reading(self) -> Reading | None:
        # Sought when it is told, not at each look: a first look may hold a million.
        if self._latest is None or not len(self._latest):
            return None
        return self._latest[-1] if self._latest.is_log else next(reversed(self._latest.series()), None)

    def _alert(self, readings: ReadingBatch, silent: float, limit: float | None) -> Alert:
        usual = median(self._gaps) if len(self._gaps) >= ENOUGH_GAPS else None
        return Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.STALLED,
            level=Level.WARNING,
            resolved=limit is None,
            reading=self._last_reading(),
            details={"silent_seconds": silent, "usual_gap_seconds": usual, "limit_seconds": limit},
        )

    def _begin_run(self) -> None:
        # Whatever a new run writes is newer than what the old one wrote.
        self._open = self._open and replace(self._open, reading=None)
        self._gaps: deque[float] = deque(maxlen=_LATEST_GAPS)
        self._since = None
        self._latest = None


def _holds_newer(readings: ReadingBatch, last: Reading | None) -> bool:
    return last is None or bool(after(last, readings.series(last.metric if readings.is_log else None)))


def _factor_or_seconds(after: str | float) -> tuple[float | None, float | None]:
    text = after.strip() if isinstance(after, str) else ""
    number = to_float(text[:-1]) if text[-1:] in ("x", "X", "×") else None
    if number is not None and math.isfinite(number) and number >= 1:
        return number, None
    if isinstance(after, int | float) and not isinstance(after, bool) and math.isfinite(after) and after > 0:
        return None, float(after)
    raise ConfigError(f"after: expected seconds, or a number of usual gaps such as '3x', got {after!r}")
