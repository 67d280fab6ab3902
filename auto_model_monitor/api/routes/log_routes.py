"""A task's log as it grows."""

from __future__ import annotations

from typing import Annotated

from .. import examples
from ..events import EventStream, Position
from ..office import Office
from ..responses import refusals
from ..web import FastAPI, Header, Query, Response
from .task_routes import PREFIX, TaskId

_OK = {
    "description": "Server-sent events: `id:` is the entry's number and `data:` the entry in one line of "
    "JSON. `event: gap` tells of entries that are no longer kept, `event: end` of the task's end.",
    "content": {"text/event-stream": {"schema": {"type": "string"}, "example": examples.EVENTS}},
}


class LogRoutes:
    """The route of the log streams."""

    def __init__(self, office: Office) -> None:
        """Take what it works with."""
        self._store = office.store
        self._fan_out = office.fan_out

    def add_to(self, app: FastAPI) -> None:
        """Add the route."""
        app.add_api_route(
            PREFIX + "/{task_id}/logs",
            self.logs,
            response_class=Response,
            responses={200: _OK, 204: {"description": "The client has it all."}, **refusals(404, 503)},
        )

    def logs(
        self,
        task_id: TaskId,
        after: Annotated[int | None, Query(ge=0, le=10**15, description="Begin behind this number.")] = None,
        last_event_id: Annotated[
            str | None, Header(max_length=100, description="What a browser sends when it comes back.")
        ] = None,
    ) -> Response:
        """Stream the log: what there is, then what comes, then the end."""
        task = self._store.get(task_id)
        position = Position.of(last_event_id, after)
        if position.ended and task.state.is_final:
            return Response(status_code=204)  # the only answer after which a browser stays away
        return EventStream(self._fan_out, self._store, task_id, position)
