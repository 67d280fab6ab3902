"""The notifier of version 0.2, which is called with a score and a file name."""

from __future__ import annotations

from typing import Any

from ..core.errors import NotificationError
from ..core.messages import Message

_HITS = ("hit", "digest")


class BaseNotifier:
    """Adapts a notifier that was written for version 0.2 to :class:`~auto_model_monitor.Notifier`.

    Override ``send_notification(score, filename)`` as in 0.2, or ``send(message)``, which gets the finished
    message. ``send_notification`` is called for a score beyond the threshold alone; any other message, such
    as that of a silent training, is refused: it is recorded as refused, and the other notifiers report that.

    Attributes:
        name: the name in logs; the class's name unless the subclass sets another.

    Raises:
        TypeError: at construction, when a subclass overrides neither method.
    """

    name: str

    def __init_subclass__(cls, **options: Any) -> None:
        """Name the notifier after its class."""
        super().__init_subclass__(**options)
        if "name" not in vars(cls):
            cls.name = cls.__name__

    def __new__(cls, *_: Any, **__: Any) -> BaseNotifier:
        """Refuse a class that cannot send."""
        base = BaseNotifier
        if cls.send is base.send and cls.send_notification is base.send_notification:
            expected = "send_notification(score, filename) or send(message)"
            raise TypeError(f"{cls.__name__}: expected a method {expected}, got neither")
        return super().__new__(cls)

    def send_notification(self, score: float, filename: str) -> object:
        """Report a score beyond the threshold; False or an exception means that it failed."""
        raise NotImplementedError

    def send(self, message: Message) -> None:
        """Pass the message's score and file name to :meth:`send_notification`.

        Raises:
            NotificationError: ``send_notification`` returned False, or the message is of another kind.
        """
        score, filename = message.facts.get("score"), message.facts.get("filename")
        is_hit = message.facts.get("kind") in _HITS and not message.facts.get("resolved")
        if not is_hit or not isinstance(score, (int, float)) or not isinstance(filename, str):
            text = f"{self.name}: expected the message of a hit, got {message.subject!r}; "
            raise NotificationError(f"{text}override send(message) to send every message", permanent=True)
        if self.send_notification(float(score), filename) is False:
            raise NotificationError(f"{self.name}: send_notification returned False")
