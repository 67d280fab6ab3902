"""The security middleware: it wraps the whole application, whatever the method, the path and the mount."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Container, Mapping
from dataclasses import dataclass

from ...text.cleaning import for_log_line
from ..web.framework import RAW_SEND, ASGIApp, Receive, Scope, Send
from ..web.problem_details import HTTPProblem
from . import login
from .headers import HardenedSend, headers_of
from .hosts import Host, host_of, is_address, is_loopback, is_same_origin
from .request_body import ClientDisconnectedError, ReplayedBody, read_body
from .token import AccessToken

_LOGGER = logging.getLogger(__name__)
_SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
_OPEN_PATHS = frozenset(("/healthz",))
_MAX_DELAYED = 32  # requests with a wrong token that are delayed at the same time; more are refused
_DELAY = 0.5  # seconds


@dataclass(frozen=True, slots=True)
class _CheckedRequest:
    """The parts of a request that decide whether it passes."""

    method: str
    path: str
    query: bytes
    headers: Mapping[str, str]
    host: Host


class SecurityMiddleware:
    """An ASGI application around another one, which only sees the requests that pass.

    The checks, in this order: the host name, the origin, the token, the type and the length of the body.
    Only ``/healthz`` needs no token.

    Args:
        app: the application behind it.
        token: the secret; with None, programs of this machine need none, and all others are refused.
        hosts: the names under which the server is reached, as :func:`allowed_names` returns them.
        most_bytes: the longest body.
    """

    def __init__(
        self, app: ASGIApp, *, token: AccessToken | None, hosts: Container[str], most_bytes: int = 64 * 1024
    ) -> None:
        self._app = app
        self._token = token
        self._hosts = hosts
        self._most_bytes = most_bytes
        self._delayed = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            hardened = HardenedSend(send)
            try:
                await self._respond({**scope, RAW_SEND: send}, receive, hardened)
            except HTTPProblem as problem:
                await problem.send_to(hardened)
            except ClientDisconnectedError:
                return
        else:  # a websocket, which no route speaks
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _respond(self, scope: Scope, receive: Receive, send: HardenedSend) -> None:
        request = self._check_host(scope)
        _check_origin(request)
        if await self._is_answered(request, scope, send):
            return
        body = b""
        if "content-length" in request.headers or "transfer-encoding" in request.headers:
            body = await read_body(receive, request.headers, self._most_bytes)
            receive = ReplayedBody(body, receive)
        _check_content_type(request, body)
        try:
            await self._app(scope, receive, send)
        except Exception:
            # Without the query, which may hold the token.
            _LOGGER.exception("%s %s failed", request.method, for_log_line(request.path))
            if send.started:
                raise
            raise HTTPProblem(500, "the server failed; its log has the error") from None

    def _check_host(self, scope: Scope) -> _CheckedRequest:
        headers = headers_of(scope)
        host = host_of(headers.get("host", ""))
        if host is None:
            raise HTTPProblem(400, "Host: expected the name of this server, got something else")
        # The address that the connection itself came to cannot be another site's name.
        arrived = (scope.get("server") or ("",))[0]
        if host.name not in self._hosts and not (host.name == arrived and is_address(host.name)):
            raise HTTPProblem(
                403,
                "Host: expected a name of this server, got another; its owner adds names with --allow-host",
            )
        return _CheckedRequest(scope["method"], scope["path"], scope.get("query_string", b""), headers, host)

    async def _is_answered(self, request: _CheckedRequest, scope: Scope, send: Send) -> bool:
        """Check the token; return whether a redirect or the login form has been sent."""
        if request.path in _OPEN_PATHS:
            return False
        if self._token is None:
            _check_client(scope)
            return False
        in_address = login.token_in(request.query) if request.path == "/" else None
        if in_address is not None and self._token.matches(in_address):
            secure = scope.get("scheme") == "https"
            await login.redirect(send, request.query, request.host, in_address, secure=secure)
            return True
        bearer = login.bearer_in(request.headers.get("authorization", ""))
        cookies = login.cookies_in(request.headers.get("cookie", ""), request.host)
        given = [token for token in (in_address, bearer, *cookies) if token]
        if any([self._token.matches(token) for token in given]):
            return False
        if given:
            await self._delay()
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            await login.send_form(send)
            return True
        raise HTTPProblem(
            401,
            "expected the server's token, as 'Authorization: Bearer TOKEN' or as the cookie that the printed "
            f"URL sets, got {'another' if given else 'none'}; it is in the file 'token' of the store",
            headers={"www-authenticate": "Bearer"},
        )

    async def _delay(self) -> None:
        """Slow down guesses of the token, a limited number at a time."""
        if self._delayed >= _MAX_DELAYED:
            text = f"expected at most {_MAX_DELAYED} wrong tokens at a time, got more; try again later"
            raise HTTPProblem(429, text, headers={"retry-after": "1"})
        self._delayed += 1
        try:
            await asyncio.sleep(_DELAY)
        finally:
            self._delayed -= 1


def _check_origin(request: _CheckedRequest) -> None:
    """Refuse requests of other sites' pages; programs and typed addresses send none of these headers."""
    headers = request.headers
    origin = headers.get("origin")
    if origin is not None and not is_same_origin(origin, request.host):
        raise HTTPProblem(403, "Origin: expected a page of this server, got one of another site")
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return
    # A link that a person follows: the answer is shown, and no script of the other site reads it.
    mode, target = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    if request.method not in ("GET", "HEAD") or mode != "navigate" or target != "document":
        raise HTTPProblem(
            403, "Sec-Fetch-Site: expected a request of this server's own page, got one of another site"
        )


def _check_client(scope: Scope) -> None:
    client = scope.get("client")
    if client and is_address(client[0]) and not is_loopback(client[0]):
        raise HTTPProblem(
            403,
            "expected a client on the server's own machine, because the server has no token, got another",
        )


def _check_content_type(request: _CheckedRequest, body: bytes) -> None:
    """Refuse what an HTML form of another page can send: only JSON that is declared as JSON passes."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method in _SAFE_METHODS or (not body and not kind):
        return
    if kind != "application/json":
        raise HTTPProblem(
            415, "Content-Type: expected application/json, got " + (repr(kind[:60]) if kind else "none")
        )
