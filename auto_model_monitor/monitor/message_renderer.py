"""The contract of a renderer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ..core.alerts import Alert
from ..core.messages import Message


class MessageRenderer(Protocol):
    """Renders an alert as a message."""

    @abstractmethod
    def render(self, alert: Alert) -> Message:
        """Return the finished message."""
        ...


@runtime_checkable
class RendersLook(Protocol):
    """A renderer that renders several alerts of one look, such as those of several models, as one message."""

    @abstractmethod
    def render_look(self, alerts: Sequence[Alert]) -> Message:
        """Return the finished message; the worst alert is the first."""
        ...
