"""Every number that a task's log said."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Annotated, Literal

from ...text.cleaning import for_storage
from ...training import MetricRow, TaskStore
from .. import answers, examples
from ..json_text import milliseconds
from ..office import Office
from ..responses import answer, refusals
from ..schemas import MetricPage
from ..web import FastAPI, Header, Query, Response, StreamingResponse
from .task_routes import PREFIX, TaskId

_PAGE = 5000
_MOST = 10_000
_COLUMNS = ("seq", "timestamp", "epoch", "metric", "value")
_CSV = {"text/csv": {"schema": {"type": "string"}, "example": examples.CSV}}


class HistoryRoutes:
    """The route of the metric history."""

    def __init__(self, office: Office) -> None:
        """Take what it works with."""
        self._store = office.store

    def add_to(self, app: FastAPI) -> None:
        """Add the route."""
        app.add_api_route(
            PREFIX + "/{task_id}/metrics",
            self.metrics,
            response_model=None,
            responses={
                200: {"model": MetricPage, "content": _CSV, "description": "The numbers."},
                **refusals(404),
            },
        )

    def metrics(
        self,
        task_id: TaskId,
        metric: Annotated[
            str | None, Query(max_length=200, description="One of them; all by default.")
        ] = None,
        format: Annotated[Literal["json", "csv"] | None, Query(description="Wins over `Accept`.")] = None,
        after: Annotated[int, Query(ge=0, le=2**53, description="Begin behind this entry.")] = 0,
        limit: Annotated[
            int | None, Query(ge=1, le=_MOST, description="Numbers in JSON at most, 1000 by default.")
        ] = None,
        accept: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Return the history: a page in JSON, where NaN is null, or the whole of it as CSV."""
        task = self._store.get(task_id)
        if format == "csv" or (format is None and "text/csv" in (accept or "")):
            name = {"content-disposition": f'attachment; filename="metrics-{task.id}.csv"'}
            lines = _lines(self._store, task_id, metric, after)
            return StreamingResponse(lines, headers=name, media_type="text/csv; charset=utf-8")
        rows, further = page(self._store, task_id, metric, after, limit or 1000)
        items = [answers.metric(row) for row in rows]
        return answer({"task_id": task_id, "items": items, "next": further})


def page(
    store: TaskStore, task_id: str, metric: str | None, after: int, limit: int
) -> tuple[list[MetricRow], int | None]:
    """Return numbers of whole entries, about as many as asked for, and where the next page begins."""
    rows = store.metrics(task_id, metric=metric, after=after, limit=limit)
    if not rows:
        return rows, None
    # How many came says nothing: the store leaves out an entry that would have to be divided.
    last = rows[-1].seq
    return rows, last if store.metrics(task_id, metric=metric, after=last, limit=1) else None


def _lines(store: TaskStore, task_id: str, metric: str | None, after: int) -> Iterator[bytes]:
    """Yield the history as CSV; Python's own words for what is not finite: nan, inf and -inf."""
    yield _csv([_COLUMNS])
    further: int | None = after
    while further is not None:
        rows, further = page(store, task_id, metric, further, _PAGE)
        yield _csv([(row.seq, milliseconds(row.time), row.epoch, row.metric, row.value) for row in rows])


def _csv(rows: list[tuple[object, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return for_storage(text.getvalue()).encode()
