"""The server: one process, one loop, the dispatcher's thread beside it."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import cast

from ..core.extras import extra
from ..runtime.run_log import run_log
from ..text.cleaning import for_terminal
from ..text.terminal import Terminal
from ..training import TaskState, TaskStore
from .application import create_app
from .events import FanOut
from .http_connection import Connection
from .listening import listening, most_connections, most_streams, url_of
from .security import stored_token
from .server_settings import ServerSettings
from .telling import telling
from .web import FastAPI

with extra("api"):
    import uvicorn

_GRACE = 1  # seconds that requests have to end in, when the server ends


class Server(uvicorn.Server):
    """uvicorn, which ends its log streams first and by itself leaves signals alone afterwards."""

    def __init__(self, app: FastAPI, started: Callable[[], None]) -> None:
        """Take the application, and what is called once requests are answered."""
        config = uvicorn.Config(
            app,
            http=cast("type[asyncio.Protocol]", partial(Connection, most=most_connections())),
            lifespan="on",
            ws="none",
            log_config=None,
            access_log=False,  # it would hold the token of a login's address
            server_header=False,
            timeout_graceful_shutdown=_GRACE,
        )
        super().__init__(config)
        self._fan_out: FanOut = app.state.fan_out
        self._tell = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()  # all that has been loaded stays, and need not be gone through again and again
        if not self.should_exit:
            self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End: the streams first, because the server waits for its answers."""
        self._fan_out.stop()
        await super().shutdown(sockets)
        if self.force_exit:  # a second signal spares the answers under way, not the application's end
            await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM end the server, and no more than that."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._ended) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ended(self, number: int, frame: FrameType | None) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True


def serve(settings: ServerSettings, screen: Terminal, errors: Terminal) -> None:
    """Serve until Ctrl-C or SIGTERM; trainings that run then go on.

    Raises:
        MonitorError: the port or the store is taken, or something is configured that cannot work.
    """
    with closing(listening(settings.host, settings.port)) as listener, run_log(None, screen=True):
        store = TaskStore(settings.store)
        with closing(store):
            _run(settings, store, listener, screen, errors)
            _say_farewell(settings, store, screen)


def _run(
    settings: ServerSettings, store: TaskStore, listener: socket.socket, screen: Terminal, errors: Terminal
) -> None:
    token = None if settings.no_auth else stored_token(store.path)
    app = create_app(
        store,
        settings.trainers,
        token=token,
        allow_paths=settings.allow_path,
        allowed_hosts=settings.names,
        per_device=settings.per_device,
        most_streams=most_streams(),
        watch=telling(settings.tell, store.path, errors),
    )
    url = url_of(listener, settings.host)

    def started() -> None:
        _say_hello(settings, store, url, token, screen)
        if not settings.is_local:
            errors.say(errors.paint(_IN_THE_CLEAR, "yellow"))

    Server(app, started).run(sockets=[listener])


_IN_THE_CLEAR = (
    "Other machines reach this server, and what they send can be read on the way, the token too: on a "
    "network that is not yours alone, leave it on 127.0.0.1 behind `ssh -L 8000:localhost:8000` or a proxy "
    "with TLS."
)


def _say_hello(
    settings: ServerSettings, store: TaskStore, url: str, token: str | None, screen: Terminal
) -> None:
    if token is None:
        screen.say(f"Open {url}/ — without a token: every program of this machine may start trainings.")
    elif _others_read_output():
        screen.say(f"Open {url}/ with the token in {for_terminal(str(store.path / 'token'))}")
        screen.say("It is not shown here, because others can read the file that this is written to.")
    else:
        screen.say(f"Open {url}/?token={token}")
        screen.say(f"The token is kept in {for_terminal(str(store.path / 'token'))}")
    names = ", ".join(trainer.name for trainer in settings.trainers)
    roots = ", ".join(_root_shown(os.path.realpath(root)) for root in settings.allow_path)
    screen.say(f"Trainers: {names}. Data and checkpoints: below {roots}.")
    if settings.tell:
        rules = ", ".join(for_terminal(rule) for rule in settings.tell.get("rules", ()))
        screen.say(f"Told of: {rules + ', and ' if rules else ''}the end of each training.")
    screen.say("Ctrl-C ends the server; trainings go on without it.")


def _root_shown(root: str) -> str:
    return for_terminal(root) + ("" if Path(root).is_dir() else " (which is not there now)")


def _say_farewell(settings: ServerSettings, store: TaskStore, screen: Terminal) -> None:
    running, waiting = store.count(TaskState.RUNNING), store.count(TaskState.PENDING)
    again = f"the next start with --store {for_terminal(settings.store)}"
    said = [f"{_counted(running, 'training')} on; {again} finds {'it' if running == 1 else 'them'}"]
    if waiting:
        said.append(f"{waiting} in the queue will be started by {again}")
    screen.say("The server has ended. " + ("; ".join(said) + "." if running or waiting else "Nothing runs."))


def _counted(number: int, noun: str) -> str:
    return f"1 {noun} goes" if number == 1 else f"{number} {noun}s go"


def _others_read_output() -> bool:
    """Tell whether standard output is kept where others may read it: a file of nohup's, systemd's journal."""
    try:
        status = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    is_open_file = stat.S_ISREG(status.st_mode) and bool(status.st_mode & 0o044)
    return os.name == "posix" and (is_open_file or stat.S_ISSOCK(status.st_mode))
