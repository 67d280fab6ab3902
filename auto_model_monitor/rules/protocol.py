"""The contract of a rule, and what a rule may offer besides."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from ..core.alerts import Alert
from ..core.readings import ReadingBatch


class Rule(Protocol):
    """Decides, from what a poll found, whether to alert.

    A rule is evaluated at every poll, also when nothing is new. A rule that remembers something between
    polls is also :class:`Resumable`.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The rule's name in logs and alerts: unique in its watch, and the same after a restart."""
        ...

    @abstractmethod
    def evaluate(self, readings: ReadingBatch) -> Alert | None:
        """Return the one alert that these readings call for, if any.

        Raises:
            RuleError: the rule cannot decide on these readings.
        """
        ...


@runtime_checkable
class Resumable(Protocol):
    """A rule that continues from its last alert when a watch resumes after a restart."""

    @abstractmethod
    def resume(self, alert: Alert | None) -> None:
        """Restore the state from the rule's last alert; called before the first batch.

        That first batch holds again everything that is there.
        """
        ...


@runtime_checkable
class MetricRule(Protocol):
    """A rule about one metric."""

    @property
    @abstractmethod
    def metric(self) -> str | None:
        """The metric's name; None for the score of each name."""
        ...


@runtime_checkable
class AboutTheMachine(Protocol):
    """A rule about the machine instead of a model: there is one of it, however many models are watched."""

    @property
    @abstractmethod
    def about_the_machine(self) -> bool:
        """Whether it is."""
        ...


@runtime_checkable
class FollowsMetric(Protocol):
    """A rule that can follow its metric under another name."""

    @abstractmethod
    def use_metric(self, metric: str) -> None:
        """Follow the metric under the name that the source gives it; called before the first batch."""
        ...
