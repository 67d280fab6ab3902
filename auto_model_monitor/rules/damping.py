"""How often a rule speaks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from ..core.alerts import Alert, Detail, Level
from ..core.errors import ConfigError
from ..core.readings import ReadingBatch
from .protocol import AboutTheMachine, FollowsMetric, MetricRule, Resumable, Rule

_ALERT_AT, _ALL_CLEAR_AT = "alert_at", "all_clear_at"
_NEARLY = 0.95  # of a pause, so that a daily look repeats daily when it is early, or the day has 23 hours


def repeats(every: float, last: datetime, now: datetime) -> bool:
    """Return whether an alert is to be repeated ``every`` seconds, 0 for never, after the last one."""
    return every > 0 and (now - last).total_seconds() >= every * _NEARLY


class Damping:
    """Bounds the alerts of a rule in time, its alerts and its all-clears apart.

    Each alert holds when the last alert and the last all-clear were sent, in seconds since 1970, so that the
    last one is all that is needed after a restart.

    Args:
        at_most_every: the least seconds from one alert to the next, and from one all-clear to the next.
        once: one message a run, and nothing after it.

    Raises:
        ConfigError: ``at_most_every`` is no number of seconds.
    """

    def __init__(self, at_most_every: float = 0.0, *, once: bool = False) -> None:
        if not 0 <= at_most_every < math.inf:
            raise ConfigError(
                f"at_most_every: expected a number of seconds, 0 or more, got {at_most_every!r}"
            )
        self._every = at_most_every
        self._once = once
        self.clear()

    def clear(self) -> None:
        """Forget what was sent: another run begins."""
        self._spoke = False
        self._sent: dict[bool, float] = {}  # by whether it was an all-clear: the wall clock's time
        self._ends: dict[bool, float] = {}  # the same: when the next one may follow, on the monotonic clock
        self._resumed = False

    def resume(self, alert: Alert | None) -> None:
        """Continue from the last alert."""
        if alert is None:
            return
        self._spoke = self._resumed = True
        self._sent = {alert.resolved: alert.time.timestamp()}
        for key, resolved in ((_ALERT_AT, False), (_ALL_CLEAR_AT, True)):
            at = alert.details.get(key)
            if isinstance(at, int | float):
                self._sent[resolved] = float(at)

    def allows(self, readings: ReadingBatch, *, resolved: bool) -> bool:
        """Return whether an alert, or an all-clear, may be sent now."""
        if self._once and self._spoke:
            return False
        if self._resumed:
            # The restart reset the monotonic clock. The wall clock may have been set: it can lengthen or
            # shorten this one pause, by at most its length.
            now = readings.time.timestamp()
            for kind, at in self._sent.items():
                self._ends[kind] = readings.seconds + self._every - min(max(now - at, 0.0), self._every)
            self._resumed = False
        return readings.seconds >= self._ends.get(resolved, -math.inf)

    def note(self, readings: ReadingBatch, *, resolved: bool) -> Mapping[str, Detail]:
        """Take note that one is sent now; return what it has to hold for a restart."""
        self._spoke = True
        if not self._every:
            return {}
        self._sent[resolved] = readings.time.timestamp()
        self._ends[resolved] = readings.seconds + self._every
        return {(_ALL_CLEAR_AT if kind else _ALERT_AT): at for kind, at in self._sent.items()}


class DampedRule:
    """Another rule, whose alerts are bounded in time, or have another level.

    An alert that comes too early waits; where its all-clear comes before its time, neither is sent.

    Attributes:
        rule: the rule.
        at_most_every: the least seconds from one alert to the next, and from one all-clear to the next.
        once: whether there is one message a run, and nothing after it.
        level: the level of its alerts; None for that which the rule gives them.

    Args:
        rule: the rule.
        at_most_every: the least seconds from one alert to the next, and from one all-clear to the next.
        once: one message a run, and nothing after it.
        level: the level of its alerts, instead of that which the rule gives them.
    """

    def __init__(
        self, rule: Rule, *, at_most_every: float = 0.0, once: bool = False, level: Level | None = None
    ) -> None:
        self.rule = rule
        self.at_most_every = at_most_every
        self.once = once
        self.level = level
        self._damping = Damping(at_most_every, once=once)
        self._waiting: Alert | None = None
        self._is_open = False

    @property
    def name(self) -> str:
        """The rule's name."""
        return self.rule.name

    @property
    def metric(self) -> str | None:
        """The rule's metric."""
        return self.rule.metric if isinstance(self.rule, MetricRule) else None

    @property
    def about_the_machine(self) -> bool:
        """Whether the rule is about the machine instead of a model."""
        return isinstance(self.rule, AboutTheMachine) and self.rule.about_the_machine

    def use_metric(self, metric: str) -> None:
        """Follow the metric under the name that the source gives it."""
        if isinstance(self.rule, FollowsMetric):
            self.rule.use_metric(metric)

    def resume(self, alert: Alert | None) -> None:
        """Continue from the last alert that was sent."""
        self._damping.resume(alert)
        self._is_open = alert is not None and not alert.resolved
        if isinstance(self.rule, Resumable):
            self.rule.resume(alert)

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return what the rule alerts, or what has waited, if its time has come."""
        if readings.new_run:
            self._damping.clear()
        alert = self.rule.evaluate(readings)
        if alert is not None:
            self._put(alert)
        waiting = self._waiting
        if waiting is None or not self._damping.allows(readings, resolved=waiting.resolved):
            return None
        self._waiting, self._is_open = None, not waiting.resolved
        noted = self._damping.note(readings, resolved=waiting.resolved)
        return replace(waiting, details={**waiting.details, **noted}, level=self.level or waiting.level)

    def _put(self, alert: Alert) -> None:
        before, self._waiting = self._waiting, alert
        if alert.resolved:
            # What nobody was alerted of has no end; what was, ends even if it began again meanwhile.
            self._waiting = alert if self._is_open else None
        elif before is not None and before.resolved:
            self._waiting = None  # it ended and began again: people know that it holds
