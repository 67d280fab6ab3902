"""What a rule is."""

from __future__ import annotations

from typing import Protocol

from ..core.alerts import Alert
from ..core.readings import ReadingBatch


class Rule(Protocol):
    """Anything that can find an alert in what is new, or in that nothing is.

    A rule is asked at every look, also at those that find nothing. It may have a second method,
    ``resume(alert: Alert | None) -> None``, which is called before its first batch with the last alert of
    its name, when a watch goes on after a restart. That first batch then holds again all that is there:
    the rule derives from it what it knew, and tells nothing twice.
    """

    @property
    def name(self) -> str:
        """What the rule is called in logs and alerts: unique in its watch, and the same after a restart."""
        ...

    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return the one alert that these readings call for, if any.

        Raises:
            RuleError: it cannot decide on what it was given.
        """
        ...
