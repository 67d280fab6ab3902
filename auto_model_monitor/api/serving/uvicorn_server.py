"""uvicorn, adapted: it ends log streams first, limits connections, and leaves signals as they were."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import cast

from ...core.extras import extra
from ..web.framework import FastAPI
from .bounded_connection import BoundedConnection
from .listener import max_connections

with extra("api"):
    import uvicorn

_SHUTDOWN_TIMEOUT = 1  # seconds for the requests that run when the server stops


class UvicornServer(uvicorn.Server):
    """The server of an application that :func:`auto_model_monitor.api.create_app` made.

    Args:
        app: the application.
        on_started: is called once requests are answered.
    """

    def __init__(self, app: FastAPI, on_started: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            http=cast("type[asyncio.Protocol]", partial(BoundedConnection, most=max_connections())),
            lifespan="on",
            ws="none",
            log_config=None,
            access_log=False,  # it would log the token in a login's address
            server_header=False,
            timeout_graceful_shutdown=_SHUTDOWN_TIMEOUT,
        )
        super().__init__(config)
        self._end_streams: Callable[[], None] = app.state.broadcaster.stop
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # everything loaded so far stays; later collections skip it
        if not self.should_exit:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop: the streams first, because the server waits for open responses."""
        self._end_streams()
        await super().shutdown(sockets)
        if self.force_exit:  # a second signal skips the open responses, but not the application's shutdown
            await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM while the server runs; afterwards the previous handlers return."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self._request_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _request_exit(self, number: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
