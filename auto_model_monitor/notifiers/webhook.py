"""Signed webhooks: each message as JSON to an address of your own."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ..core.clocks import Clock, SystemClock
from ..core.errors import ConfigError
from ..core.messages import Message
from ..core.secret import Secret
from ..text.cleaning import for_body, for_header
from .address import Address, positive
from .rate_limit import RateLimit

VERSION = 1
"""The schema's version; an incompatible change raises it."""

_SUBJECT_LIMIT = 1000
_FIELD = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN = frozenset({"content-length", "content-type", "host", "idempotency-key", "transfer-encoding"})


class WebhookNotifier:
    """Posts each message as JSON; any 2xx status means that it was accepted.

    The body is one object:

    - ``version``: integer, 1.
    - ``id``: text, equal in every attempt; also the header ``Idempotency-Key``.
    - ``time``: text, when the event was detected, ISO 8601 with the zone.
    - ``level``: text, ``info``, ``warning`` or ``critical``.
    - ``subject``: text on one line.
    - ``text``: the whole content as plain text with line feeds.
    - ``facts``: object, the values for programs, such as ``metric``, ``score`` and ``threshold``, each a
      text, a number or null. JSON has no NaN and no infinity: they are the texts ``nan``, ``inf`` and
      ``-inf``.

    With a secret there are two more headers. The receiver computes the same signature, compares it with
    ``hmac.compare_digest``, and refuses a timestamp that is minutes away from its own clock:

    - ``X-Auto-Model-Monitor-Timestamp``: whole seconds since 1970.
    - ``X-Auto-Model-Monitor-Signature``: ``sha256=`` and the hexadecimal HMAC-SHA256, with the
      secret in UTF-8 as its key, of the timestamp, a full stop and the body's bytes.

    Args:
        url: ``https://…`` or ``http://…``; a user and password in it become basic authorisation.
        secret: the key of the signature; None sends no signature.
        timeout: seconds for each network operation.
        headers: further headers, such as ``{"Authorization": "Bearer …"}``.
        public_only: True for a URL that other people provide: only public addresses are used, after
            redirects too, and no proxy.
        clock: the time, injected.

    Attributes:
        name: the name in logs: ``webhook https://host 3f9a1c``.

    Raises:
        ConfigError: an argument cannot work. The error shows no secret.
    """

    def __init__(
        self,
        url: str,
        secret: str | None = None,
        *,
        timeout: float = 15.0,
        headers: Mapping[str, str] | None = None,
        public_only: bool = False,
        clock: Clock | None = None,
    ) -> None:
        if secret is not None and not secret:
            raise ConfigError("secret: expected a text, or None for no signature, got an empty one")
        self._address = Address(url)
        self._secret = None if secret is None else Secret(secret)
        self._headers = {name: Secret(value) for name, value in _checked(headers or {}).items()}
        self._public_only = public_only
        self._timeout = positive(timeout)
        self._clock = clock or SystemClock()
        self._rate_limit = RateLimit(self._clock)
        self.name = f"webhook {self._address.place} {self._address.fingerprint}"

    def __repr__(self) -> str:
        """Show the name."""
        return f"WebhookNotifier({self.name!r})"

    def send(self, message: Message) -> None:
        """Post the message once.

        Raises:
            NotificationError: it was not accepted. After 408, 425, 429 and 5xx a retry may succeed, but not
                before the seconds of ``Retry-After``; other 4xx are permanent.
        """
        from .http import encoded, post, refusal

        self._rate_limit.take(self.name)
        body = encoded(content_of(message))
        headers = {name: value.reveal() for name, value in self._headers.items()}
        headers["Idempotency-Key"] = _header_value(message.id)
        secrets = list(headers.values())
        if self._secret is not None:
            timestamp = str(int(self._clock.now().timestamp()))
            headers["X-Auto-Model-Monitor-Timestamp"] = timestamp
            headers["X-Auto-Model-Monitor-Signature"] = signature(timestamp, body, self._secret.reveal())
            secrets.append(self._secret.reveal())
        answer = post(self._address, body, headers, self._timeout, public_only=self._public_only)
        if answer.accepted:
            return
        if answer.retry_after is not None and not answer.is_permanent:
            self._rate_limit.pause(answer.retry_after)
        raise refusal(self._address, answer, *secrets)


def signature(timestamp: str, body: bytes, secret: str) -> str:
    """Return the value of the signature header, as a receiver computes it."""
    import hmac

    return f"sha256={hmac.digest(secret.encode(), timestamp.encode() + b'.' + body, 'sha256').hex()}"


def content_of(message: Message) -> dict[str, Any]:
    """Return the message as the JSON object to post."""
    return {
        "version": VERSION,
        "id": message.id,
        "time": message.time.isoformat(),
        "level": message.level.value,
        "subject": for_header(message.subject, _SUBJECT_LIMIT),
        "text": for_body(message.text),
        "facts": {name: _fact(value) for name, value in message.facts.items()},
    }


def _fact(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    return for_body(value) if isinstance(value, str) else value


def _header_value(text: str) -> str:
    from .address import fingerprint

    return text if _FIELD.fullmatch(text) and len(text) < 256 else fingerprint(text)


def _checked(headers: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in headers.items():
        if (
            not _FIELD.fullmatch(name)
            or name.lower() in _OWN
            or name.lower().startswith("x-auto-model-monitor-")
        ):
            raise ConfigError(
                f"headers: expected names of further headers, got the reserved or malformed {name!r}"
            )
        if not isinstance(value, str) or not (value.isascii() and value.isprintable()):
            raise ConfigError(f"headers: expected one line of ASCII for {name!r}, got something else")
    return headers
