"""Health, metrics of the server, and the choices that its page offers."""

from __future__ import annotations

from collections import Counter

from ...core.package_version import __version__
from ...training import TaskState
from ...training.store.disk_space import free_bytes
from ..documents.openapi import describe_errors, describe_route
from ..documents.schemas import Choices, Health, StartRequest
from ..web.framework import FastAPI, Response
from ..web.json_response import json_response
from ..web.problem_details import HTTPProblem
from .prometheus_text import CONTENT_TYPE, MetricFamily, prometheus_text
from .services import Services


class OperationRoutes:
    """The routes for operators, and for the page's form.

    Args:
        services: the parts of the server.
    """

    def __init__(self, services: Services) -> None:
        self._services = services

    def add_to(self, app: FastAPI) -> None:
        """Add the routes."""
        add = app.add_api_route
        add("/api/v2/trainers", self.trainers, **describe_route(200, Choices, "The choices."))
        add("/healthz", self.healthz, **describe_route(200, Health, "The server works.", 503))
        text = {"text/plain": {"schema": {"type": "string"}}}
        responses = {200: {"description": "For Prometheus.", "content": text}, **describe_errors(503)}
        add("/metrics", self.counts, response_class=Response, responses=responses)

    def trainers(self) -> Response:
        """Return the choices that this server offers."""
        services = self._services
        fields = StartRequest.model_json_schema()["properties"]
        limits = {name: field["maximum"] for name, field in fields.items() if "maximum" in field}
        return json_response(
            {
                "items": list(services.trainers),
                "devices": list(services.devices),
                "roots": list(services.allowed_paths.directories),
                "per_device": services.per_device,
                "limits": limits,
                "version": __version__,
            }
        )

    def healthz(self) -> Response:
        """Check that the server answers and that its store works; needs no token, reveals nothing else."""
        self._services.store.count(TaskState.RUNNING)
        trouble = self._services.store.trouble()
        if trouble:
            raise HTTPProblem(503, trouble, headers={"retry-after": "30"})
        return json_response({"status": "ok"})

    def counts(self) -> Response:
        """Count tasks, queues and streams, in the text format of Prometheus."""
        store, broadcaster = self._services.store, self._services.broadcaster
        by_state = [({"state": state.value}, store.count(state)) for state in TaskState]
        waiting, _ = store.tasks(states=[TaskState.PENDING], limit=self._services.most_pending)
        counted = sorted(Counter(task.device for task in waiting).items())
        queues = [({"device": device}, number) for device, number in counted]
        room = free_bytes(store.path)
        free: list[tuple[dict[str, str], int]] = [] if room is None else [({}, room)]
        families = [
            MetricFamily("tasks", "gauge", "Tasks by their state.", by_state),
            MetricFamily("queue_length", "gauge", "Pending tasks by their device.", queues),
            MetricFamily(
                "store_writable", "gauge", "1 if changes can be stored.", [({}, int(not store.trouble()))]
            ),
            MetricFamily("store_free_bytes", "gauge", "Free bytes of the store's disk.", free),
            MetricFamily("streams_open", "gauge", "Open log streams.", [({}, broadcaster.open)]),
            MetricFamily(
                "stream_events_sent_total", "counter", "Delivered log entries.", [({}, broadcaster.sent)]
            ),
            MetricFamily("build_info", "gauge", "The version.", [({"version": __version__}, 1)]),
        ]
        return Response(prometheus_text(families), media_type=CONTENT_TYPE)
