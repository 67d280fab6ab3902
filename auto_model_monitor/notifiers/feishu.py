"""Messages to a Feishu or Lark group through its custom robot.

Robot, signature, limits and codes:
https://open.larkoffice.com/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN.md
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..core.alerts import Level
from ..core.clocks import Clock
from ..core.messages import Message
from ..text.cleaning import for_body
from .address import Address
from .robots import ChatRobot, ChatService, Remedy, checked_ids, fitted, title_of

FEISHU = "https://open.feishu.cn"
LARK = "https://open.larksuite.com"
LARGEST_BODY = 20_000
"""Bytes: Feishu accepts 20 KB, without saying which kind."""

_CONTENT = "Feishu could not read the message"
_SERVICE = ChatService(
    name="Feishu",
    base=FEISHU,
    path="/open-apis/bot/v2/hook/",
    limits=[(5, 1.0), (100, 60.0)],
    # StatusCode is the field's name before 2021 and is still present.
    code=("code", "StatusCode"),
    reason=("msg", "StatusMessage"),
    permanent={
        9499: _CONTENT,
        19001: "Copy the robot's webhook address again: its token is unknown, or the robot was removed",
        19002: _CONTENT,
        19036: _CONTENT,
    },
    mendable={
        # One code and one text for both: the clock may be set right without a person.
        19021: Remedy("Copy the robot's signing secret again, and check this machine's clock", clock=True),
        19022: Remedy("Add this machine's IP to the robot's list"),
        19024: Remedy(
            "Add a keyword of the message to the robot's list: it contains none of them", only_this=True
        ),
    },
    # 9499 has two meanings: an unreadable request, and "too many request".
    too_fast={9499: 60.0, 11232: 60.0, 99991400: 60.0},
    page="https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot",
)
_USER = re.compile(r"[A-Za-z0-9_-]+")
_COLOURS = {Level.INFO: "blue", Level.WARNING: "orange", Level.CRITICAL: "red"}


class FeishuNotifier(ChatRobot):
    """Sends each message as a card through a Feishu or Lark group's custom robot.

    The card contains plain text, so nothing in a file name is read as Markdown.

    Args:
        hook_or_url: the last part of the robot's webhook address, or all of it.
        secret: the text under "签名校验"; None if a keyword or an IP protects the robot.
        at_users: the ``open_id`` or ``user_id`` of members to mention.
        at_all: True mentions all members, where the group allows it.
        timeout: seconds for each network operation.
        base: scheme and host: ``https://open.larksuite.com`` for Lark.
        clock: the time, injected.

    Attributes:
        name: the name in logs: ``feishu robot 3f9a1c``.

    Raises:
        ConfigError: an argument cannot work. The error shows no secret.
    """

    _service = _SERVICE

    def __init__(
        self,
        hook_or_url: str,
        secret: str | None = None,
        *,
        at_users: Sequence[str] = (),
        at_all: bool = False,
        timeout: float = 15.0,
        base: str = _SERVICE.base,
        clock: Clock | None = None,
    ) -> None:
        users = checked_ids(at_users, _USER, "at_users: expected members' open_id or user_id")
        users += ["all"] if at_all else []
        self._mentions = "".join(f"<at id={user}></at>" for user in users)
        super().__init__(hook_or_url, secret, timeout=timeout, base=base, clock=clock)

    def _request(self, message: Message) -> tuple[Address, bytes]:
        sign = self._signature_fields()
        body = fitted(for_body(message.text), LARGEST_BODY, lambda text: self._body(sign, message, text))
        return self._address, body

    def _body(self, sign: dict[str, str], message: Message, text: str) -> bytes:
        from .http import encoded

        elements: list[dict[str, Any]] = [{"tag": "div", "text": {"tag": "plain_text", "content": text}}]
        if self._mentions:
            elements.append({"tag": "markdown", "content": self._mentions})
        card = {
            "config": {"wide_screen_mode": True},
            "header": {
                "title": {"tag": "plain_text", "content": title_of(message)},
                "template": _COLOURS[message.level],
            },
            "elements": elements,
        }
        return encoded({**sign, "msg_type": "interactive", "card": card})

    def _signature_fields(self) -> dict[str, str]:
        if self._secret is None:
            return {}
        timestamp = str(int(self._clock.now().timestamp()))
        return {"timestamp": timestamp, "sign": signature(timestamp, self._secret.reveal())}


def signature(timestamp: str, secret: str) -> str:
    """Return Feishu's signature: an HMAC of the empty text, whose key has two lines.

    Args:
        timestamp: seconds since 1970, the first line.
        secret: the second line.
    """
    import hmac
    from base64 import b64encode

    return b64encode(hmac.digest(f"{timestamp}\n{secret}".encode(), b"", "sha256")).decode()
