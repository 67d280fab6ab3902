"""Servers in this process and in processes of their own, and trainings that tests control."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.api.live import TRAINER, Live, Puppet, end_all, request


@pytest.fixture
def puppet(tmp_path: Path) -> Iterator[Callable[[], Puppet]]:
    """Make trainings that print what the test passes them; they end with the test."""
    with ExitStack() as held:
        numbers = itertools.count(1)

        def make() -> Puppet:
            made = Puppet(tmp_path / "save" / str(next(numbers)))
            held.callback(made.let_go)
            return made

        yield make


@pytest.fixture
def make_app(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Make applications on the store ``tmp_path/store``, without a token unless the test sets one."""
    pytest.importorskip("fastapi")
    from auto_model_monitor.api import create_app
    from auto_model_monitor.training import TaskStore

    with ExitStack() as opened:

        def make(**options: Any) -> Any:
            store = options.pop("store", None)
            if store is None:
                store = opened.enter_context(closing(TaskStore(tmp_path / "store")))
            settings = {"token": None, "allow_paths": [tmp_path], "grace": 0.5, **options}
            app = create_app(store, settings.pop("trainers", [TRAINER]), **settings)
            app.state.store = store
            return app

        yield make


@pytest.fixture
def live(make_app: Callable[..., Any]) -> Iterator[Callable[..., Live]]:
    """Run servers on loopback: ``server = live(heartbeat=0.1)``."""
    pytest.importorskip("uvicorn")
    with ExitStack() as running:

        def start(**options: Any) -> Live:
            app = make_app(**options)
            server = Live(app)
            running.callback(server.stop)
            running.callback(
                end_all, app.state.store, lambda path: server.ask("POST", path, token=options.get("token"))
            )
            return server

        yield start


@pytest.fixture
def client(live: Callable[..., Live]) -> Iterator[Callable[..., Any]]:
    """Return a client of a server on loopback: ``http = client(token=…)``; it sends the token by default."""
    httpx = pytest.importorskip("httpx")
    with ExitStack() as running:

        def start(**options: Any) -> Any:
            server = live(**options)
            token = options.get("token")
            shown = {} if token is None else {"authorization": f"Bearer {token}"}
            http = httpx.Client(
                base_url=f"http://127.0.0.1:{server.port}", headers=shown, timeout=200, verify=False
            )
            return running.enter_context(http)

        yield start


@pytest.fixture
def body(tmp_path: Path) -> dict[str, Any]:
    """A request whose paths exist."""
    return request(tmp_path)
