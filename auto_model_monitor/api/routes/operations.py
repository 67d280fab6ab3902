"""Whether the server lives, what it counts, and what can be asked of it."""

from __future__ import annotations

from collections import Counter

from ...training import TaskState
from ..exposition import EXPOSITION, Sample, exposition, version
from ..office import Office
from ..responses import answer, documented, refusals
from ..schemas import Choices, Health, StartRequest
from ..web import FastAPI, Response


class OperationRoutes:
    """The routes for those who run the server, and for the page's form."""

    def __init__(self, office: Office) -> None:
        """Take what they work with."""
        self._office = office

    def add_to(self, app: FastAPI) -> None:
        """Add the routes."""
        add = app.add_api_route
        add("/api/v2/trainers", self.trainers, **documented(200, Choices, "What there is."))
        add("/healthz", self.healthz, **documented(200, Health, "It lives.", 503))
        text = {"text/plain": {"schema": {"type": "string"}}}
        counted = {200: {"description": "For Prometheus.", "content": text}, **refusals(503)}
        add("/metrics", self.counts, response_class=Response, responses=counted)

    def trainers(self) -> Response:
        """Tell what can be asked of this server."""
        office = self._office
        fields = StartRequest.model_json_schema()["properties"]
        limits = {name: field["maximum"] for name, field in fields.items() if "maximum" in field}
        return answer(
            {
                "items": list(office.trainers),
                "devices": list(office.devices),
                "roots": list(office.roots.directories),
                "per_device": office.per_device,
                "limits": limits,
                "version": version(),
            }
        )

    def healthz(self) -> Response:
        """Tell that the server answers and its store can be read; needs no token, and says no more."""
        self._office.store.count(TaskState.RUNNING)
        return answer({"status": "ok"})

    def counts(self) -> Response:
        """Count tasks, queues and streams, in the text format of Prometheus."""
        return Response(exposition(self._samples()), media_type=EXPOSITION)

    def _samples(self) -> list[Sample]:
        store, fan_out = self._office.store, self._office.fan_out
        by_state = [({"state": state.value}, store.count(state)) for state in TaskState]
        waiting, _ = store.tasks(states=[TaskState.PENDING], limit=self._office.most_pending)
        counted = sorted(Counter(task.device for task in waiting).items())
        queues = [({"device": device}, number) for device, number in counted]
        return [
            Sample("tasks", "gauge", "Tasks by their state.", by_state),
            Sample(
                "queue_length",
                "gauge",
                "Tasks that wait, by the device they wait for.",
                queues,
            ),
            Sample("streams_open", "gauge", "Log streams that are open.", [({}, fan_out.open)]),
            Sample("stream_events_sent_total", "counter", "Log entries delivered.", [({}, fan_out.sent)]),
            Sample("build_info", "gauge", "What runs here.", [({"version": version()}, 1)]),
        ]
