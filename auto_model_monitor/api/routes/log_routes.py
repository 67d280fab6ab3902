"""The log of a task: as it grows, or whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Annotated, Any, Literal

from ...training import TaskStore
from ...training.log_files import LOG_FILES
from ...training.regular_files import open_regular
from ..documents import examples
from ..documents.openapi import describe_errors
from ..events import EventStream, StreamCursor
from ..web.framework import FastAPI, Header, Query, Response, StreamingResponse
from .services import Services
from .task_routes import PREFIX, TaskId

_OK = {
    "description": "Server-sent events: `id:` is the entry's number and `data:` the entry in one line of "
    "JSON. `event: gap` reports entries that are no longer kept, `event: end` the end of the task.",
    "content": {
        "text/event-stream": {"schema": {"type": "string"}, "example": examples.EVENTS},
        "text/plain": {"schema": {"type": "string"}},
    },
}
_CHUNK = 1 << 18  # bytes
_PAGE = 1000  # entries


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
        format: Annotated[
            Literal["text"] | None, Query(description="`text`: the whole log so far, as it was written.")
        ] = None,
    ) -> Response:
        """Stream the log: its history, then what comes, then the end."""
        task = self._store.get(task_id)
        if format == "text":
            name = {"content-disposition": f'inline; filename="log-{task.id}.txt"'}
            text = _whole(self._store, task_id)
            return StreamingResponse(text, headers=name, media_type="text/plain; charset=utf-8")
        cursor = StreamCursor.parse(last_event_id, after)
        if cursor.ended and task.state.is_final:
            return Response(status_code=204)  # the only response after which a browser does not reconnect
        return EventStream(self._broadcaster, self._store, task_id, cursor)


def _whole(store: TaskStore, task_id: str) -> Iterator[bytes]:
    """Yield the bytes of a task's log up to its present end; without its file, the stored lines."""
    with ExitStack() as opened:
        files: list[Any] = []
        for path in (store.folder(task_id) / name for name in LOG_FILES):
            try:
                file, size = open_regular(path)
            except OSError:  # there was no need for this part, or a training has deleted it
                continue
            files.append((opened.enter_context(file), size))
        for file, size in files:
            left = size
            while left > 0 and (data := file.read(min(left, _CHUNK))):
                left -= len(data)
                yield data
    if not files:
        yield from _stored_lines(store, task_id)


def _stored_lines(store: TaskStore, task_id: str) -> Iterator[bytes]:
    after = 0
    while entries := store.entries(task_id, after, _PAGE):
        after = entries[-1].seq
        yield b"".join(json.loads(entry.data)["message"].encode() + b"\n" for entry in entries)
