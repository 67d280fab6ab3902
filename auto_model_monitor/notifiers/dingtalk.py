"""DingTalk: messages into a group by its custom robot.

The robot, its signature and its limits:
https://open.dingtalk.com/document/robots/custom-robot-access and
https://open.dingtalk.com/document/robots/customize-robot-security-settings
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..core.clocks import Clock
from ..core.errors import ConfigError
from ..core.messages import Message
from ..text.cleaning import for_markdown
from .address import Address
from .robots import Robot, Verdicts, fitted, title_of

BASE = "https://oapi.dingtalk.com"
LARGEST_BODY = 20_000
"""Bytes that DingTalk takes."""

_SECURITY = (
    "Compare the robot's security settings with what was given: keyword, signing secret, this machine's IP"
)
_GONE = "Copy the robot's Webhook address again: its token is not known, or the robot was stopped or removed"
_CONTENT = "DingTalk refuses such content"
_VERDICTS = Verdicts(
    provider="dingtalk",
    code=("errcode",),
    reason=("errmsg",),
    permanent={
        310000: _SECURITY,
        300001: _GONE,
        300005: _GONE,
        400013: _GONE,
        400101: _GONE,
        400102: _GONE,
        400106: _GONE,
        400105: _CONTENT,
        430101: _CONTENT,
        430102: _CONTENT,
        430103: _CONTENT,
        430104: _CONTENT,
    },
    # More than 20 messages a minute close the robot for ten minutes.
    too_fast={130101: 600.0, 660026: 600.0, 410100: 600.0},
    page="https://open.dingtalk.com/document/robots/custom-robot-access",
)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_MOBILE = re.compile(r"\+?[0-9-]{5,20}")


class DingTalkNotifier:
    """Sends each message as Markdown through a group's custom robot.

    HTTP 200 says nothing there: the verdict is the answer's ``errcode``.
    """

    def __init__(
        self,
        token_or_url: str,
        secret: str | None = None,
        *,
        at_mobiles: Sequence[str] = (),
        at_all: bool = False,
        timeout: float = 15.0,
        base: str = BASE,
        clock: Clock | None = None,
    ) -> None:
        """Check what was given; nothing is sent.

        Args:
            token_or_url: the robot's ``access_token``, or its whole Webhook address.
            secret: what stands under "加签" in the robot's security settings, ``SEC…``; None where
                the robot is guarded by a keyword or an IP.
            at_mobiles: telephone numbers of members who are mentioned.
            at_all: True mentions everybody.
            timeout: seconds that each step may take.
            base: scheme and host, for a relay of your own.
            clock: the time, injected.

        Raises:
            ConfigError: one of these cannot work.
        """
        self._at: dict[str, Any] = {"atMobiles": _numbers(at_mobiles), "isAtAll": bool(at_all)}
        address = Address(_webhook(token_or_url, base), "DingTalk's Webhook address")
        self._robot = Robot(address, secret, _VERDICTS, [(20, 60.0)], timeout=timeout, clock=clock)

    @property
    def name(self) -> str:
        """What the channel is called in logs: ``dingtalk robot 3f9a1c``."""
        return self._robot.name

    def __repr__(self) -> str:
        """Show the name."""
        return f"DingTalkNotifier({self.name!r})"

    def send(self, message: Message) -> None:
        """Send the message.

        Raises:
            NotificationError: DingTalk did not accept it.
        """
        title = title_of(message)
        body = fitted(message.text, LARGEST_BODY, lambda text: self._body(title, text))
        self._robot.deliver(body, self._signed())

    def _body(self, title: str, text: str) -> bytes:
        from .http import encoded

        # Mentions need the number in the text as well.
        calls = " ".join(f"@{number}" for number in self._at["atMobiles"])
        parts = [f"#### {for_markdown(title)}", for_markdown(text), calls]
        content = {"title": title, "text": "\n\n".join(part for part in parts if part)}
        return encoded({"msgtype": "markdown", "markdown": content, "at": self._at})

    def _signed(self) -> Address:
        if self._robot.secret is None:
            return self._robot.address
        timestamp = str(round(self._robot.clock.now().timestamp() * 1000))
        sign = signature(timestamp, self._robot.secret.reveal())
        return self._robot.address.with_query({"timestamp": timestamp, "sign": sign})


def signature(timestamp: str, secret: str) -> str:
    """Return DingTalk's signature, not yet encoded for a URL.

    Args:
        timestamp: milliseconds since 1970.
        secret: the key, which is also the second line of what is signed.
    """
    import hmac
    from base64 import b64encode

    return b64encode(hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")).decode()


def _webhook(token_or_url: str, base: str) -> str:
    if isinstance(token_or_url, str) and "://" in token_or_url:
        if "access_token" not in Address(token_or_url, "DingTalk's Webhook address").query:
            raise ConfigError("DingTalk's Webhook address: expected ?access_token=… in it, got none")
        return token_or_url
    if not isinstance(token_or_url, str) or not _TOKEN.fullmatch(token_or_url):
        raise ConfigError("DingTalk: expected the robot's access_token or its Webhook address, got neither")
    return f"{base}/robot/send?access_token={token_or_url}"


def _numbers(mobiles: Sequence[str]) -> list[str]:
    numbers = [mobiles] if isinstance(mobiles, str) else [str(number) for number in mobiles]
    for number in numbers:
        if not _MOBILE.fullmatch(number):
            raise ConfigError(f"at_mobiles: expected telephone numbers, got {number!r}")
    return numbers
