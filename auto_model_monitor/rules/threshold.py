"""Alerts when a score is beyond a threshold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, get_args

from ..core.alerts import Alert, AlertKind, Detail, Level
from ..core.comparison import Comparison, direction_for
from ..core.errors import ConfigError
from ..core.readings import Reading, ReadingBatch, is_same_fact
from .condition import Condition
from .damping import Damping
from .metric_series import FollowsSeries, MetricSeries, after, improves, least_gain

Every = Literal["improvement", "hit", "crossing"]


class ThresholdRule(FollowsSeries):
    """Alerts when a score is beyond the threshold.

    NaN and infinite scores are never hits. A batch makes one alert, about its best reading. The last alert
    is all that the rule needs after a restart.

    Args:
        threshold: a finite number.
        comparison: the direction in which the score improves, as an enum or as ``"lower"``/``"higher"``;
            by default the usual one of the metric, else ``"lower"``.
        metric: the metric to evaluate; by default the score of each name. If names carry different metrics,
            the rule keeps that of its first hit, because the others are not comparable.
        every: ``"improvement"`` alerts at a hit that is better than the last one reported; ``"hit"`` at the
            best hit of each batch; ``"crossing"`` when a score is beyond and that of the one before was not,
            and resolves when it falls back; of a batch with both it reports one after the other.
        min_delta: with ``improvement``, the least gain over the last reported hit; with ``crossing``, the
            distance behind the threshold at which a score has fallen back.
        cooldown: seconds without alerts after an alert; the best hit of that time is reported at its end.
        hold: the number of checkpoints in a row that must be beyond before the last of them is a hit.
        inclusive: whether the threshold itself counts as beyond.
        by: after an alert, the least gain over its score that alerts again: a number, or a share of the
            score such as ``"5%"``.
        until: with ``crossing``, the score that has fallen back, instead of the threshold.
        once: one alert a run, and nothing after it.
        at_most_every: the least seconds between two alerts, and between two all-clears; what is due waits.
        level: the level of its alerts.
        name: the name of the rule; needed only when two rules would share one.

    Raises:
        ConfigError: one of these is invalid.
    """

    _series: MetricSeries
    _has_direction: bool
    _last: Alert | None
    _pending: Reading | None
    _seen: Reading | None
    _until: Reading | None
    _further: Reading | None
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
        by: float | str = 0.0,
        until: float | None = None,
        once: bool = False,
        at_most_every: float = 0.0,
        level: Level = Level.INFO,
        name: str | None = None,
    ) -> None:
        _check(every, min_delta, cooldown, hold, until)
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
        self.by = by
        self.until = until
        self.once = once
        self.at_most_every = at_most_every
        self.level = level
        self._least_gain = least_gain("by", by)
        self._damping = Damping(at_most_every, once=once)
        self._begin_run()

    def resume(self, alert: Alert | None) -> None:
        """Continue from the last alert: its hit does not alert again, and its cooldown continues."""
        if alert is None or alert.reading is None:
            return
        self._last = alert
        self._damping.resume(alert)
        self._resumed = True
        if not self._has_direction and alert.comparison is not None:
            self.comparison, self._has_direction = alert.comparison, True
        last = alert.details.get("last")
        self._series.resume(alert.reading)
        if self.every != "improvement":
            self._until = replace(alert.reading, name=last) if isinstance(last, str) else alert.reading
        self._condition.resume(reported=not alert.resolved)

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return an alert about the best new reading, or the latest, if one is due."""
        left = self._end_run(readings) if readings.new_run else None
        if len(readings):
            self._decide_direction(readings)
            self._update(readings)
        if left is not None:
            return left
        reading, resolved = self._due()
        if reading is None or readings.seconds < self._cooldown_end(readings):
            return None
        return self._alert(readings, reading) if self._damping.allows(readings, resolved=resolved) else None

    def _decide_direction(self, readings: ReadingBatch) -> None:
        if not self._has_direction and (metric := self.metric or readings.score):
            self.comparison = direction_for(metric)
            self._has_direction = True

    def _update(self, readings: ReadingBatch) -> None:
        if self.every == "crossing":
            self._cross(readings)
            return
        best = self._best_hit(readings)
        if best is None or not self._is_worth_an_alert(best):
            return
        if self._pending is None or self.comparison.is_better(best.value, self._pending.value):
            self._pending = best

    def _is_worth_an_alert(self, reading: Reading) -> bool:
        """Return whether a hit improves enough on what was reported."""
        if self.every == "hit" and not self.by:
            return True
        last = None if self._last is None else self._last.reading
        if last is not None and is_same_fact(reading, last):
            return False  # another file holds it with more digits
        reported = self._best_reported()
        least = self._least_gain(reported or 0.0)
        if self.every == "improvement":
            least = max(least, self.min_delta)
        return improves(self.comparison, reading.value, reported, least)

    def _due(self) -> tuple[Reading | None, bool]:
        """Return what is to be reported, and whether it is that the scores have fallen back."""
        if self.every != "crossing":
            return self._pending, False
        reading, resolved = self._condition.due, self._condition.reported
        if not self.by or (reading is not None and resolved):
            return reading, resolved
        return self._further, False

    def _best_hit(self, readings: ReadingBatch) -> Reading | None:
        if self.hold == 1 and self.every == "improvement":
            best = self._best(readings)
            return best if best is not None and self._is_beyond(best) else None
        hits = [reading for reading, hit in self._new_judged(readings) if hit]
        value = self.comparison.best(reading.value for reading in hits)
        return next((reading for reading in hits if reading.value == value), None)

    def _best(self, readings: ReadingBatch) -> Reading | None:
        # A first poll may find a million names: build no object for each.
        best = readings.best(self.comparison, self.metric)
        last = None if self._last is None else self._last.reading
        if best is None or last is None or best.metric == last.metric:
            return best
        return readings.best(self.comparison, last.metric)

    def _cross(self, readings: ReadingBatch) -> None:
        for reading, hit in self._new_judged(readings):
            still = self._condition.holds and not self._has_fallen_back(reading)
            self._condition.judge(reading, holds=hit or still)
            is_worth = hit and self.by and self._is_worth_an_alert(reading)
            if is_worth and self.comparison.is_better(
                reading.value, self._further.value if self._further else None
            ):
                self._further = reading

    def _new_judged(self, readings: ReadingBatch) -> list[tuple[Reading, bool]]:
        """Return the judged readings; the first batch after a restart begins with what was reported."""
        judged = list(self._judged(readings))
        if self._until is None or not judged:
            return judged
        new = after(self._until, [reading for reading, _ in judged])
        self._until = None
        return judged[len(judged) - len(new) :]

    def _judged(self, readings: ReadingBatch) -> Iterator[tuple[Reading, bool]]:
        """Yield each reading, and whether it is a hit: the last of at least ``hold`` that are beyond."""
        for reading in self._series.new_in(readings):
            self._seen = reading
            self._streak = self._streak + 1 if self._is_beyond(reading) else 0
            yield reading, self._streak >= self.hold

    def _is_beyond(self, reading: Reading) -> bool:
        better = self.comparison.is_better(reading.value, than=self.threshold)
        return better or (self.inclusive and reading.value == self.threshold)

    def _has_fallen_back(self, reading: Reading) -> bool:
        # A score beyond the threshold has not, however short; a NaN has.
        if self.until is not None:
            return not self.comparison.is_better(reading.value, than=self.until)
        behind = self.comparison.gain(self.threshold, reading.value)
        return not self._is_beyond(reading) and not behind < self.min_delta

    def _cooldown_end(self, readings: ReadingBatch) -> float:
        if self._resumed and self._last is not None:
            # The restart reset the monotonic clock. The wall clock, which may have been set, can lengthen or
            # shorten this one cooldown, by at most its length.
            passed = readings.time.timestamp() - self._last.time.timestamp()
            self._alerted_at = readings.seconds - min(max(passed, 0.0), self.cooldown)
            self._resumed = False
        return self._alerted_at + self.cooldown

    def _best_reported(self) -> float | None:
        if self._last is None or self._last.reading is None:
            return None
        best = self._last.details.get("best_reported")
        if self.every == "crossing":
            reported = None if self._last.resolved else self._last.reading.value
            values = (reported, float(best) if isinstance(best, int | float) else None)
        else:
            values = (self._last.reading.value, self._last.previous_best)
        return self.comparison.best(value for value in values if value is not None)

    def _alert(self, readings: ReadingBatch, reading: Reading) -> Alert:
        details: dict[str, Detail] = {}
        if self.hold > 1:
            details["held_checkpoints"] = self.hold
        if self.inclusive:
            details["inclusive"] = True
        if self.every == "hit" and self._seen is not None:
            details["last"] = self._seen.name
        resolved = self.every == "crossing" and self._condition.reported and not self._condition.holds
        if self.every == "crossing" and self.by and (best := self._best_reported()) is not None:
            details["best_reported"] = best
        details |= self._damping.note(readings, resolved=resolved)
        self._last = Alert(
            rule=self.name,
            time=readings.time,
            kind=AlertKind.HIT,
            level=self.level,
            resolved=resolved,
            reading=reading,
            comparison=self.comparison,
            threshold=self.threshold,
            previous_best=None if self.every == "crossing" else self._best_reported(),
            details=details,
        )
        if resolved or not self._condition.reported:
            self._condition.report()
        self._pending = self._further = None
        self._alerted_at, self._resumed = readings.seconds, False
        return self._last

    def _end_run(self, readings: ReadingBatch) -> Alert | None:
        """Forget the previous run; return its pending alert, so that no cooldown drops its best hit."""
        owes = self.every != "crossing" and not (self.once and self._last is not None)
        alert = self._alert(readings, self._pending) if owes and self._pending is not None else None
        self._begin_run()
        return alert

    def _begin_run(self) -> None:
        self._has_direction = self._chosen is not None
        self._series = MetricSeries(self.metric)
        self._last = None
        self._pending = None
        self._seen = None
        self._until = None
        self._alerted_at = float("-inf")
        self._resumed = False
        self._streak = 0
        self._further = None
        self._condition: Condition[Reading] = Condition()
        self._damping.clear()


def _check(every: str, min_delta: float, cooldown: float, hold: int, until: float | None) -> None:
    if every not in get_args(Every):
        raise ConfigError(f"every: expected one of {', '.join(get_args(Every))}, got {every!r}")
    if not (min_delta >= 0 and cooldown >= 0 and hold >= 1):
        got = f"{min_delta!r}, {cooldown!r} and {hold!r}"
        raise ConfigError(f"expected min_delta and cooldown of at least 0 and hold of at least 1, got {got}")
    if until is not None and not (every == "crossing" and math.isfinite(until)):
        raise ConfigError(
            f"until: expected a finite number beside every='crossing', got {until!r} beside {every!r}"
        )
