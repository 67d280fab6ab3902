"""WeCom (企业微信): messages into a group by its robot.

The robot and its limits: https://developer.work.weixin.qq.com/document/path/91770
Its codes: https://developer.work.weixin.qq.com/document/path/90455
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core.clocks import Clock
from ..core.errors import ConfigError
from ..core.messages import Message
from ..text.cleaning import for_wecom
from .address import Address
from .robots import Robot, Verdicts, fitted, title_of

BASE = "https://qyapi.weixin.qq.com"
LARGEST_CONTENT = 4096
"""Bytes of Markdown that WeCom takes."""

_GONE = (
    "Copy the robot's Webhook address again: its key is not known, or the robot was removed from the group"
)
_CONTENT = "WeCom could not read the message"
_VERDICTS = Verdicts(
    provider="wecom",
    code=("errcode",),
    reason=("errmsg",),
    permanent={93000: _GONE, 93004: _GONE, 93008: _GONE, 40008: _CONTENT, 40058: _CONTENT, 44004: _CONTENT},
    too_fast={45009: 60.0, 45033: 10.0},
    page="https://developer.work.weixin.qq.com/document/path/90455",
)
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_USER = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Signs that WeCom reads as Markdown, and does not let one hide with a backslash.
_LOOKALIKES = str.maketrans("*`", "＊｀")
_HEADING = re.compile(r"^(\s*)#", re.MULTILINE)


class WeComNotifier:
    """Sends each message as Markdown through a group's robot.

    HTTP 200 says nothing there: the verdict is the answer's ``errcode``.
    """

    def __init__(
        self,
        key_or_url: str,
        *,
        at_users: Sequence[str] = (),
        timeout: float = 15.0,
        base: str = BASE,
        clock: Clock | None = None,
    ) -> None:
        """Check what was given; nothing is sent.

        Args:
            key_or_url: the ``key`` in the robot's Webhook address, or all of it.
            at_users: the user ids of members who are mentioned; Markdown does not take telephone numbers.
            timeout: seconds that each step may take.
            base: scheme and host, for a relay of your own.
            clock: the time, injected.

        Raises:
            ConfigError: one of these cannot work.
        """
        self._calls = "".join(f"<@{user}>" for user in _users(at_users))
        address = Address(_webhook(key_or_url, base), "WeCom's Webhook address")
        self._robot = Robot(address, None, _VERDICTS, [(20, 60.0)], timeout=timeout, clock=clock)

    @property
    def name(self) -> str:
        """What the channel is called in logs: ``wecom robot 3f9a1c``."""
        return self._robot.name

    def __repr__(self) -> str:
        """Show the name."""
        return f"WeComNotifier({self.name!r})"

    def send(self, message: Message) -> None:
        """Send the message.

        Raises:
            NotificationError: WeCom did not accept it.
        """
        from .http import encoded

        title = f"**{for_wecom(title_of(message))}**"

        def content(text: str) -> bytes:
            parts = [title, for_wecom(text), self._calls]
            return "\n".join(part for part in parts if part).encode("utf-8", "replace")

        markdown = fitted(message.text, LARGEST_CONTENT, content).decode()
        self._robot.deliver(encoded({"msgtype": "markdown", "markdown": {"content": markdown}}))


def _webhook(key_or_url: str, base: str) -> str:
    if isinstance(key_or_url, str) and "://" in key_or_url:
        if "key" not in Address(key_or_url, "WeCom's Webhook address").query:
            raise ConfigError("WeCom's Webhook address: expected ?key=… in it, got none")
        return key_or_url
    if not isinstance(key_or_url, str) or not _KEY.fullmatch(key_or_url):
        raise ConfigError("WeCom: expected the robot's key or its Webhook address, got neither")
    return f"{base}/cgi-bin/webhook/send?key={key_or_url}"


def _users(at_users: Sequence[str]) -> list[str]:
    users = [at_users] if isinstance(at_users, str) else list(at_users)
    for user in users:
        if not _USER.fullmatch(user):
            raise ConfigError(f"at_users: expected members' user ids, got {user!r}")
    return users
