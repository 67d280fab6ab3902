"""One connection: what somebody may send, and how slowly, before anything is known of who it is."""

from __future__ import annotations

import asyncio
from typing import Any

from ..core.extras import extra

with extra("api"):
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

PATIENCE = 15.0  # seconds from the connection, or the last answer, to the end of a request's headers
MOST_HEADERS = 64 * 1024  # bytes of a request's first line and its headers
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Connection(HttpToolsProtocol):
    """uvicorn's, with bounds: it keeps headers without end, and waits without end for what never comes.

    Both would be open to anybody who reaches the port, before the guard has seen a token: memory, and the
    files without which no training's log can be opened.
    """

    def __init__(self, *args: Any, most: int, **options: Any) -> None:
        """Take what uvicorn gives, and how many connections there may be at a time."""
        super().__init__(*args, **options)
        self._most = most
        self._in_headers = False
        self._bytes = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; one connection too many is ended at once."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            transport.abort()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._wait_no_more()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; headers that do not come to an end are answered with 431."""
        if self.transport.is_closing():
            return
        self._bytes += len(data)
        super().data_received(data)
        if not self._in_headers:
            self._bytes = 0
        elif self._bytes > MOST_HEADERS and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Note that a request begins."""
        super().on_message_begin()
        self._in_headers = True

    def on_headers_complete(self) -> None:
        """Note that all headers are there: from here on the application looks at the clock."""
        self._in_headers = False
        self._wait_no_more()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self.transport.is_closing() and self.cycle.response_complete:
            self._wait()

    def _wait(self) -> None:
        self._wait_no_more()
        self._patience = self.loop.call_later(PATIENCE, self._give_up)

    def _wait_no_more(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: whoever asks for another protocol is answered in this one."""
