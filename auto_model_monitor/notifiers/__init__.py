"""Notifiers send finished messages to people."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, runtime_checkable

from ..core.alerts import Level
from ..core.messages import Message
from .score_notifier import BaseNotifier

__all__ = ["BaseNotifier", "HasMinLevel", "Notifier", "Verifies"]


class Notifier(Protocol):
    """Sends a finished message.

    A notifier that can check its account is also :class:`Verifies`; one that wants urgent messages alone is
    also :class:`HasMinLevel`.
    """

    @property
    @abstractmethod
    def name(self) -> str:
        """The name in logs, without any secret, such as ``email to a@b.c``."""
        ...

    @abstractmethod
    def send(self, message: Message) -> None:
        """Send the message.

        Raises:
            NotificationError: it was not accepted; ``permanent`` says whether a retry is useless.
        """
        ...


@runtime_checkable
class Verifies(Protocol):
    """A notifier that can check its account when a watch starts."""

    @abstractmethod
    def verify(self) -> None:
        """Check the account once.

        Raises:
            AuthenticationError: the account is refused.
            NotificationError: the server cannot be reached.
        """
        ...


@runtime_checkable
class HasMinLevel(Protocol):
    """A notifier that gets messages of one level or a more urgent one alone."""

    @property
    @abstractmethod
    def min_level(self) -> Level | str:
        """The least urgent level."""
        ...
