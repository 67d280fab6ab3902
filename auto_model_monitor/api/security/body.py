"""Bodies: read before anything else sees them, and no longer than is allowed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ..problems import Problem
from ..web import Message, Receive

_PATIENCE = 15.0  # seconds that a body may take


async def read_body(receive: Receive, headers: Mapping[str, str], most: int) -> bytes:
    """Return the whole body.

    Raises:
        Problem: it is longer than ``most`` bytes (413), or took too long (408).
        ClientLeftError: the client went away in the middle of it.
    """
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        raise Problem(400, "Content-Length: expected a number of bytes, got something else")
    if int(length) > most:
        raise _too_long(most)
    try:
        return await asyncio.wait_for(_collect(receive, most), _PATIENCE)
    except asyncio.TimeoutError:
        raise Problem(
            408,
            f"the body: expected all of it within {_PATIENCE:.0f} s, got a part",
            headers={"connection": "close"},
        ) from None


async def _collect(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientLeftError
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_long(most)
        if not message.get("more_body", False):
            return bytes(body)


def _too_long(most: int) -> Problem:
    # The rest of the body is not read, so that the connection cannot go on.
    return Problem(413, f"the body: expected at most {most} bytes, got more", headers={"connection": "close"})


class ClientLeftError(Exception):
    """The client went away before the whole request had arrived."""


class Replay:
    """Hands a body that was read to the application, and afterwards what the server says."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        """Take the body and where the rest comes from."""
        self._first: Message | None = {"type": "http.request", "body": body, "more_body": False}
        self._receive = receive

    async def __call__(self) -> Message:
        """Return the next message."""
        message, self._first = self._first, None
        return message if message is not None else await self._receive()
