"""Posting JSON: the one place that speaks HTTP, with the standard library alone.

It is imported at the first message: ``urllib.request`` is not for somebody who sends mails only.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPMessage
from typing import Any
from urllib.error import URLError
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.request import HTTPErrorProcessor, HTTPSHandler, OpenerDirector, Request, build_opener

from ..core.errors import NotificationError
from ..text.cleaning import for_header
from .address import Address
from .public_only import NotPublicError, handlers
from .secret import scrub

LARGEST_ANSWER = 65_536
"""Bytes of an answer that are read; what is behind them is left on the wire."""

_QUOTED = 300
_REDIRECTS = 3
# 408, 425 and 429 say "later" (RFC 9110, RFC 8470, RFC 6585); 407 is a word of a proxy on the way.
_LATER = frozenset({407, 408, 425, 429})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said.

    Attributes:
        status: the HTTP status.
        text: the body's beginning, of at most ``LARGEST_ANSWER`` bytes.
        retry_after: seconds that the server asks for before the next attempt, or None.
        location: where it redirects to, or None.
    """

    status: int
    text: str
    retry_after: float | None = None
    location: str | None = None

    @property
    def accepted(self) -> bool:
        """True for 2xx."""
        return 200 <= self.status < 300

    @property
    def lasts(self) -> bool:
        """True when the same message would get the same answer."""
        return 400 <= self.status < 500 and self.status not in _LATER

    def fields(self) -> dict[str, Any]:
        """Return the body's JSON object, or an empty one where it is none."""
        try:
            found = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


def encoded(content: Mapping[str, Any]) -> bytes:
    """Return an object as JSON in UTF-8, without spaces."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=str).encode(
        "utf-8", "replace"
    )


def post(
    address: Address, body: bytes, headers: Mapping[str, str], timeout: float, *, public_only: bool = False
) -> Answer:
    """Post ``body`` and return the answer, whatever its status is.

    TLS is verified, the environment's proxies are used, and a redirect is followed only where it
    repeats the request (307 and 308) at the same host and not from https to http.

    Args:
        address: where to.
        body: JSON in UTF-8.
        headers: beside the usual ones.
        timeout: seconds that each step may take, and that the answer's body may take as a whole.
        public_only: True connects to public addresses alone, at every step, and without a proxy.

    Raises:
        NotificationError: no answer came; another attempt may get one.
    """
    answer = _attempt(address, body, headers, timeout, public_only)
    if isinstance(answer, Answer):
        return answer
    # Raised here and not where it was caught: the failure and its frames hold the URL.
    raise answer


def refusal(address: Address, answer: Answer, *secrets: str) -> NotificationError:
    """Return the error for an answer whose status is not 2xx."""
    wait = "" if answer.retry_after is None else f"; it asks to wait {answer.retry_after:.0f} s"
    if 300 <= answer.status < 400:
        return NotificationError(_redirected(address, answer))
    said = quoted(answer.text, address, *secrets)
    return NotificationError(
        f"{address.place} answered {answer.status}{f' ({said})' if said else ''}{wait}",
        permanent=answer.lasts,
    )


def quoted(text: str, address: Address, *secrets: str) -> str:
    """Return the beginning of what a server said, on one line, with every secret hidden."""
    line = for_header(text, 4000)
    return scrub(line, *address.secrets, *secrets)[:_QUOTED]


def _attempt(
    address: Address, body: bytes, headers: Mapping[str, str], timeout: float, public_only: bool
) -> Answer | NotificationError:
    url = address.url
    try:
        opener = _opener(public_only)
        for _ in range(_REDIRECTS):
            answer = _exchange(opener, Request(url, body, {**address.headers, **headers}), timeout)
            if answer.status not in (307, 308) or not _may_follow(url, answer.location):
                return answer
            url = urljoin(url, answer.location)
    except (OSError, http.client.HTTPException, ValueError) as failure:
        return _no_answer(failure, address, timeout)
    return NotificationError(f"{address.place} redirected {_REDIRECTS} times; give the address it leads to")


class _AsTheyAre(HTTPErrorProcessor):
    """Hands every answer on as it is: the standard library would follow redirects and raise errors."""

    def http_response(self, request: Request, response: Any) -> Any:
        return response

    https_response = http_response


def _opener(public_only: bool) -> OpenerDirector:
    # A new one each time: proxies and certificates are those of the environment at the moment.
    context = ssl.create_default_context()
    if public_only:
        return build_opener(_AsTheyAre, *handlers(context))
    return build_opener(_AsTheyAre, HTTPSHandler(context=context))


def _exchange(opener: OpenerDirector, request: Request, timeout: float) -> Answer:
    with opener.open(request, timeout=timeout) as response:
        headers: HTTPMessage = response.headers
        return Answer(
            status=response.status,
            text=b"".join(_beginning(response, timeout)).decode("utf-8", "replace"),
            retry_after=_seconds(headers.get("Retry-After")),
            location=headers.get("Location"),
        )


def _beginning(response: Any, timeout: float) -> Iterator[bytes]:
    # The verdict is the status: a body that breaks off, or drips, takes nothing of it back.
    end, room = time.monotonic() + timeout, LARGEST_ANSWER
    try:
        while room > 0 and time.monotonic() < end and (part := response.read1(room)):
            room -= len(part)
            yield part
    except (OSError, http.client.HTTPException, ValueError):
        return


def _seconds(header: str | None) -> float | None:
    # Also a date is allowed (RFC 9110, section 10.2.3); the back-off does without it.
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


def _redirected(address: Address, answer: Answer) -> str:
    try:
        host = urlsplit(urljoin(address.url, answer.location or "")).hostname
    except ValueError:
        host = None
    where = "elsewhere" if host is None or host == address.host else f"to {quoted(host, address)}"
    return (
        f"{address.place} redirected {where} ({answer.status}), and the message was not sent there; "
        "a network that wants a login does that, else give the address that it leads to"
    )


def _no_answer(failure: Exception, address: Address, timeout: float) -> NotificationError:
    reason = failure.reason if isinstance(failure, URLError) else failure
    if isinstance(reason, ssl.SSLCertVerificationError):
        wrong = reason.verify_message or reason.reason or "it does not verify"
        text = (
            f"the certificate of {address.place} cannot be trusted: {wrong}. Nothing was sent. "
            "Check the address and this machine's clock; a CA file of your own "
            "is named in the environment variable SSL_CERT_FILE"
        )
    elif isinstance(reason, TimeoutError) or "timed out" in str(reason):
        text = f"{address.place} did not answer within {timeout:g} s"
    elif isinstance(reason, socket.gaierror):
        text = f"the host of {address.place} cannot be found: {reason.strerror}; check it and the network"
    else:
        said = quoted(str(reason), address) or type(reason).__name__
        text = f"{address.place} cannot be reached: {said}"
    return NotificationError(text, permanent=isinstance(reason, NotPublicError))
