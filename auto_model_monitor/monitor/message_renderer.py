"""The contract of a renderer."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from ..core.alerts import Alert
from ..core.messages import Message


class MessageRenderer(Protocol):
    """Renders an alert as a message."""

    @abstractmethod
    def render(self, alert: Alert) -> Message:
        """Return the finished message."""
        ...
