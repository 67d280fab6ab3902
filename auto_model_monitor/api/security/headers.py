"""Request headers by name, and the security headers of every response."""

from __future__ import annotations

from ..web.framework import Message, Scope, Send
from ..web.problem_details import HTTPProblem

# Everything comes from this server, and nothing is inline: no script, no style.
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
_DEFAULTS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cache-control", b"no-store"),
)
# Repeated, some of these would let two readers see two different requests.
_ONCE = frozenset(("host", "origin", "authorization", "content-type", "content-length", "sec-fetch-site"))


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the request's headers by their names in lower case.

    Raises:
        HTTPProblem: a header that may appear once appears twice.
    """
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name in headers:
            if name in _ONCE:
                raise HTTPProblem(400, f"{name}: expected this header once, got it twice")
            value = f"{headers[name]}; {value}" if name == "cookie" else f"{headers[name]}, {value}"
        headers[name] = value
    return headers


class HardenedSend:
    """A ``send`` that adds the security headers that a response lacks, and the prefix to its location.

    Args:
        send: the server's own ``send``.

    Attributes:
        prefix: the path below which a proxy offers the server; empty for none.
        started: True once the response has started.
    """

    __slots__ = ("_send", "prefix", "started")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.prefix = ""
        self.started = False

    async def __call__(self, message: Message) -> None:
        """Send a message; the start of a response with the security headers."""
        if message["type"] == "http.response.start":
            self.started = True
            own = [self._moved(*header) for header in message.get("headers", ())]
            names = {name.lower() for name, _ in own}
            own += [header for header in _DEFAULTS if header[0] not in names]
            message = {**message, "headers": own}
        await self._send(message)

    def _moved(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        """Return a header; a ``Location`` on this server with the prefix."""
        is_path = name.lower() == b"location" and value.startswith(b"/") and not value.startswith(b"//")
        return name, self.prefix.encode("latin-1") + value if is_path else value
