"""Alerts when a score crosses a threshold, and when it is back: how a model in production is watched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import NamedTuple

from ..core.alerts import Alert, AlertKind, Detail, Level
from ..core.comparison import Comparison
from ..core.errors import ConfigError
from ..core.readings import Reading, ReadingBatch
from .baseline import Baseline
from .condition import Condition
from .damping import Damping, repeats
from .incidents import Incidents
from .metric_series import FollowsSeries, MetricSeries, after, improves, least_gain
from .streak import Streak

_LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)


class _Judged(NamedTuple):
    """A reading at which the condition was judged, and what it was judged by.

    Attributes:
        reading: the reading.
        baseline: what it was compared with; None for the threshold itself.
        since: the name of the first reading of the streak; None where the reading is not beyond.
    """

    reading: Reading
    baseline: float | None
    since: str | None


class CrossingRule(FollowsSeries):
    """Alerts once when a metric is on the bad side of a threshold, and resolves once when it no longer is.

    Of readings about windows, each batch that is not empty holds the whole series: what is before the window
    of the last alert was reported, that window itself may turn by labels that came late. A window without a
    finite value, a missing one, and one with too little before it to compare with neither break a streak nor
    count. The last alert is all that the rule needs after a restart.

    Args:
        threshold: the threshold; with ``against``, the least difference from the baseline.
        comparison: the side that is bad: ``"lower"`` alerts below the threshold, or at a drop.
        metric: the metric to evaluate; by default the score of each name.
        against: a baseline: ``"reference"``, or a time such as ``"7d"``, see :class:`.Baseline`.
        hold: the number of windows in a row that must be beyond.
        hold_seconds: how long they must be beyond, from the end of the first to that of the last window; of
            readings without a time, from look to look.
        inclusive: whether the threshold itself counts as beyond.
        until: the score, or the difference, that has recovered, instead of the threshold.
        by: the least further change to the bad side that alerts again before it has recovered: a number, or a
            share of the score such as ``"5%"``.
        repeat: seconds after which an alert is repeated while the condition holds; 0 for never.
        once: one alert a run, and nothing after it.
        at_most_every: the least seconds from one alert to the next, and from one all-clear to the next.
        level: the level of its alerts.
        name: the name of the rule; needed only when two rules would share one.

    Raises:
        ConfigError: one of these is invalid.
    """

    _last: Alert | None
    _further: _Judged | None
    _latest: _Judged | None
    _since: str | None
    _worst: float | None

    def __init__(
        self,
        threshold: float,
        comparison: Comparison | str,
        *,
        metric: str | None = None,
        against: str | None = None,
        hold: int = 1,
        hold_seconds: float = 0.0,
        inclusive: bool = False,
        until: float | None = None,
        by: float | str = 0.0,
        repeat: float = 0.0,
        once: bool = False,
        at_most_every: float = 0.0,
        level: Level = Level.WARNING,
        name: str | None = None,
    ) -> None:
        _check(threshold, hold, hold_seconds, until, repeat)
        self.name = name or " ".join(filter(None, ["crossing", metric]))
        self.threshold = threshold
        self.comparison = Comparison(comparison)
        self.metric = metric
        self.against = against
        self.hold = hold
        self.hold_seconds = hold_seconds
        self.inclusive = inclusive
        self.until = until
        self.by = by
        self.repeat = repeat
        self.once = once
        self.at_most_every = at_most_every
        self.level = Level(level)
        self._baseline = None if against is None else Baseline(against)
        # Whether a difference is on the bad side is no question of the direction of the score.
        self._side = self.comparison if against is None else Comparison.HIGHER
        self._least_gain = least_gain("by", by)
        self._damping = Damping(at_most_every, once=once)
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Continue from the last alert: what it reported is not reported again."""
        if alert is None or alert.reading is None:
            return
        self._series.resume(alert.reading)
        self._damping.resume(alert)
        self._last, self._is_resumed = alert, True
        self._rewind()

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert when the condition begins or ends, gets worse by enough, or is to be repeated.

        Raises:
            RuleError: the readings have no time, and are to be compared with those before.
        """
        if readings.new_run:
            self._begin_run()
        if series := self._series.new_in(readings):
            self._judge(series, readings.seconds)
        turn = self._due(readings)
        resolved = self._condition.reported and not self._condition.holds
        if turn is None or not self._damping.allows(readings, resolved=resolved):
            return None
        return self._alert(readings, turn, resolved=resolved)

    def _judge(self, series: list[Reading], now: float) -> None:
        if any(reading.time is not None for reading in series):
            series.sort(key=lambda reading: reading.time or _LONG_AGO)
            self._rewind()
        known = self._known(series)
        nothing: Sequence[float | None] = [None] * len(series)
        baselines = nothing if self._baseline is None else self._baseline.values(series)
        for index, (reading, baseline) in enumerate(zip(series, baselines, strict=True)):
            value = self._measured(reading.value, baseline)
            if value is None:
                continue
            held = self._streak.take(reading, now, beyond=self._is_beyond(value))
            if index >= known:
                holds = held or (self._condition.holds and not self._has_recovered(value))
                turn = _Judged(reading, baseline, self._streak.since)
                self._condition.judge(turn, holds=holds)
                self._incidents.judge(reading, turn.since, holds=holds)
                self._latest = turn if holds else None
                self._note_worse(turn, is_open=holds and self._condition.reported)

    def _known(self, series: list[Reading]) -> int:
        """Return how many readings of the series were reported: of windows, those before the last alert's."""
        last = None if self._last is None else self._last.reading
        if last is None:
            return 0
        if last.time is not None:
            return sum(reading.time is not None and reading.time < last.time for reading in series)
        if not self._is_resumed:
            return 0
        self._is_resumed = False  # only the first batch after a restart holds them again
        return len(series) - len(after(last, series))

    def _measured(self, value: float, baseline: float | None) -> float | None:
        """Return what is compared with the threshold; None where nothing can be."""
        if not math.isfinite(value):
            return None
        if self._baseline is None:
            return value
        return None if baseline is None else self.comparison.gain(value, baseline)

    def _is_beyond(self, value: float) -> bool:
        if self._equals(value, self.threshold):
            return self.inclusive
        return self._side.is_better(value, than=self.threshold)

    def _has_recovered(self, value: float) -> bool:
        if self.until is None:
            return not self._is_beyond(value)
        return self._equals(value, self.until) or not self._side.is_better(value, than=self.until)

    def _equals(self, value: float, limit: float) -> bool:
        # In binary 0.91 - 0.89 is slightly more than 0.02; users mean the decimals.
        return value == limit or (self._baseline is not None and math.isclose(value, limit, abs_tol=1e-12))

    def _note_worse(self, turn: _Judged, *, is_open: bool) -> None:
        if not is_open:
            self._further = None
        elif self.by and self._worst is not None and turn.since is not None:
            least, value = self._least_gain(self._worst), turn.reading.value
            further = self._further.reading.value if self._further else None
            if improves(self.comparison, value, self._worst, least) and self.comparison.is_better(
                value, further
            ):
                self._further = turn

    def _due(self, readings: ReadingBatch) -> _Judged | None:
        condition = self._condition
        turn = condition.due
        if turn is not None:
            return None if self._is_past(readings) else turn
        if not condition.reported:
            return None
        if self._further is not None:
            return self._further
        last = self._last
        is_time = last is not None and repeats(self.repeat, last.time, readings.time)
        return self._latest if is_time else None

    def _is_past(self, readings: ReadingBatch) -> bool:
        """Return whether what begins had ended before the run began."""
        ended = self._condition.ended
        if self._condition.reported or ended is None or ended.reading.time is None:
            return False
        return readings.since is not None and ended.reading.time <= readings.since

    def _alert(self, readings: ReadingBatch, turn: _Judged, *, resolved: bool) -> Alert:
        if not resolved and not self._condition.reported:
            self._since, self._worst = turn.since, None
        if not resolved:
            self._worst = self.comparison.best(
                value for value in (turn.reading.value, self._worst) if value is not None
            )
        details = self._details(turn) | dict(self._incidents.details(readings.since, resolved=resolved))
        details |= self._damping.note(readings, resolved=resolved)
        sign = -1 if self.comparison is Comparison.LOWER else 1
        self._last = Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.HIT,
            level=self.level,
            resolved=resolved,
            reading=turn.reading,
            comparison=self.comparison,
            threshold=self.threshold if turn.baseline is None else turn.baseline + sign * self.threshold,
            details=details,
        )
        if resolved or not self._condition.reported:
            self._condition.report()
        self._further = None
        return self._last

    def _details(self, turn: _Judged) -> dict[str, Detail]:
        details: dict[str, Detail] = {"since": self._since}
        if self.hold > 1:
            details["held_checkpoints"] = self.hold
        if self.hold_seconds:
            details["held_seconds"] = self.hold_seconds
        if self.inclusive:
            details["inclusive"] = True
        if self.by:
            details["worst"] = self._worst
        if turn.baseline is not None:
            details |= {"baseline": turn.baseline, "against": self.against}
        return details

    def _begin_run(self) -> None:
        self._series = MetricSeries(self.metric)
        self._damping.clear()
        self._last = None
        self._is_resumed = False
        self._rewind()

    def _rewind(self) -> None:
        """Return to the last alert, to judge the series again from there."""
        self._streak = Streak(self.hold, self.hold_seconds)
        self._condition: Condition[_Judged] = Condition()
        self._further = None
        self._latest = None
        self._since = None
        self._worst = None
        last = self._last
        self._incidents = Incidents(is_open=last is not None and not last.resolved)
        if last is None or last.reading is None:
            return
        since, worst, baseline = (last.details.get(key) for key in ("since", "worst", "baseline"))
        self._since = since if isinstance(since, str) else None
        if not last.resolved:
            self._condition.resume(reported=True)
            self._worst = float(worst) if isinstance(worst, int | float) else last.reading.value
            compared = baseline if isinstance(baseline, float) else None
            self._latest = _Judged(last.reading, compared, self._since)


def _check(threshold: float, hold: int, hold_seconds: float, until: float | None, repeat: float) -> None:
    if not math.isfinite(threshold) or not (until is None or math.isfinite(until)):
        raise ConfigError(f"threshold and until: expected finite numbers, got {threshold!r} and {until!r}")
    if not (hold >= 1 and 0 <= hold_seconds < math.inf and 0 <= repeat < math.inf):
        got = f"{hold!r}, {hold_seconds!r} and {repeat!r}"
        raise ConfigError(f"expected hold of at least 1, hold_seconds and repeat of at least 0, got {got}")
