"""Headers: the request's, each once; and those that every answer carries."""

from __future__ import annotations

from ..problems import Problem
from ..web import Message, Scope, Send

#: Where an answer that has begun finds the way past all inner layers, which cost at each of its pieces.
DIRECT = "auto_model_monitor.send"
# Everything comes from this server, and nothing is written into the page: no script, no style.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)
_NOT_KEPT = (b"cache-control", b"no-store")
# Two of these would let two readers see two different requests.
_ONCE = frozenset(("host", "origin", "authorization", "content-type", "content-length", "sec-fetch-site"))


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the request's headers by their names in lower case.

    Raises:
        Problem: one that may stand once stands twice.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name in headers:
            if name in _ONCE:
                raise Problem(400, f"{name}: expected this header once, got it twice")
            value = f"{headers[name]}; {value}" if name == "cookie" else f"{headers[name]}, {value}"
        headers[name] = value
    return headers


class Hardened:
    """A ``send`` that adds to every answer what keeps browsers careful.

    Attributes:
        started: True once the answer has begun.
    """

    __slots__ = ("_send", "started")

    def __init__(self, send: Send) -> None:
        """Take where the messages go."""
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        """Send a message; the one that begins an answer with the headers."""
        if message["type"] == "http.response.start":
            self.started = True
            own = list(message.get("headers", ()))
            names = {name.lower() for name, _ in own}
            own += [header for header in (*_ALWAYS, _NOT_KEPT) if header[0] not in names]
            message = {**message, "headers": own}
        await self._send(message)
