"""One connection, with limits on size and time that hold before the client is known."""

from __future__ import annotations

import asyncio
from typing import Any

from ...core.extras import extra

with extra("api"):
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_TIMEOUT = 15.0  # seconds from the connection, or the last response, to the end of a request's headers
MAX_HEADER_BYTES = 64 * 1024  # of a request's first line and its headers
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's connection, which by itself buffers headers without a limit and never times out.

    Both would let anyone who reaches the port use up memory, and the file descriptors without which no
    training's log can be opened.

    Args:
        most: how many connections may be open.
        args: uvicorn's own.
        options: uvicorn's own.
    """

    def __init__(self, *args: Any, most: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self._most = most
        self._in_headers = False
        self._bytes = 0
        self._timeout: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start; a connection above the limit is closed."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            transport.abort()
        else:
            self._timeout = self.loop.call_later(HEADER_TIMEOUT, self._close)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_timeout()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse data; headers beyond the limit are answered with 431."""
        if self.transport.is_closing():
            return
        self._bytes += len(data)
        super().data_received(data)
        if not self._in_headers:
            self._bytes = 0
        elif self._bytes > MAX_HEADER_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        super().on_message_begin()
        self._in_headers = True

    def on_headers_complete(self) -> None:
        """Note that all headers are here: from now on the application enforces the time."""
        self._in_headers = False
        self._stop_timeout()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete:
            self._stop_timeout()
            self._timeout = self.loop.call_later(HEADER_TIMEOUT, self._close)

    def _stop_timeout(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Log nothing: a client that asks for another protocol is answered in this one."""
