"""The metric history of a task."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Annotated, Literal

from ...text.cleaning import for_storage
from ...training import MetricRow, TaskStore
from ..documents import examples, serializers
from ..documents.openapi import describe_errors
from ..documents.schemas import MetricPage
from ..web.framework import FastAPI, Header, Query, Response, StreamingResponse
from ..web.json_response import json_response, utc_text
from .services import Services
from .task_routes import PREFIX, TaskId

_CSV_PAGE = 5000  # values that are read from the store at a time
_MAX_LIMIT = 10_000
_COLUMNS = ("seq", "timestamp", "epoch", "metric", "value")
_CSV = {"text/csv": {"schema": {"type": "string"}, "example": examples.CSV}}


class HistoryRoutes:
    """The route of the metric history.

    Args:
        services: the parts of the server.
    """

    def __init__(self, services: Services) -> None:
        self._store = services.store

    def add_to(self, app: FastAPI) -> None:
        """Add the route."""
        app.add_api_route(
            PREFIX + "/{task_id}/metrics",
            self.metrics,
            response_model=None,
            responses={
                200: {"model": MetricPage, "content": _CSV, "description": "The values."},
                **describe_errors(404),
            },
        )

    def metrics(
        self,
        task_id: TaskId,
        metric: Annotated[
            str | None, Query(max_length=200, description="The name of one metric; all by default.")
        ] = None,
        format: Annotated[Literal["json", "csv"] | None, Query(description="Wins over `Accept`.")] = None,
        after: Annotated[int, Query(ge=0, le=2**53, description="Start after this entry.")] = 0,
        limit: Annotated[
            int | None, Query(ge=1, le=_MAX_LIMIT, description="The most values in JSON, 1000 by default.")
        ] = None,
        accept: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Return the history: a page as JSON, where NaN is null, or everything as CSV."""
        task = self._store.get(task_id)
        if format == "csv" or (format is None and "text/csv" in (accept or "")):
            name = {"content-disposition": f'attachment; filename="metrics-{task.id}.csv"'}
            lines = _lines(self._store, task_id, metric, after)
            return StreamingResponse(lines, headers=name, media_type="text/csv; charset=utf-8")
        rows, further = page(self._store, task_id, metric, after, limit or 1000)
        items = [serializers.metric(row) for row in rows]
        return json_response({"task_id": task_id, "items": items, "next": further})


def page(
    store: TaskStore, task_id: str, metric: str | None, after: int, limit: int
) -> tuple[list[MetricRow], int | None]:
    """Return the values of whole entries, about ``limit`` of them, and the ``after`` of the next page."""
    rows = store.metrics(task_id, metric=metric, after=after, limit=limit)
    if not rows:
        return rows, None
    # A short page need not be the last: the store does not split an entry.
    last = rows[-1].seq
    return rows, last if store.metrics(task_id, metric=metric, after=last, limit=1) else None


def _lines(store: TaskStore, task_id: str, metric: str | None, after: int) -> Iterator[bytes]:
    """Yield the history as CSV; what is not finite is written nan, inf and -inf."""
    yield _csv([_COLUMNS])
    further: int | None = after
    while further is not None:
        rows, further = page(store, task_id, metric, further, _CSV_PAGE)
        yield _csv([_cells(row) for row in rows])


def _cells(row: MetricRow) -> tuple[object, ...]:
    return row.seq, utc_text(row.time, "milliseconds"), row.epoch, row.metric, row.value


def _csv(rows: list[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return for_storage(text.getvalue()).encode()
