"""Ends a training when a rule of ``--stop-on`` is met."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core.alerts import Alert
from ..core.readings import ReadingBatch
from ..rules import Rule


class StopRules:
    """A listener that evaluates the rules on each poll, and stops the training at the first alert.

    Attributes:
        alert: what stopped it; None while nothing did.

    Args:
        rules: the rules; none never stops it.
        stop: called once, with the reason.
    """

    def __init__(self, rules: Sequence[Rule], stop: Callable[[str], None]) -> None:
        self.alert: Alert | None = None
        self._rules = rules
        self._stop = stop

    def __call__(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Evaluate the rules on the readings of a poll."""
        if self.alert is not None:
            return
        for rule in self._rules:
            alert = rule.evaluate(readings)
            if alert is not None and not alert.resolved:
                self.alert = alert
                self._stop(rule.name)
                return
