"""Post JSON over HTTP with the standard library.

Imported with the first message: a user who only sends mail does not need ``urllib.request``.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http.client import HTTPMessage
from typing import Any
from urllib.error import URLError
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.request import HTTPErrorProcessor, HTTPSHandler, OpenerDirector, Request, build_opener

from ..core.errors import NotificationError
from ..core.secret import scrub
from ..text.cleaning import for_header
from .address import Address
from .proxies import proxy_note
from .public_only import NotPublicError, handlers
from .server_text import decoded

LARGEST_ANSWER = 65_536
"""At most this many bytes of an answer are read."""

_QUOTED = 300
_REDIRECTS = 3
# 408, 425 and 429 mean "later" (RFC 9110, RFC 8470, RFC 6585); 407 comes from a proxy.
_LATER = frozenset({407, 408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPAnswer:
    """A server's answer.

    Attributes:
        status: the HTTP status.
        text: the first ``LARGEST_ANSWER`` bytes of the body, decoded.
        retry_after: seconds that the server asks to wait, or None.
        location: where it redirects to, or None.
        through: names the proxy that the request took, if any: it may have answered itself.
    """

    status: int
    text: str
    retry_after: float | None = None
    location: str | None = None
    through: str = ""

    @property
    def accepted(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def is_permanent(self) -> bool:
        """Whether a retry would get the same answer."""
        return 400 <= self.status < 500 and self.status not in _LATER

    def fields(self) -> dict[str, Any]:
        """Return the JSON object in the body, or an empty one."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def encoded(content: Mapping[str, Any]) -> bytes:
    """Return an object as compact JSON in UTF-8."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str).encode(
        "utf-8", "replace"
    )


def post(
    address: Address, body: bytes, headers: Mapping[str, str], timeout: float, *, public_only: bool = False
) -> HTTPAnswer:
    """Post ``body`` and return the answer, whatever its status is.

    TLS is verified and the environment's proxies are used. A redirect is followed only if it repeats
    the request (307 or 308) at the same host, and not from https to http.

    Args:
        address: where to post.
        body: JSON in UTF-8.
        headers: further headers.
        timeout: seconds for each network operation, and for the whole body of the answer.
        public_only: True connects only to public addresses, after redirects too, and without a proxy.

    Raises:
        NotificationError: there is no answer; a retry may get one.
    """
    answer = _attempt(address, body, headers, timeout, public_only)
    if isinstance(answer, HTTPAnswer):
        return answer
    # Raised outside the except block: the original exception and its frames hold the URL.
    raise answer


def refusal(address: Address, answer: HTTPAnswer, *secrets: str) -> NotificationError:
    """Return the error for an answer whose status is not 2xx."""
    wait = "" if answer.retry_after is None else f"; it asks to wait {answer.retry_after:.0f} s"
    if 300 <= answer.status < 400:
        return NotificationError(_redirected(address, answer))
    text = quoted(answer.text, address, *secrets)
    return NotificationError(
        f"{address.place} answered {answer.status}{answer.through}{f' ({text})' if text else ''}{wait}",
        permanent=answer.is_permanent,
    )


def quoted(text: str, address: Address, *secrets: str) -> str:
    """Return the beginning of a server's text on one line, with every secret hidden."""
    line = for_header(text, 4000)
    return scrub(line, *address.secrets, *secrets)[:_QUOTED]


def _attempt(
    address: Address, body: bytes, headers: Mapping[str, str], timeout: float, public_only: bool
) -> HTTPAnswer | NotificationError:
    url = address.url
    try:
        for _ in range(_REDIRECTS):
            opener = _opener(url, public_only)
            answer = _exchange(opener, Request(url, body, {**address.headers, **headers}), timeout)
            if answer.status not in (307, 308) or not _may_follow(url, answer.location):
                return answer if public_only else replace(answer, through=proxy_note(url))
            url = urljoin(url, answer.location)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        return _no_answer(failure, address, timeout, "" if public_only else proxy_note(url))
    return NotificationError(
        f"{address.place} redirected {_REDIRECTS} times; configure the address that it leads to"
    )


class _RawAnswers(HTTPErrorProcessor):
    """Returns every answer unchanged: the standard library would follow redirects and raise for errors."""

    def http_response(self, request: Request, response: Any) -> Any:
        return response

    https_response = http_response


def _opener(url: str, public_only: bool) -> OpenerDirector:
    # A new one for each request: the environment's proxies and certificates may change.
    # The certificates take tens of milliseconds, which plain HTTP can do without.
    context = ssl.create_default_context() if url.lower().startswith("https:") else None
    if public_only:
        return build_opener(_RawAnswers, *handlers(context))
    return build_opener(_RawAnswers, HTTPSHandler(context=context))


def _exchange(opener: OpenerDirector, request: Request, timeout: float) -> HTTPAnswer:
    with opener.open(request, timeout=timeout) as response:
        headers: HTTPMessage = response.headers
        return HTTPAnswer(
            status=response.status,
            text=decoded(b"".join(_beginning(response, timeout))),
            retry_after=_seconds(headers.get("Retry-After")),
            location=headers.get("Location"),
        )


def _beginning(response: Any, timeout: float) -> Iterator[bytes]:
    # The status alone decides: a body that breaks off or arrives slowly does not change it.
    end, room = time.monotonic() + timeout, LARGEST_ANSWER
    try:
        while room > 0 and time.monotonic() < end and (part := response.read1(room)):
            room -= len(part)
            yield part
    except (OSError, http.client.HTTPException, ValueError):
        return


def _seconds(header: str | None) -> float | None:
    # A date is also allowed (RFC 9110, section 10.2.3) and is ignored: the backoff applies then.
    text = (header or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _may_follow(url: str, location: str | None) -> bool:
    if not location:
        return False
    old, new = urlsplit(url), urlsplit(urljoin(url, location))
    if new.scheme == "https" and old.scheme == "http":
        return new.hostname == old.hostname
    return _origin(new) == _origin(old)


def _origin(parts: SplitResult) -> tuple[str, str | None, int]:
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)


def _redirected(address: Address, answer: HTTPAnswer) -> str:
    try:
        host = urlsplit(urljoin(address.url, answer.location or "")).hostname
    except ValueError:
        host = None
    where = "elsewhere" if host is None or host == address.host else f"to {quoted(host, address)}"
    return (
        f"{address.place} redirected {where} ({answer.status}), which was not followed; log in to the "
        "network if it asks for that, else configure the address that it leads to"
    )


def _no_answer(failure: Exception, address: Address, timeout: float, through: str) -> NotificationError:
    reason = failure.reason if isinstance(failure, URLError) else failure
    if isinstance(reason, ssl.SSLCertVerificationError):
        wrong = reason.verify_message or reason.reason or "it does not verify"
        text = (
            f"the certificate of {address.place} cannot be trusted{through}: {wrong}. Nothing was sent. "
            "Check the address and this machine's clock; for a private CA set the environment variable "
            "SSL_CERT_FILE to its file"
        )
    elif isinstance(reason, TimeoutError) or "timed out" in str(reason):
        text = f"{address.place} did not answer within {timeout:g} s{through}"
    elif isinstance(reason, socket.gaierror):
        text = (
            f"{address.place} cannot be reached{through}: the proxy's host cannot be found: {reason.strerror}"
            if through
            else f"the host of {address.place} cannot be found: {reason.strerror}; check it and the network"
        )
    else:
        details = quoted(str(reason), address) or type(reason).__name__
        text = f"{address.place} cannot be reached{through}: {details}"
    return NotificationError(text, permanent=isinstance(reason, NotPublicError))
