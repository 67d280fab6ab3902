"""Notifiers: the ways in which a finished message reaches a person."""

from __future__ import annotations

from typing import Protocol

from ..core.messages import Message


class Notifier(Protocol):
    """Anything that can hand a finished message over.

    A notifier may also have ``verify()``, which is called once when a watch starts and raises
    :class:`~auto_model_monitor.core.errors.AuthenticationError` when its account is refused.
    """

    @property
    def name(self) -> str:
        """What the channel is called in logs, without any secret: ``email to a@b.c``."""
        ...

    def send(self, message: Message) -> None:
        """Hand the message over.

        Raises:
            NotificationError: it was not accepted; ``permanent`` tells whether it ever will be.
        """
        ...


#: The name that it had in version 0.2.
BaseNotifier = Notifier
