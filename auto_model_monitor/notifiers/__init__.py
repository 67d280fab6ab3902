"""Notifiers send finished messages to people."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from ..core.alerts import Level
from ..core.lazy import lazy_names
from ..core.messages import Message
from .score_notifier import BaseNotifier

if TYPE_CHECKING:
    from .aliyun_sms import AliyunSMSNotifier
    from .apprise import AppriseNotifier
    from .dingtalk import DingTalkNotifier
    from .email import EmailNotifier
    from .feishu import FeishuNotifier
    from .mailbox import MailboxNotifier
    from .shared import SharedNotifier
    from .urls import notifier_from_url
    from .webhook import WebhookNotifier
    from .wecom import WeComNotifier

__all__ = [
    "AliyunSMSNotifier",
    "AppriseNotifier",
    "BaseNotifier",
    "DingTalkNotifier",
    "EmailNotifier",
    "FeishuNotifier",
    "HasMinLevel",
    "MailboxNotifier",
    "Notifier",
    "SharedNotifier",
    "Verifies",
    "WeComNotifier",
    "WebhookNotifier",
    "notifier_from_url",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "AliyunSMSNotifier": "aliyun_sms",
        "AppriseNotifier": "apprise",
        "DingTalkNotifier": "dingtalk",
        "EmailNotifier": "email",
        "FeishuNotifier": "feishu",
        "MailboxNotifier": "mailbox",
        "SharedNotifier": "shared",
        "WeComNotifier": "wecom",
        "WebhookNotifier": "webhook",
        "notifier_from_url": "urls",
    },
)


class Notifier(Protocol):
    """Sends a finished message.

    A notifier that can check its account is also :class:`Verifies`; one that accepts only urgent messages is
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
