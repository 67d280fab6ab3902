"""The application: the routes, the page and the reference, behind the security middleware."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from ..core.package_version import __version__
from ..log_parser import LogPattern
from ..training import Dispatcher, TaskStore, Trainer
from ..training.log_files import MAX_LOG
from ..training_alerts.training_monitor import TrainingMonitor
from .documents.reference_page import reference_routes
from .events import Broadcaster
from .page import page_routes
from .routes import Services, add_routes
from .routes.device_list import visible_devices
from .routes.error_handlers import add_error_handlers
from .security import DEFAULT_HOSTS, AccessToken, AllowedPaths, SecurityMiddleware, allowed_names
from .web.framework import FastAPI

_ABOUT = """\
Starts trainings, watches them and stops them. The numbers in a training's log become metrics.

Every request carries the server's token, as `Authorization: Bearer TOKEN` or as the cookie that the printed
URL sets. Errors are problem documents (RFC 9457)."""


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
    patterns: Sequence[LogPattern | str] = (),
    max_log: int = MAX_LOG,
    watch: Callable[[Dispatcher], TrainingMonitor] | None = None,
) -> FastAPI:
    """Return the application; while it runs, the tasks of the store run.

    Under a server of your own, limit how long that server waits for open responses when it stops, such as
    with uvicorn's ``timeout_graceful_shutdown``: log streams are open for as long as a training lasts.
    ``app.state.broadcaster.stop()`` ends them.

    Args:
        store: the tasks; the caller closes it.
        trainers: the trainers that a request may name; the first is the default.
        token: the secret of every request. With None, every program of this machine has access.
        allow_paths: the directories below which the paths of a request must lie.
        allowed_hosts: the names under which the server is reached.
        per_device: how many tasks may run on one device.
        most_pending: how many tasks may wait.
        most_streams: how many log streams may be open.
        heartbeat: seconds between two heartbeats on a silent stream.
        most_bytes: the longest body of a request, in bytes.
        grace: seconds between SIGTERM and SIGKILL for a training that is cancelled.
        patterns: further formats of log lines, for every trainer; :class:`Trainer` has its own.
        max_log: the largest size of one training's log on the disk, in bytes; its oldest part is dropped.
        watch: makes the monitor that sends messages about the trainings; None for no messages.

    Raises:
        ConfigError: an argument cannot work.
        MissingExtraError: FastAPI is not installed.
    """
    allowed_paths = AllowedPaths(allow_paths, closed=str(store.path))
    dispatcher = Dispatcher(
        store,
        trainers,
        per_device=per_device,
        most_pending=most_pending,
        grace=grace,
        patterns=patterns,
        max_log=max_log,
        check=allowed_paths.recheck,
    )
    services = Services(
        store=store,
        dispatcher=dispatcher,
        broadcaster=Broadcaster(most=most_streams, heartbeat=heartbeat),
        allowed_paths=allowed_paths,
        devices=visible_devices(os.environ),
        trainers=[trainer.name for trainer in trainers],
        per_device=per_device,
        most_pending=most_pending,
    )
    app = _app_of(services, None if watch is None else watch(dispatcher))
    app.add_middleware(
        SecurityMiddleware,
        token=None if token is None else AccessToken(token),
        hosts=allowed_names(allowed_hosts),
        most_bytes=most_bytes,
        store=store.path,
    )
    return app


def _app_of(services: Services, monitor: TrainingMonitor | None) -> FastAPI:
    """Return the application without the middleware."""
    app = FastAPI(
        title="auto_model_monitor",
        version=__version__,
        description=_ABOUT,
        lifespan=_lifespan(services, monitor),
        openapi_url=None,  # a route of its own names the server behind a proxy
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.broadcaster = app.state.fan_out = services.broadcaster  # fan_out: its name in version 0.4
    add_routes(app, services)
    app.router.routes.extend((*reference_routes(app), *page_routes()))
    add_error_handlers(app)
    return app


def _lifespan(
    services: Services, monitor: TrainingMonitor | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        services.broadcaster.start()
        end_listening = services.dispatcher.listen(services.broadcaster.publish)
        if monitor is not None:
            monitor.start()  # before the dispatcher, so that it misses nothing
        services.dispatcher.start()
        try:
            yield
        finally:
            services.broadcaster.stop()
            end_listening()
            services.dispatcher.stop()
            if monitor is not None:
                await asyncio.to_thread(monitor.stop)

    return lifespan
