"""The log of a task, as it grows."""

from __future__ import annotations

from typing import Annotated

from ..documents import examples
from ..documents.openapi import describe_errors
from ..events import EventStream, StreamCursor
from ..web.framework import FastAPI, Header, Query, Response
from .services import Services
from .task_routes import PREFIX, TaskId

_OK = {
    "description": "Server-sent events: `id:` is the entry's number and `data:` the entry in one line of "
    "JSON. `event: gap` reports entries that are no longer kept, `event: end` the end of the task.",
    "content": {"text/event-stream": {"schema": {"type": "string"}, "example": examples.EVENTS}},
}


class LogRoutes:
    """The route of the log streams.

    Args:
        services: the parts of the server.
    """

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._broadcaster = services.broadcaster

    def add_to(self, app: FastAPI) -> None:
        """Add the route."""
        app.add_api_route(
            PREFIX + "/{task_id}/logs",
            self.logs,
            response_class=Response,
            responses={
                200: _OK,
                204: {"description": "The client has everything."},
                **describe_errors(404, 503),
            },
        )

    def logs(
        self,
        task_id: TaskId,
        after: Annotated[int | None, Query(ge=0, le=10**15, description="Start after this number.")] = None,
        last_event_id: Annotated[
            str | None, Header(max_length=100, description="A browser sends it when it reconnects.")
        ] = None,
    ) -> Response:
        """Stream the log: its history, then what comes, then the end."""
        task = self._store.get(task_id)
        cursor = StreamCursor.parse(last_event_id, after)
        if cursor.ended and task.state.is_final:
            return Response(status_code=204)  # the only response after which a browser does not reconnect
        return EventStream(self._broadcaster, self._store, task_id, cursor)
