"""A score beyond a threshold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, get_args

from ..core.alerts import Alert, AlertKind, Detail
from ..core.comparison import Comparison, direction_for
from ..core.errors import ConfigError
from ..core.readings import Reading, ReadingBatch
from .metric_series import FollowsSeries, MetricSeries, after, improves

Every = Literal["improvement", "hit", "crossing"]


class ThresholdRule(FollowsSeries):
    """Speaks when a score is beyond the threshold.

    NaN and infinite scores are never hits. A whole batch makes one alert, about its best reading. After a
    restart all that the rule needs to know is its last alert.

    Args:
        threshold: a finite number.
        comparison: the direction in which the score improves, as an enum or as ``"lower"``/``"higher"``;
            by default the usual one of the metric, else ``"lower"``.
        metric: the metric to look at; by default the score of each name. Where names carry different
            metrics, the rule stays with the one of its first hit, for the others cannot be compared with it.
        every: ``"improvement"`` speaks of a hit that is better than what was last told; ``"hit"`` of the best
            hit of each batch that holds one; ``"crossing"`` when the latest score of a batch is beyond and
            that of the one before was not, and, as resolved, when it has fallen back.
        min_delta: how much better than what was last told a hit must be to be told, with ``improvement``; how
            far behind the threshold a score must fall back to count, with ``crossing``.
        cooldown: seconds of silence after an alert; what was best meanwhile is told when they are over.
        hold: how many checkpoints in a row must be beyond the threshold before the last of them is a hit.
        inclusive: whether the threshold itself is beyond.
        name: what the rule is called; needed only where two would have one name.

    Raises:
        ConfigError: ``every``, ``min_delta``, ``cooldown`` or ``hold`` is none of what is expected.
    """

    _series: MetricSeries
    _has_direction: bool
    _last: Alert | None
    _owed: Reading | None
    _seen: Reading | None
    _until: Reading | None
    _streak: int

    def __init__(
        self,
        threshold: float,
        comparison: Comparison | str | None = None,
        *,
        metric: str | None = None,
        every: Every = "improvement",
        min_delta: float = 0.0,
        cooldown: float = 0.0,
        hold: int = 1,
        inclusive: bool = False,
        name: str | None = None,
    ) -> None:
        """Take what a score is compared with, and when that is told."""
        if every not in get_args(Every):
            raise ConfigError(f"every: expected one of {', '.join(get_args(Every))}, got {every!r}")
        if not (min_delta >= 0 and cooldown >= 0 and hold >= 1):
            got = f"{min_delta!r}, {cooldown!r} and {hold!r}"
            raise ConfigError(
                f"expected min_delta and cooldown of at least 0 and hold of at least 1, got {got}"
            )
        plain = every == "improvement"
        self.name = name or " ".join(filter(None, ["threshold", metric, None if plain else every]))
        self.threshold = threshold
        self._chosen = None if comparison is None else Comparison(comparison)
        self.comparison = direction_for(metric or "", self._chosen)
        self.metric = metric
        self.every = every
        self.min_delta = min_delta
        self.cooldown = cooldown
        self.hold = hold
        self.inclusive = inclusive
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Go on from the last alert: what was told is not told again, and its cooldown goes on."""
        if alert is None or alert.reading is None:
            return
        self._last = alert
        self._resumed = True
        if not self._has_direction and alert.comparison is not None:
            self.comparison, self._has_direction = alert.comparison, True
        last = alert.details.get("last")
        self._series.resume(alert.reading)
        if self.every == "hit":
            self._until = replace(alert.reading, name=last) if isinstance(last, str) else alert.reading
        self._beyond = not alert.resolved

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert about the best new reading, or the latest, if that is to be told now."""
        left = self._start_anew(readings) if readings.new_run else None
        if len(readings):
            self._decide_direction(readings)
            self._see(readings)
        if left is not None:
            return left
        if self._owed is None or readings.seconds < self._quiet_until(readings):
            return None
        return self._tell(readings, self._owed)

    def _decide_direction(self, readings: ReadingBatch) -> None:
        if not self._has_direction and (metric := self.metric or readings.score):
            self.comparison = direction_for(metric)
            self._has_direction = True

    def _see(self, readings: ReadingBatch) -> None:
        if self.every == "crossing":
            self._owed = self._crossed(readings)
            return
        best = self._best_hit(readings)
        told = None if self._last is None or self.every == "hit" else self._best_told()
        if best is None or not improves(self.comparison, best.value, told, self.min_delta):
            return
        if self._owed is None or self.comparison.is_better(best.value, self._owed.value):
            self._owed = best

    def _best_hit(self, readings: ReadingBatch) -> Reading | None:
        if self.hold == 1 and self.every == "improvement":
            best = self._best(readings)
            return best if best is not None and self._is_beyond(best) else None
        judged = list(self._judged(readings))
        if self._until is not None and judged:
            # The first batch after a restart: what was told of stands at its beginning.
            new = after(self._until, [reading for reading, _ in judged])
            judged, self._until = judged[len(judged) - len(new) :], None
        hits = [reading for reading, hit in judged if hit]
        value = self.comparison.best(reading.value for reading in hits)
        return next((reading for reading in hits if reading.value == value), None)

    def _best(self, readings: ReadingBatch) -> Reading | None:
        # A first look may hold a million names: no object is made for each.
        best = readings.best(self.comparison, self.metric)
        told = None if self._last is None else self._last.reading
        if best is None or told is None or best.metric == told.metric:
            return best
        return readings.best(self.comparison, told.metric)

    def _crossed(self, readings: ReadingBatch) -> Reading | None:
        for reading, hit in self._judged(readings):
            self._beyond = hit or (self._beyond and not self._has_fallen_back(reading))
        was = self._last is not None and not self._last.resolved
        return self._seen if self._beyond != was else None

    def _judged(self, readings: ReadingBatch) -> Iterator[tuple[Reading, bool]]:
        """Yield each reading and whether it is a hit: the last of ``hold`` or more that are beyond."""
        for reading in self._series.new_in(readings):
            self._seen = reading
            self._streak = self._streak + 1 if self._is_beyond(reading) else 0
            yield reading, self._streak >= self.hold

    def _is_beyond(self, reading: Reading) -> bool:
        better = self.comparison.is_better(reading.value, than=self.threshold)
        return better or (self.inclusive and reading.value == self.threshold)

    def _has_fallen_back(self, reading: Reading) -> bool:
        # A hit that has not been held for long enough has not; a NaN has.
        behind = self.comparison.gain(self.threshold, reading.value)
        return not self._is_beyond(reading) and not behind < self.min_delta

    def _quiet_until(self, readings: ReadingBatch) -> float:
        if self._resumed and self._last is not None:
            # The clock that never goes back is another one since the restart; the wall clock, which may
            # have been set, can lengthen or shorten this one silence, and not beyond the cooldown.
            passed = readings.time.timestamp() - self._last.time.timestamp()
            self._told_at = readings.seconds - min(max(passed, 0.0), self.cooldown)
            self._resumed = False
        return self._told_at + self.cooldown

    def _best_told(self) -> float | None:
        if self._last is None or self._last.reading is None:
            return None
        values = (self._last.reading.value, self._last.previous_best)
        return self.comparison.best(value for value in values if value is not None)

    def _tell(self, readings: ReadingBatch, reading: Reading) -> Alert:
        details: dict[str, Detail] = {}
        if self.hold > 1:
            details["held_checkpoints"] = self.hold
        if self.inclusive:
            details["inclusive"] = True
        if self.every == "hit" and self._seen is not None:
            details["last"] = self._seen.name
        self._last = Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.HIT,
            resolved=self.every == "crossing" and not self._beyond,
            reading=reading,
            comparison=self.comparison,
            threshold=self.threshold,
            previous_best=None if self.every == "crossing" else self._best_told(),
            details=details,
        )
        self._owed, self._told_at, self._resumed = None, readings.seconds, False
        return self._last

    def _start_anew(self, readings: ReadingBatch) -> Alert | None:
        """Forget the run before; return what it still owed, so that no cooldown swallows its best."""
        owed = None if self._owed is None or self.every == "crossing" else self._tell(readings, self._owed)
        self._begin_run()
        return owed

    def _begin_run(self) -> None:
        self._has_direction = self._chosen is not None
        self._series = MetricSeries(self.metric)
        self._last = None
        self._owed = None
        self._seen = None
        self._until = None
        self._told_at = float("-inf")
        self._resumed = False
        self._streak = 0
        self._beyond = False
