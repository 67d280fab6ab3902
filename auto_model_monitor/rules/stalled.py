"""Alerts when a training no longer writes anything, or a model in production no longer predicts."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from ..core.alerts import Alert, AlertKind, Level
from ..core.errors import ConfigError
from ..core.numbers import to_float
from ..core.readings import Reading, ReadingBatch
from .damping import repeats
from .metric_series import after, median

ENOUGH_GAPS = 5  # gaps that must be known before one is usual
_LATEST_GAPS = 32
_SELDOM = 16  # one gap in this many may be far longer than usual and does not count
_MOST_UNEVEN = 10.0  # times the usual gap; a longer gap was a break


class StalledRule:
    """Alerts once when nothing new arrives for too long, and resolves once when something does.

    Silence is measured on the monotonic clock, between polls that found something new. With ``"3x"`` no
    alert comes before five gaps are known. Then the limit is three times the usual gap, which is the median
    of the last 32, and slightly more while few are known. Uneven gaps multiply it by
    ``(longest / usual) ** 1.5``, where the longest is that of 32 without the two largest: a training whose
    gaps are log-normal with a sigma of 0.5 sees one false alarm in tens of thousands of checkpoints. The
    limit is at least the usual gap and two poll intervals.

    Of readings about windows the silence is the time from the end of the last window that has rows to the
    poll, on the wall clock: a restart does not interrupt it.

    Args:
        after: seconds, or a number of usual gaps such as ``"3x"``.
        repeat: seconds after which an alert is repeated while the silence lasts; 0 for never.
        name: the name of the rule; needed only when two rules would share one.

    Raises:
        ConfigError: ``after`` is neither.
    """

    _since: float | None
    _latest: ReadingBatch | None
    _last_window: Reading | None
    _gaps: deque[float]
    _ends: list[datetime]  # of the last windows, in order

    def __init__(self, after: str | float = "3x", *, repeat: float = 0.0, name: str | None = None) -> None:
        self.after = after
        self.repeat = repeat
        self.name = name or "stalled"
        self._factor, self._seconds = _factor_or_seconds(after)
        self._open: Alert | None = None
        self._polled: float | None = None
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Continue from the last alert: within its silence, or with its usual gap."""
        if alert is None:
            return
        self._open = None if alert.resolved else alert
        if alert.reading is not None and alert.reading.time is not None:
            self._last_window, self._ends = alert.reading, [alert.reading.time]
        usual = alert.details.get("usual_gap_seconds")
        if isinstance(usual, int | float) and usual > 0:
            self._gaps.extend([float(usual)] * ENOUGH_GAPS)

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert when the silence becomes too long, or when it ends."""
        now = readings.seconds
        interval = 0.0 if self._polled is None else max(0.0, now - self._polled)
        self._polled = now
        if readings.new_run:
            self._begin_run()
        if self._follow_windows(readings):
            return self._judge_windows(readings, self._limit(interval))
        if len(readings):
            return self._end_silence(readings)
        if self._since is None:
            self._since = now
        return self._judge(readings, now - self._since, self._limit(interval))

    def _judge(self, readings: ReadingBatch, silent: float, limit: float | None) -> Alert | None:
        """Return an alert when the silence becomes too long, or is to be reported again."""
        again = self._open is None or repeats(self.repeat, self._open.time, readings.time)
        if not again or limit is None or silent < limit:
            return None
        self._open = self._alert(readings, silent, limit)
        return self._open

    def _follow_windows(self, readings: ReadingBatch) -> bool:
        """Take note of the windows; return whether one is known."""
        if not readings.is_by_model:  # no reading is built of a million names
            return self._last_window is not None
        # A window without rows is no news of the model.
        found = {r.time: r for r in readings if r.time is not None and r.rows != 0}
        self._ends = sorted({*found, *self._ends})[-_LATEST_GAPS - 1 :]
        if self._ends:
            self._last_window = found.get(self._ends[-1], self._last_window)
        if len(self._ends) > ENOUGH_GAPS:
            gaps = ((end - before).total_seconds() for before, end in pairwise(self._ends))
            self._gaps = deque(gaps, maxlen=_LATEST_GAPS)
        return self._last_window is not None

    def _judge_windows(self, readings: ReadingBatch, limit: float | None) -> Alert | None:
        opened, silent = self._open, (readings.time - self._ends[-1]).total_seconds()
        if opened is None:
            return self._judge(readings, silent, limit)
        reported = opened.details.get("silent_seconds")
        longest = float(reported) if isinstance(reported, int | float) else 0.0
        before = None if opened.reading is None else opened.reading.time
        if before is not None:  # else there was no window yet, and now there are some
            if limit is not None and silent >= limit:
                return self._judge(readings, silent, limit)
            later = [end for end in self._ends if end > before]
            if not later:
                return None
            longest = max(longest, (later[0] - before).total_seconds())
        self._open = None
        return self._alert(readings, longest, None)

    def _end_silence(self, readings: ReadingBatch) -> Alert | None:
        opened, began, first = self._open, self._since, self._latest is None
        silent = 0.0 if began is None else max(0.0, readings.seconds - began)
        self._since, self._latest = readings.seconds, readings
        if not first:
            self._gaps.append(silent)  # also after an alert: the silence may become usual
        # The first poll finds files of any age: they make no gap, and need not be new.
        if opened is None or (first and not _holds_newer(readings, opened.reading)):
            return None
        self._open = None
        reported = opened.details.get("silent_seconds")
        longest = max(silent, reported) if isinstance(reported, int | float) else silent
        return self._alert(readings, longest, None)

    def _limit(self, interval: float) -> float | None:
        if self._factor is None:
            return self._seconds
        if len(self._gaps) < ENOUGH_GAPS:
            return None
        ordered = sorted(self._gaps)
        usual, longest = median(ordered), ordered[-1 - len(ordered) // _SELDOM]
        uneven = min(longest / usual, _MOST_UNEVEN) ** 1.5 if usual > 0 else 1.0
        return max(self._factor * usual * uneven * (1 + 1 / len(ordered)), usual + 2 * interval)

    def _last_reading(self) -> Reading | None:
        # Computed for an alert, not at each poll: a first poll may find a million readings.
        if self._last_window is not None:
            return self._last_window
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
        # Everything of a new run is newer than the old one.
        self._open = self._open and replace(self._open, reading=None)
        self._gaps = deque(maxlen=_LATEST_GAPS)
        self._since = None
        self._latest = None
        self._last_window = None
        self._ends = []


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
