"""The routes of the HTTP API."""

from __future__ import annotations

from ..web.framework import APIRoute, FastAPI
from .history_routes import HistoryRoutes
from .log_routes import LogRoutes
from .operation_routes import OperationRoutes
from .services import Services
from .task_routes import TaskRoutes

__all__ = ["Services", "add_routes"]


def add_routes(app: FastAPI, services: Services) -> None:
    """Add all routes; those that answer GET answer HEAD as well."""
    for group in (
        TaskRoutes(services),
        LogRoutes(services),
        HistoryRoutes(services),
        OperationRoutes(services),
    ):
        group.add_to(app)
    for route in list(app.routes):
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            app.add_api_route(
                route.path, route.endpoint, methods=["HEAD"], response_model=None, include_in_schema=False
            )
