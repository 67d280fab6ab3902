"""The security middleware: it wraps the whole application, whatever the method, the path and the mount."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Container, Mapping
from dataclasses import dataclass

from ...text.cleaning import for_log_line
from ..web.framework import PREFIX, RAW_SEND, ASGIApp, Receive, Scope, Send
from ..web.problem_details import HTTPProblem
from . import login
from .forwarding import is_secure, prefix_of, public_hosts
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
    """The parts of a request that decide whether it passes.

    Attributes:
        method: its method.
        path: its path inside this application.
        prefix: the path below which this application is reached; empty for none.
        query: its query.
        headers: its headers by their names in lower case.
        hosts: the hosts that a page of this server may come from.
    """

    method: str
    path: str
    prefix: str
    query: bytes
    headers: Mapping[str, str]
    hosts: tuple[Host, ...]

    @property
    def is_visit(self) -> bool:
        """Whether a browser asks for a page that it shows."""
        return self.method == "GET" and "text/html" in self.headers.get("accept", "")


class SecurityMiddleware:
    """An ASGI application around another one, which only sees the requests that pass.

    The checks, in this order: the host name, the origin, the token, the type and the length of the body.
    Only ``/healthz`` needs no token.

    Args:
        app: the application behind it.
        token: the secret; with None, programs of this machine need none, and all others are refused.
        hosts: the names under which the server is reached, as :func:`allowed_names` returns them.
        most_bytes: the longest body.
        store: the directory of the tasks, after which the browser's cookie is named.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: AccessToken | None,
        hosts: Container[str],
        most_bytes: int = 64 * 1024,
        store: str | os.PathLike[str] = "",
    ) -> None:
        self._app = app
        self._token = token
        self._cookie = login.SessionCookie(store)
        self._hosts = hosts
        self._most_bytes = most_bytes
        self._delayed = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, HardenedSend(send), send)
        else:  # a websocket, which no route speaks
            await receive()
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: HardenedSend, raw: Send) -> None:
        request = None
        try:
            request = _request_of(scope, self._hosts)
            send.prefix = request.prefix
            await self._respond(request, {**scope, RAW_SEND: raw}, receive, send)
        except HTTPProblem as problem:
            if request is not None and request.is_visit and problem.status == 403:
                await login.send_refusal(send, problem.status, problem.detail)
            else:
                await problem.send_to(send)
        except ClientDisconnectedError:
            return

    async def _respond(
        self, request: _CheckedRequest, scope: Scope, receive: Receive, send: HardenedSend
    ) -> None:
        self._check_host(request, scope)
        _check_origin(request)
        if await self._is_answered(request, scope, send):
            return
        body = b""
        if "content-length" in request.headers or "transfer-encoding" in request.headers:
            body = await read_body(receive, request.headers, self._most_bytes)
            receive = ReplayedBody(body, receive)
        _check_content_type(request, body)
        if not scope.get("root_path"):  # one that a proxy left in the path
            scope = {**scope, "path": request.path}
        try:
            await self._app({**scope, PREFIX: request.prefix}, receive, send)
        except Exception:
            # Without the query, which may hold the token.
            _LOGGER.exception("%s %s failed", request.method, for_log_line(request.path))
            if send.started:
                raise
            raise HTTPProblem(500, "the server failed; its log has the error") from None

    def _check_host(self, request: _CheckedRequest, scope: Scope) -> None:
        host = request.hosts[0]
        # The address that the connection itself came to cannot be another site's name.
        arrived = (scope.get("server") or ("",))[0]
        if host.name not in self._hosts and not (host.name == arrived and is_address(host.name)):
            raise HTTPProblem(
                403,
                f"Host: expected a name of this server, got {host.name!r}; its owner adds a name with "
                "--allow-host",
            )

    async def _is_answered(self, request: _CheckedRequest, scope: Scope, send: Send) -> bool:
        """Check the token; return whether a redirect or the login form has been sent."""
        if request.path in _OPEN_PATHS:
            return False
        if self._token is None:
            _check_client(scope)
            return False
        in_address = login.token_in(request.query) if request.path == "/" else None
        if in_address is not None and self._token.matches(in_address):
            secure = is_secure(scope, request.headers)
            await login.redirect(send, request.query, self._cookie.header(request.prefix, secure=secure))
            return True
        if self._cookie.is_in(request.headers.get("cookie", "")):
            return False
        bearer = login.bearer_in(request.headers.get("authorization", ""))
        given = [token for token in (in_address, bearer) if token]
        if any([self._token.matches(token) for token in given]):
            return False
        if given:
            await self._delay()
        if request.is_visit:
            await login.send_form(send, wrong=bool(given))
            return True
        raise HTTPProblem(
            401,
            "expected the server's token, as 'Authorization: Bearer TOKEN', or the cookie that the printed "
            f"URL sets until the next start, got {'another' if given else 'none'}; the token is in the file "
            "'token' of the store",
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


def _request_of(scope: Scope, names: Container[str]) -> _CheckedRequest:
    """Return the request.

    Raises:
        HTTPProblem: its ``Host`` or another header is malformed.
    """
    headers = headers_of(scope)
    host = host_of(headers.get("host", ""))
    if host is None:
        raise HTTPProblem(400, "Host: expected the name of this server, got something else")
    prefix, path = prefix_of(scope, headers), scope["path"]
    if prefix and path.startswith(f"{prefix}/"):  # a proxy that leaves it, or an application around this one
        path = path[len(prefix) :]
    query = scope.get("query_string", b"")
    return _CheckedRequest(scope["method"], path, prefix, query, headers, public_hosts(headers, host, names))


def _check_origin(request: _CheckedRequest) -> None:
    """Refuse requests of other sites' pages; programs and typed addresses send none of these headers."""
    headers = request.headers
    origin = headers.get("origin")
    if origin is not None and not any(is_same_origin(origin, host) for host in request.hosts):
        own = request.hosts[0]
        raise HTTPProblem(
            403,
            f"Origin: expected a page of this server ({own.name}{own.port and f':{own.port}'}), got "
            f"{for_log_line(origin)[:200]}, a page of another site; a proxy has to pass on the browser's "
            "Host, as nginx does with: proxy_set_header Host $http_host",
        )
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
