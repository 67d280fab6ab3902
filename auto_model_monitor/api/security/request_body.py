"""The request body: read before anything else sees it, with limits on its length and its time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ..web.framework import Message, Receive
from ..web.problem_details import HTTPProblem

_TIMEOUT = 15.0  # seconds for a whole body


class ClientDisconnectedError(Exception):
    """The client left before the whole request had arrived."""


async def read_body(receive: Receive, headers: Mapping[str, str], most: int) -> bytes:
    """Return the whole body.

    Raises:
        HTTPProblem: it is longer than ``most`` bytes (413), or takes too long (408).
        ClientDisconnectedError: the client left in the middle of it.
    """
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise HTTPProblem(400, "Content-Length: expected a number of bytes, got something else")
    if int(length) > most:
        raise _too_long(most)
    try:
        return await asyncio.wait_for(_collect(receive, most), _TIMEOUT)
    except asyncio.TimeoutError:
        raise HTTPProblem(
            408,
            f"the body: expected all of it within {_TIMEOUT:.0f} s, got a part; send it again",
            headers={"connection": "close"},
        ) from None


async def _collect(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnectedError
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_long(most)
        if not message.get("more_body", False):
            return bytes(body)


def _too_long(most: int) -> HTTPProblem:
    # The rest of the body is not read, so the connection cannot be used again.
    return HTTPProblem(
        413, f"the body: expected at most {most} bytes, got more", headers={"connection": "close"}
    )


class ReplayedBody:
    """A ``receive`` that returns a body that was already read, then what the server receives.

    Args:
        body: the body.
        receive: the server's own ``receive``.
    """

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._first: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        """Return the next message."""
        message, self._first = self._first, None
        return message if message is not None else await self._receive()
