"""What the robots of group chats share: their limits, their Markdown, and the verdict inside the answer."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.alerts import Level
from ..core.clocks import Clock, SystemClock
from ..core.errors import NotificationError
from ..core.messages import Message
from ..text.cleaning import for_header
from .address import Address, positive
from .secret import Secret

if TYPE_CHECKING:
    from .http import Answer

SUBJECT_LIMIT = 200
"""Characters after which a title is cut."""

CUT = "…（内容过长，其余部分已省略 / cut: too long）"
"""The line that ends a text of which the rest was left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdicts:
    """How one provider's answers are read.

    Attributes:
        provider: its name.
        code: the fields that may hold the verdict, the first that is there counts; 0 is "accepted".
        reason: the fields that may hold its words.
        permanent: codes that another attempt cannot change, with what to do.
        too_fast: codes for too many messages, with the seconds for which nothing is sent then.
        page: where the provider explains them.
    """

    provider: str
    code: Sequence[str]
    reason: Sequence[str]
    permanent: Mapping[int, str]
    too_fast: Mapping[int, float]
    page: str


class Allowance:
    """So many messages in so many seconds; what comes sooner is refused here, for later.

    Nothing waits: whoever delivers has a back-off of its own.
    """

    def __init__(self, clock: Clock, *limits: tuple[int, float]) -> None:
        """Take the limits, each a number of messages and the seconds in which they may be sent."""
        self._clock = clock
        self._limits = limits
        self._sent: deque[float] = deque(maxlen=max((number for number, _ in limits), default=1))
        self._closed_until = float("-inf")
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        """Count one message.

        Raises:
            NotificationError: it would be one too many; not permanent.
        """
        with self._lock:
            now = self._clock.monotonic()
            wait = max([self._closed_until - now, *(self._wait(*limit, now) for limit in self._limits)])
            if wait <= 0:
                self._sent.append(now)
                return
        raise NotificationError(
            f"{name}: not sent yet, the limit of its messages is free again in {wait:.0f} s"
        )

    def close(self, seconds: float) -> None:
        """Let nothing through for so long, as the provider wishes."""
        with self._lock:
            self._closed_until = max(self._closed_until, self._clock.monotonic() + seconds)

    def _wait(self, number: int, seconds: float, now: float) -> float:
        return self._sent[-number] + seconds - now if len(self._sent) >= number else 0.0


class Robot:
    """A robot's address, its limits and its verdicts: the part that its providers do alike."""

    def __init__(
        self,
        address: Address,
        secret: str | None,
        verdicts: Verdicts,
        limits: Sequence[tuple[int, float]],
        *,
        timeout: float,
        clock: Clock | None,
    ) -> None:
        """Take what differs from provider to provider."""
        self.address = address
        self.verdicts = verdicts
        self.clock = clock or SystemClock()
        self.secret = None if secret is None else Secret(secret)
        self.name = f"{verdicts.provider} robot {address.fingerprint}"
        self._timeout = positive(timeout)
        self._allowance = Allowance(self.clock, *limits)

    def deliver(self, body: bytes, address: Address | None = None) -> None:
        """Post the body once, if the limits allow it.

        Raises:
            NotificationError: it was not accepted.
        """
        from .http import post

        self._allowance.take(self.name)
        answer = post(address or self.address, body, {}, self._timeout)
        error = self._refusal(answer)
        if error is not None:
            if answer.retry_after is not None and not error.permanent:
                self._allowance.close(min(answer.retry_after, 3600.0))
            raise error

    def _refusal(self, answer: Answer) -> NotificationError | None:
        from .http import quoted, refusal

        secrets = () if self.secret is None else (self.secret.reveal(),)
        fields = answer.fields()
        code = _first(fields, self.verdicts.code)
        if not isinstance(code, int) or isinstance(code, bool):
            if not answer.accepted:
                return refusal(self.address, answer, *secrets)
            said = quoted(answer.text, self.address, *secrets)
            return NotificationError(
                f"{self.address.place} answered without a verdict ({said}); "
                f"perhaps it is not {self.verdicts.provider} that answered"
            )
        if code == 0:
            return None if answer.accepted else refusal(self.address, answer, *secrets)
        said = quoted(str(_first(fields, self.verdicts.reason)), self.address, *secrets)
        return self._judged(code, said)

    def _judged(self, code: int, said: str) -> NotificationError:
        rules = self.verdicts
        too_fast = code in rules.too_fast and (code not in rules.permanent or "too many" in said.lower())
        if too_fast:
            self._allowance.close(rules.too_fast[code])
        permanent = code in rules.permanent and not too_fast
        help_text = f" {rules.permanent[code]}." if permanent else ""
        return NotificationError(
            f"{self.name} did not accept the message ({code} {said}).{help_text} See {rules.page}",
            permanent=permanent,
        )


def _first(fields: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((fields[name] for name in names if name in fields), None)


def title_of(message: Message) -> str:
    """Return the subject on one line, cut where it grows into a body."""
    return for_header(message.subject, SUBJECT_LIMIT)


def fitted(text: str, limit: int, build: Callable[[str], bytes]) -> bytes:
    """Return ``build(text)``, with the text cut so far that there are at most ``limit`` bytes.

    The text is cut before it is escaped, so that no escape is cut in two, and ends with a line
    that says so.
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


def by_level(level: Level, info: str, warning: str, critical: str) -> str:
    """Return the one that goes with the level."""
    return {Level.INFO: info, Level.WARNING: warning, Level.CRITICAL: critical}[level]
