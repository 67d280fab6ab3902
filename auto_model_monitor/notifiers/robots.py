"""The robots of group chats: everything but the payload and the signature, which each service defines."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from ..core.clocks import Clock, SystemClock
from ..core.errors import ConfigError, NotificationError
from ..core.messages import Message
from ..core.secret import Secret
from ..text.cleaning import for_header
from .address import Address, positive
from .rate_limit import RateLimit

if TYPE_CHECKING:
    from .http import HTTPAnswer

SUBJECT_LIMIT = 200
"""Characters after which a title is cut."""

CUT = "…（内容过长，其余部分已省略 / cut: too long）"
"""The last line of a text that was cut."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]+")


class Remedy(NamedTuple):
    """What removes the cause of a refusal.

    Attributes:
        text: for the person.
        clock: the machine's clock may be the cause, which is set right without a person.
        only_this: the message is the cause; others may be accepted.
    """

    text: str
    clock: bool = False
    only_this: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatService:
    """What distinguishes one chat service from another.

    Attributes:
        name: the name in errors; in lower case part of the notifier's name.
        base: scheme and host of its webhook addresses.
        path: path and query of a webhook address, without the token that follows.
        limits: pairs of a number of messages and the seconds within which the service accepts them.
        code: the fields of an answer that may hold its code, of which the first present counts; 0 is success.
        reason: the fields that may hold the explanation.
        permanent: the codes for which a retry is useless, with the remedy.
        mendable: the codes whose cause a person or a corrected clock removes, with the remedy.
        by_reason: for codes with several causes: a pattern of the explanation, with the remedy.
        too_fast: the codes for too many messages, with the seconds to pause.
        page: the documentation of the codes.
    """

    name: str
    base: str
    path: str
    limits: Sequence[tuple[int, float]]
    code: Sequence[str]
    reason: Sequence[str]
    permanent: Mapping[int, str] = field(repr=False)
    mendable: Mapping[int, Remedy] = field(repr=False)
    by_reason: Sequence[tuple[re.Pattern[str], Remedy]] = field(default=(), repr=False)
    too_fast: Mapping[int, float]
    page: str


class ChatRobot(ABC):
    """Sends each message to a group through its custom robot.

    HTTP status 200 does not mean success there: the answer's body holds a code.

    Attributes:
        name: the name in logs, such as ``dingtalk robot 3f9a1c``.
    """

    _service: ClassVar[ChatService]

    def __init__(
        self, token_or_url: str, secret: str | None, *, timeout: float, base: str, clock: Clock | None
    ) -> None:
        self._address = Address(self._webhook(token_or_url, base), f"{self._service.name}'s webhook address")
        self._secret = None if secret is None else Secret(secret)
        self._clock = clock or SystemClock()
        self._timeout = positive(timeout)
        self._rate_limit = RateLimit(self._clock, *self._service.limits)
        self.name = f"{self._service.name.lower()} robot {self._address.fingerprint}"

    def __repr__(self) -> str:
        """Show the name."""
        return f"{type(self).__name__}({self.name!r})"

    def send(self, message: Message) -> None:
        """Send the message once, if the rate limits allow it.

        Raises:
            NotificationError: it was not accepted.
        """
        from .http import post

        self._rate_limit.take(self.name)
        address, body = self._request(message)
        answer = post(address, body, {}, self._timeout)
        error = self._refusal(answer)
        if error is not None:
            if answer.retry_after is not None and not error.permanent:
                self._rate_limit.pause(answer.retry_after)
            raise error

    @abstractmethod
    def _request(self, message: Message) -> tuple[Address, bytes]:
        """Return where to post the message and the signed body."""

    def _webhook(self, token_or_url: str, base: str) -> str:
        """Return the whole webhook address."""
        service = self._service
        if isinstance(token_or_url, str) and "://" in token_or_url:
            _, _, parameter = service.path.rpartition("?")
            if parameter.endswith("=") and parameter[:-1] not in Address(token_or_url).query:
                raise ConfigError(f"{service.name}: expected ?{parameter}… in the webhook address, got none")
            return token_or_url
        if not isinstance(token_or_url, str) or not _TOKEN.fullmatch(token_or_url):
            raise ConfigError(f"{service.name}: expected the robot's token or webhook address, got neither")
        return f"{base}{service.path}{token_or_url}"

    def _refusal(self, answer: HTTPAnswer) -> NotificationError | None:
        from .http import quoted, refusal

        secrets = () if self._secret is None else (self._secret.reveal(),)
        fields = answer.fields()
        code = _first(fields, self._service.code)
        if not isinstance(code, int) or isinstance(code, bool):
            if not answer.accepted:
                return refusal(self._address, answer, *secrets)
            text = quoted(answer.text, self._address, *secrets)
            return NotificationError(
                f"{self._address.place}: expected {self._service.name}'s answer with a code, "
                f"got {text!r}{answer.through}; "
                "check the webhook address"
            )
        if code == 0:
            return None if answer.accepted else refusal(self._address, answer, *secrets)
        reason = quoted(str(_first(fields, self._service.reason)), self._address, *secrets)
        return self._refused(code, reason)

    def _refused(self, code: int, reason: str) -> NotificationError:
        service = self._service
        too_fast = code in service.too_fast and (
            code not in service.permanent or "too many" in reason.lower()
        )
        if too_fast:
            self._rate_limit.pause(service.too_fast[code])
        text = f"{self.name} did not accept the message ({code} {reason})."
        permanent = code in service.permanent and not too_fast
        if permanent:
            return NotificationError(f"{text} {service.permanent[code]}. See {service.page}", permanent=True)
        remedy = None if too_fast else self._remedy(code, reason)
        if remedy is None:
            return NotificationError(f"{text} See {service.page}")
        return NotificationError(
            f"{text} {remedy.text}. See {service.page}",
            needs_person=not remedy.clock,
            only_this=remedy.only_this,
        )

    def _remedy(self, code: int, reason: str) -> Remedy | None:
        usual = self._service.mendable.get(code)
        if usual is None:
            return None
        causes = [(cause.search(reason), found) for cause, found in self._service.by_reason]
        # The first that is named: what follows may be advice, which names other settings too.
        named = [(match.start(), found) for match, found in causes if match]
        return min(named, key=lambda one: one[0], default=(0, usual))[1]


def _first(fields: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((fields[name] for name in names if name in fields), None)


def title_of(message: Message) -> str:
    """Return the subject on one line, cut after ``SUBJECT_LIMIT`` characters."""
    return for_header(message.subject, SUBJECT_LIMIT)


def checked_ids(ids: str | Iterable[str], pattern: re.Pattern[str], expected: str) -> list[str]:
    """Return the ids of members as a list.

    Raises:
        ConfigError: one does not match ``pattern``; the error starts with ``expected``.
    """
    found = [ids] if isinstance(ids, str) else [str(one) for one in ids]
    for one in found:
        if not pattern.fullmatch(one):
            raise ConfigError(f"{expected}, got {one!r}")
    return found


def fitted(text: str, limit: int, build: Callable[[str], bytes]) -> bytes:
    """Return ``build(text)``, with the text cut so that the result has at most ``limit`` bytes.

    The text is cut before ``build`` escapes it, so that no escape sequence is split.
    """
    body = build(text)
    if len(body) <= limit:
        return body
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if len(build(f"{text[:middle]}\n{CUT}")) <= limit:
            fits = middle
        else:
            too_long = middle
    return build(f"{text[:fits]}\n{CUT}")
