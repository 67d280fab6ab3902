"""Feishu and Lark: messages into a group by its custom robot.

The robot, its signature, its limits and its codes:
https://open.larkoffice.com/document/ukTMukTMukTM/ucTM5YjL3ETO24yNxkjN.md
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..core.clocks import Clock
from ..core.errors import ConfigError
from ..core.messages import Message
from ..text.cleaning import for_body
from .address import Address
from .robots import Robot, Verdicts, by_level, fitted, title_of

BASE = "https://open.feishu.cn"
LARGEST_BODY = 20_000
"""Bytes: Feishu takes 20 KB, and does not say of which kind."""

_CONTENT = "Feishu could not read the message"
_VERDICTS = Verdicts(
    provider="feishu",
    # StatusCode is what stood there before 2021 and still stands beside it.
    code=("code", "StatusCode"),
    reason=("msg", "StatusMessage"),
    permanent={
        9499: _CONTENT,
        19001: "Copy the robot's Webhook address again: its token is not known, or the robot was removed",
        19002: _CONTENT,
        19021: "Copy the robot's signing secret again, and check this machine's clock",
        19022: "Add this machine's IP to the robot's list",
        19024: "None of the robot's keywords stands in the message: add one that does",
        19036: _CONTENT,
    },
    # 9499 is both: a request that cannot be read, and "too many request".
    too_fast={9499: 60.0, 11232: 60.0, 99991400: 60.0},
    page="https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot",
)
_HOOK = re.compile(r"[A-Za-z0-9_-]+")


class FeishuNotifier:
    """Sends each message as a card through a group's custom robot.

    HTTP 200 says nothing there: the verdict is the answer's ``code``. The text is plain text inside
    the card, so that nothing in a file's name is taken for Markdown.
    """

    def __init__(
        self,
        hook_or_url: str,
        secret: str | None = None,
        *,
        at_users: Sequence[str] = (),
        at_all: bool = False,
        timeout: float = 15.0,
        base: str = BASE,
        clock: Clock | None = None,
    ) -> None:
        """Check what was given; nothing is sent.

        Args:
            hook_or_url: the last part of the robot's Webhook address, or all of it.
            secret: what stands under "签名校验"; None where the robot is guarded by a keyword or an IP.
            at_users: the ``open_id`` or ``user_id`` of members who are mentioned.
            at_all: True mentions everybody, where the group allows it.
            timeout: seconds that each step may take.
            base: scheme and host: ``https://open.larksuite.com`` for Lark.
            clock: the time, injected.

        Raises:
            ConfigError: one of these cannot work.
        """
        self._calls = "".join(f"<at id={user}></at>" for user in _users(at_users, at_all))
        address = Address(_webhook(hook_or_url, base), "Feishu's Webhook address")
        limits = [(5, 1.0), (100, 60.0)]
        self._robot = Robot(address, secret, _VERDICTS, limits, timeout=timeout, clock=clock)

    @property
    def name(self) -> str:
        """What the channel is called in logs: ``feishu robot 3f9a1c``."""
        return self._robot.name

    def __repr__(self) -> str:
        """Show the name."""
        return f"FeishuNotifier({self.name!r})"

    def send(self, message: Message) -> None:
        """Send the message.

        Raises:
            NotificationError: Feishu did not accept it.
        """
        head = self._signed()
        text = for_body(message.text)
        self._robot.deliver(fitted(text, LARGEST_BODY, lambda text: self._body(head, message, text)))

    def _body(self, head: dict[str, str], message: Message, text: str) -> bytes:
        from .http import encoded

        elements: list[dict[str, Any]] = [{"tag": "div", "text": {"tag": "plain_text", "content": text}}]
        if self._calls:
            elements.append({"tag": "markdown", "content": self._calls})
        card = {
            "config": {"wide_screen_mode": True},
            "header": {
                "title": {"tag": "plain_text", "content": title_of(message)},
                "template": by_level(message.level, "blue", "orange", "red"),
            },
            "elements": elements,
        }
        return encoded({**head, "msg_type": "interactive", "card": card})

    def _signed(self) -> dict[str, str]:
        if self._robot.secret is None:
            return {}
        timestamp = str(int(self._robot.clock.now().timestamp()))
        return {"timestamp": timestamp, "sign": signature(timestamp, self._robot.secret.reveal())}


def signature(timestamp: str, secret: str) -> str:
    """Return Feishu's signature: the text is the key, and what is signed is empty.

    Args:
        timestamp: seconds since 1970.
        secret: the second line of the key.
    """
    import hmac
    from base64 import b64encode

    return b64encode(hmac.digest(f"{timestamp}\n{secret}".encode(), b"", "sha256")).decode()


def _webhook(hook_or_url: str, base: str) -> str:
    if isinstance(hook_or_url, str) and "://" in hook_or_url:
        return hook_or_url
    if not isinstance(hook_or_url, str) or not _HOOK.fullmatch(hook_or_url):
        raise ConfigError("Feishu: expected the robot's Webhook address or its last part, got neither")
    return f"{base}/open-apis/bot/v2/hook/{hook_or_url}"


def _users(at_users: Sequence[str], at_all: bool) -> list[str]:
    users = [at_users] if isinstance(at_users, str) else list(at_users)
    for user in users:
        if not _HOOK.fullmatch(user):
            raise ConfigError(f"at_users: expected members' open_id or user_id, got {user!r}")
    return [*users, *(["all"] if at_all else [])]
