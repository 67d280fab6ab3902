"""Messages to a WeCom (企业微信) group through its robot.

Robot and limits: https://developer.work.weixin.qq.com/document/path/91770
Codes: https://developer.work.weixin.qq.com/document/path/90455
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..core.clocks import Clock
from ..core.messages import Message
from ..text.cleaning import for_wecom
from .address import Address
from .robots import ChatRobot, ChatService, Remedy, checked_ids, fitted, title_of

LARGEST_CONTENT = 4096
"""Bytes of Markdown that WeCom accepts."""

_GONE = "Copy the robot's webhook address again: its key is unknown, or the robot was removed from the group"
_CONTENT = "WeCom could not read the message"
_SERVICE = ChatService(
    name="WeCom",
    base="https://qyapi.weixin.qq.com",
    path="/cgi-bin/webhook/send?key=",
    limits=[(20, 60.0)],
    code=("errcode",),
    reason=("errmsg",),
    permanent={
        **dict.fromkeys((93000, 93008), _GONE),
        **dict.fromkeys((40008, 40058, 44004), _CONTENT),
    },
    mendable={
        60020: Remedy("Add this machine's IP to the list of trusted ones"),
        93004: Remedy("Start the robot again in the group's settings: it was stopped"),
    },
    too_fast={45009: 60.0, 45033: 10.0},
    page="https://developer.work.weixin.qq.com/document/path/90455",
)
_USER = re.compile(r"[A-Za-z0-9._-]{1,64}")


class WeComNotifier(ChatRobot):
    """Sends each message as Markdown through a WeCom group's robot.

    Args:
        key_or_url: the ``key`` in the robot's webhook address, or the whole address.
        at_users: user ids of members to mention; WeCom's Markdown has no telephone numbers.
        timeout: seconds for each network operation.
        base: scheme and host, for a relay of your own.
        clock: the time, injected.

    Attributes:
        name: the name in logs: ``wecom robot 3f9a1c``.

    Raises:
        ConfigError: an argument cannot work. The error shows no secret.
    """

    _service = _SERVICE

    def __init__(
        self,
        key_or_url: str,
        *,
        at_users: Sequence[str] = (),
        timeout: float = 15.0,
        base: str = _SERVICE.base,
        clock: Clock | None = None,
    ) -> None:
        users = checked_ids(at_users, _USER, "at_users: expected members' user ids")
        self._mentions = "".join(f"<@{user}>" for user in users)
        super().__init__(key_or_url, None, timeout=timeout, base=base, clock=clock)

    def _request(self, message: Message) -> tuple[Address, bytes]:
        from .http import encoded

        title = f"**{for_wecom(title_of(message))}**"

        def content(text: str) -> bytes:
            parts = [title, for_wecom(text), self._mentions]
            return "\n".join(part for part in parts if part).encode("utf-8", "replace")

        markdown = fitted(message.text, LARGEST_CONTENT, content).decode()
        return self._address, encoded({"msgtype": "markdown", "markdown": {"content": markdown}})
