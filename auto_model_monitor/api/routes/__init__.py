"""What can be asked over HTTP."""

from __future__ import annotations

from ..office import Office
from ..web import APIRoute, FastAPI
from .history_routes import HistoryRoutes
from .log_routes import LogRoutes
from .operations import OperationRoutes
from .task_routes import TaskRoutes

__all__ = ["add_routes"]


def add_routes(app: FastAPI, office: Office) -> None:
    """Add all routes; those that are read answer HEAD as well."""
    for room in (TaskRoutes(office), LogRoutes(office), HistoryRoutes(office), OperationRoutes(office)):
        room.add_to(app)
    for route in list(app.routes):
        if isinstance(route, APIRoute) and "GET" in (route.methods or ()):
            app.add_api_route(
                route.path, route.endpoint, methods=["HEAD"], response_model=None, include_in_schema=False
            )
