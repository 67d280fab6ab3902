"""One notifier that several watches of a process share."""

from __future__ import annotations

from threading import Lock

from ..core.messages import Message
from . import HasMinLevel, Notifier, Verifies


class SharedNotifier:
    """A notifier as one of several watches uses it: they send one message at a time, and one verifies.

    Providers limit logins, so the account is verified once, however many directories are watched.

    Args:
        notifier: sends the messages of all of them.
        lock: held while a message is sent; the same for all of them.
        verifies: whether this one verifies the account.

    Attributes:
        name: the notifier's name.
    """

    def __init__(self, notifier: Notifier, lock: Lock, *, verifies: bool) -> None:
        self.name = notifier.name
        self._notifier = notifier
        self._lock = lock
        if verifies and isinstance(notifier, Verifies):
            self.verify = notifier.verify
        if isinstance(notifier, HasMinLevel):
            self.min_level = notifier.min_level

    def __repr__(self) -> str:
        """Show the shared notifier."""
        return f"SharedNotifier({self._notifier!r})"

    def send(self, message: Message) -> None:
        """Send the message as soon as no other watch is sending.

        Raises:
            NotificationError: it was not accepted.
        """
        with self._lock:
            self._notifier.send(message)
