"""The guard itself: what stands around the whole application, whatever the method, the path and the mount."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass

from ...text.cleaning import for_log_line
from ..problems import Problem
from ..web import ASGIApp, Receive, Scope, Send
from . import login
from .body import ClientLeftError, Replay, read_body
from .headers import DIRECT, Hardened, headers_of
from .hosts import AllowedHosts, Host, host_of, is_address, is_loopback, is_same_origin
from .token import Token

_LOGGER = logging.getLogger(__name__)
_READING = frozenset(("GET", "HEAD", "OPTIONS"))
_OPEN = frozenset(("/healthz",))
_WAITING_ROOM = 32  # wrong tokens that are kept waiting at a time; further ones are turned away
_WAIT = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class _Request:
    """What the guard looks at."""

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    host: Host

    @property
    def is_navigation(self) -> bool:
        """Whether a person followed a link or typed an address: the answer is shown, no page reads it."""
        mode, target = self.headers.get("sec-fetch-mode"), self.headers.get("sec-fetch-dest")
        return self.method in ("GET", "HEAD") and mode == "navigate" and target == "document"


class Guard:
    """An ASGI application around another one; nothing reaches the inner one that has not passed.

    The order is: the name that was asked for, the page that asks, the token, the kind and the length of the
    body. Only ``/healthz`` needs no token.
    """

    def __init__(
        self, app: ASGIApp, *, token: str | None, hosts: AllowedHosts, most_bytes: int = 64 * 1024
    ) -> None:
        """Take the application and what is allowed.

        Args:
            app: what is guarded.
            token: the secret; None leaves the door open to programs of this machine, and to them only.
            hosts: the names under which the server may be asked.
            most_bytes: the longest body.
        """
        self._app = app
        self._token = None if token is None else Token(token)
        self._raw_token = token
        self._hosts = hosts
        self._most_bytes = most_bytes
        self._waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http({**scope, DIRECT: send}, receive, Hardened(send))
        else:  # a websocket, which nothing here speaks
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Hardened) -> None:
        try:
            request = self._request(scope)
            if await self._answered(request, scope, send):
                return
            await self._pass_on(request, scope, receive, send)
        except Problem as problem:
            await problem.answer(send)
        except ClientLeftError:
            return

    def _request(self, scope: Scope) -> _Request:
        headers = headers_of(scope)
        host = self._host(headers, scope)
        request = _Request(scope["method"], scope["path"], scope.get("query_string", b""), headers, host)
        _check_site(request)
        return request

    def _host(self, headers: Mapping[str, str], scope: Scope) -> Host:
        host = host_of(headers.get("host", ""))
        if host is None:
            raise Problem(400, "Host: expected the name of this server, got something else")
        # The address that the connection itself came to cannot be another site's name.
        arrived = (scope.get("server") or ("",))[0]
        if host.name in self._hosts or (is_address(host.name) and host.name == arrived):
            return host
        raise Problem(
            403,
            "Host: expected a name of this server, got another; its owner adds names with --allow-host",
        )

    async def _answered(self, request: _Request, scope: Scope, send: Send) -> bool:
        """Check the token; answer a login or one that has none, and tell whether that has been done."""
        if request.path in _OPEN:
            return False
        if self._token is None or self._raw_token is None:
            _check_peer(scope)
            return False
        in_address = login.token_in(request.query) if request.path == "/" else None
        if in_address is not None and self._token.is_(in_address):
            secure = scope.get("scheme") == "https"
            await login.redirect(send, request.query, request.host, self._raw_token, secure=secure)
            return True
        bearer = login.bearer_in(request.headers.get("authorization", ""))
        cookies = login.cookies_in(request.headers.get("cookie", ""), request.host)
        given = [token for token in (in_address, bearer, *cookies) if token]
        if any([self._token.is_(token) for token in given]):
            return False
        if given:
            await self._keep_waiting()
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            await login.form(send)
            return True
        raise Problem(
            401,
            "expected the server's token, as 'Authorization: Bearer TOKEN' or as the cookie that the printed "
            f"URL leaves, got {'another' if given else 'none'}; it stands in the file 'token' of the "
            "store",
            headers={"www-authenticate": "Bearer"},
        )

    async def _keep_waiting(self) -> None:
        """Let whoever guesses wait, and only so many of them at a time."""
        if self._waiting >= _WAITING_ROOM:
            raise Problem(429, "too many wrong tokens at a time", headers={"retry-after": "1"})
        self._waiting += 1
        try:
            await asyncio.sleep(_WAIT)
        finally:
            self._waiting -= 1

    async def _pass_on(self, request: _Request, scope: Scope, receive: Receive, send: Hardened) -> None:
        body = b""
        if "content-length" in request.headers or "transfer-encoding" in request.headers:
            body = await read_body(receive, request.headers, self._most_bytes)
            receive = Replay(body, receive)
        _check_kind(request, body)
        try:
            await self._app(scope, receive, send)
        except Exception:
            # The query is left out: nothing of it belongs into a log.
            _LOGGER.exception("%s %s failed", request.method, for_log_line(request.path))
            if send.started:
                raise
            raise Problem(500, "a fault of the server; its log says more") from None


def _check_site(request: _Request) -> None:
    """Refuse what a page of another site asks; programs and typed addresses send none of these headers."""
    origin = request.headers.get("origin")
    if origin is not None and not is_same_origin(origin, request.host):
        raise Problem(403, "Origin: expected a page of this server, got one of another site")
    site = request.headers.get("sec-fetch-site", "none")
    if site not in ("none", "same-origin") and not request.is_navigation:
        raise Problem(
            403, "Sec-Fetch-Site: expected a request of this server's own page, got one of another site"
        )


def _check_peer(scope: Scope) -> None:
    client = scope.get("client")
    if client and is_address(client[0]) and not is_loopback(client[0]):
        raise Problem(403, "without a token this server answers programs of its own machine only")


def _check_kind(request: _Request, body: bytes) -> None:
    """Refuse what a form of another page could send: JSON only, and it has to say so."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in _READING or (not body and not kind):
        return
    if kind != "application/json":
        raise Problem(
            415, "Content-Type: expected application/json, got " + (repr(kind[:60]) if kind else "none")
        )
