"""The application: the routes, the page and the documentation, behind one guard."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial

from ..training import Dispatcher, TaskStore, Trainer
from ..training_alerts.training_monitor import TrainingMonitor
from .device_list import devices
from .documentation import documentation_routes
from .events import FanOut
from .exposition import version
from .failures import add_failures
from .office import Office
from .page import page_routes
from .roots import Roots
from .routes import add_routes
from .second_look import check_again
from .security import DEFAULT_HOSTS, AllowedHosts, Guard
from .web import FastAPI

_ABOUT = """\
Starts trainings, watches them and stops them. What a training's log says becomes metrics.

Every request carries the server's token, as `Authorization: Bearer TOKEN` or as the cookie that the printed
URL leaves. Errors are problem documents (RFC 9457)."""


def create_app(
    store: TaskStore,
    trainers: Sequence[Trainer],
    *,
    token: str | None,
    allow_paths: Sequence[str | os.PathLike[str]] = (".",),
    allowed_hosts: Sequence[str] = DEFAULT_HOSTS,
    per_device: int = 1,
    most_pending: int = 1000,
    most_streams: int = 2000,
    heartbeat: float = 15.0,
    most_bytes: int = 64 * 1024,
    grace: float = 10.0,
    watch: Callable[[Dispatcher], TrainingMonitor] | None = None,
) -> FastAPI:
    """Return the application; while it runs, the tasks of the store are run.

    Under a server of your own give that one a bound for its end, such as uvicorn's
    ``timeout_graceful_shutdown``: log streams are open for as long as a training lasts;
    ``app.state.fan_out.stop()`` ends them.

    Args:
        store: where the tasks are; it stays yours to close.
        trainers: what a request may name; the first is what one gets that names none.
        token: what every request has to show. None opens the door to every program of this machine.
        allow_paths: the directories below which the paths of a request have to be.
        allowed_hosts: the names under which the server is reached.
        per_device: how many tasks may run on one device.
        most_pending: how many may wait.
        most_streams: how many log streams may be open.
        heartbeat: seconds between two signs of life on a silent stream.
        most_bytes: of a request's body.
        grace: seconds between SIGTERM and SIGKILL for a training that is cancelled.
        watch: makes what tells people of the trainings; None for nobody.

    Raises:
        ConfigError: an argument cannot work.
        MissingExtraError: FastAPI is not installed.
    """
    roots = Roots(allow_paths, closed=str(store.path))
    dispatcher = Dispatcher(
        store,
        trainers,
        per_device=per_device,
        most_pending=most_pending,
        grace=grace,
        check=partial(check_again, roots),
    )
    office = Office(
        store=store,
        dispatcher=dispatcher,
        fan_out=FanOut(most=most_streams, heartbeat=heartbeat),
        roots=roots,
        devices=devices(os.environ),
        trainers=[trainer.name for trainer in trainers],
        per_device=per_device,
        most_pending=most_pending,
    )
    app = FastAPI(
        title="auto_model_monitor",
        version=version(),
        description=_ABOUT,
        lifespan=_lifespan(office, None if watch is None else watch(dispatcher)),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.fan_out = office.fan_out
    add_routes(app, office)
    for route in (*documentation_routes(app), *page_routes()):
        app.router.routes.append(route)
    add_failures(app)
    app.add_middleware(Guard, token=token, hosts=AllowedHosts(allowed_hosts), most_bytes=most_bytes)
    return app


def _lifespan(
    office: Office, monitor: TrainingMonitor | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        office.fan_out.start()
        end_listening = office.dispatcher.listen(office.fan_out.hear)
        if monitor is not None:
            monitor.start()  # before the dispatcher, so that it hears of everything
        office.dispatcher.start()
        try:
            yield
        finally:
            office.fan_out.stop()
            end_listening()
            office.dispatcher.stop()
            if monitor is not None:
                await asyncio.to_thread(monitor.stop)

    return lifespan
