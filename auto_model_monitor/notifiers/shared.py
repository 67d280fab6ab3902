"""One channel that several watches of a process tell through."""

from __future__ import annotations

from threading import Lock

from ..core.messages import Message
from . import HasMinLevel, Notifier, Verifies


class SharedNotifier:
    """A door to a notifier that has several: one message at a time, and one look at the account.

    A provider that counts logins sees one at the start, however many directories are watched.

    Args:
        notifier: what is shared.
        turn: held while a message goes out; the same for every door.
        verifies: whether this door is the one that looks at the account when a watch starts.
    """

    def __init__(self, notifier: Notifier, turn: Lock, *, verifies: bool) -> None:
        """Take the notifier."""
        self._notifier = notifier
        self._turn = turn
        if verifies and isinstance(notifier, Verifies):
            self.verify = notifier.verify
        if isinstance(notifier, HasMinLevel):
            self.min_level = notifier.min_level

    @property
    def name(self) -> str:
        """What the channel is called in logs."""
        return self._notifier.name

    def __repr__(self) -> str:
        """Show what is shared."""
        return f"SharedNotifier({self._notifier!r})"

    def send(self, message: Message) -> None:
        """Hand the message over when it is its turn.

        Raises:
            NotificationError: it was not accepted.
        """
        with self._turn:
            self._notifier.send(message)
