"""Messages to a DingTalk group through its custom robot.

Robot, signature and limits:
https://open.dingtalk.com/document/robots/custom-robot-access and
https://open.dingtalk.com/document/robots/customize-robot-security-settings
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..core.clocks import Clock
from ..core.messages import Message
from ..text.cleaning import for_markdown
from .address import Address
from .robots import ChatRobot, ChatService, Remedy, checked_ids, fitted, title_of

LARGEST_BODY = 20_000
"""Bytes that DingTalk accepts."""

_SECURITY = "Compare the robot's security settings (keyword, signing secret, IP) with this machine's"
_KEYWORD = "Add a keyword of the message to the robot's list, such as 模型 or model: it contains none of them"
_IP = "Add this machine's IP to the robot's list"
_SECRET = "Copy the robot's signing secret (SEC…) again"
_CLOCK = "Set this machine's clock: it may differ from DingTalk's by an hour at most"
_STOPPED = "Start the robot again in the group's settings: it was stopped"
_GONE = "Copy the robot's webhook address again: its token is unknown, or the robot was removed"
_CONTENT = "DingTalk refuses such content"
_SERVICE = ChatService(
    name="DingTalk",
    base="https://oapi.dingtalk.com",
    path="/robot/send?access_token=",
    limits=[(20, 60.0)],
    code=("errcode",),
    reason=("errmsg",),
    permanent={
        **dict.fromkeys((300001, 300005, 400013, 400101, 400106), _GONE),
        **dict.fromkeys((400105, 430101, 430102, 430103, 430104), _CONTENT),
    },
    mendable={310000: Remedy(_SECURITY), 400102: Remedy(_STOPPED)},
    by_reason=[
        (re.compile(r"time|clock|expired|时间|过期", re.IGNORECASE), Remedy(_CLOCK, clock=True)),
        (re.compile(r"key ?word|关键", re.IGNORECASE), Remedy(_KEYWORD, only_this=True)),
        (re.compile(r"\bip\b|white ?list|白名单", re.IGNORECASE), Remedy(_IP)),
        (re.compile(r"sign|签名|加签|密钥", re.IGNORECASE), Remedy(_SECRET)),
    ],
    # DingTalk blocks a robot for ten minutes after more than 20 messages in one.
    too_fast={130101: 600.0, 660026: 600.0, 410100: 600.0},
    page="https://open.dingtalk.com/document/robots/custom-robot-access",
)
_MOBILE = re.compile(r"\+?[0-9-]{5,20}")


class DingTalkNotifier(ChatRobot):
    """Sends each message as Markdown through a DingTalk group's custom robot.

    Args:
        token_or_url: the robot's ``access_token``, or its whole webhook address.
        secret: the text under "加签" in the robot's security settings, ``SEC…``; None if a keyword or an IP
            protects the robot.
        at_mobiles: telephone numbers of members to mention.
        at_all: True mentions all members.
        timeout: seconds for each network operation.
        base: scheme and host, for a relay of your own.
        clock: the time, injected.

    Attributes:
        name: the name in logs: ``dingtalk robot 3f9a1c``.

    Raises:
        ConfigError: an argument cannot work. The error shows no secret.
    """

    _service = _SERVICE

    def __init__(
        self,
        token_or_url: str,
        secret: str | None = None,
        *,
        at_mobiles: Sequence[str] = (),
        at_all: bool = False,
        timeout: float = 15.0,
        base: str = _SERVICE.base,
        clock: Clock | None = None,
    ) -> None:
        mobiles = checked_ids(at_mobiles, _MOBILE, "at_mobiles: expected telephone numbers")
        self._at: dict[str, Any] = {"atMobiles": mobiles, "isAtAll": bool(at_all)}
        super().__init__(token_or_url, secret, timeout=timeout, base=base, clock=clock)

    def _request(self, message: Message) -> tuple[Address, bytes]:
        title = title_of(message)
        return self._signed(), fitted(message.text, LARGEST_BODY, lambda text: self._body(title, text))

    def _body(self, title: str, text: str) -> bytes:
        from .http import encoded

        # DingTalk mentions a number only if the text contains it too.
        mentions = " ".join(f"@{number}" for number in self._at["atMobiles"])
        parts = [f"#### {for_markdown(title)}", for_markdown(text), mentions]
        content = {"title": title, "text": "\n\n".join(part for part in parts if part)}
        return encoded({"msgtype": "markdown", "markdown": content, "at": self._at})

    def _signed(self) -> Address:
        if self._secret is None:
            return self._address
        timestamp = str(round(self._clock.now().timestamp() * 1000))
        sign = signature(timestamp, self._secret.reveal())
        return self._address.with_query({"timestamp": timestamp, "sign": sign})


def signature(timestamp: str, secret: str) -> str:
    """Return DingTalk's signature, not yet URL-encoded.

    Args:
        timestamp: milliseconds since 1970.
        secret: the key, which is also the second line of the signed text.
    """
    import hmac
    from base64 import b64encode

    return b64encode(hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")).decode()
