"""A notifier for urgent messages alone."""

from __future__ import annotations

from ..core.alerts import Level
from ..core.messages import Message
from . import Notifier, Verifies


class LeveledNotifier:
    """A notifier that gets messages of one level and above.

    Args:
        notifier: sends them.
        min_level: the least urgent level.

    Attributes:
        name: the notifier's name.
        min_level: the least urgent level.
    """

    def __init__(self, notifier: Notifier, min_level: Level) -> None:
        self.name = notifier.name
        self.min_level = min_level
        self._notifier = notifier
        if isinstance(notifier, Verifies):
            self.verify = notifier.verify

    def __repr__(self) -> str:
        """Show the notifier and its level."""
        return f"LeveledNotifier({self._notifier!r}, {self.min_level.value!r})"

    def send(self, message: Message) -> None:
        """Send the message.

        Raises:
            NotificationError: it was not accepted.
        """
        self._notifier.send(message)
