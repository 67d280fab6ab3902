"""Start, find, cancel and delete tasks."""

from __future__ import annotations

from typing import Annotated

from ...core.errors import ConfigError
from ...training import TaskState, TrainingRequest
from ...training.devices import device_name
from ..documents import serializers
from ..documents.openapi import describe_errors, describe_route
from ..documents.schemas import Details, Started, StartRequest, Status, TaskPage
from ..web.framework import FastAPI, Path, Query, Response
from ..web.json_response import json_response
from .services import Services

PREFIX = "/api/v2/training"
TaskId = Annotated[str, Path(max_length=64, description="The id in the response to the start.")]


class TaskRoutes:
    """The routes of the tasks themselves.

    Args:
        services: the parts of the server.
    """

    def __init__(self, services: Services) -> None:
        self._store = services.store
        self._dispatcher = services.dispatcher
        self._allowed_paths = services.allowed_paths

    def add_to(self, app: FastAPI) -> None:
        """Add the routes."""
        add = app.add_api_route
        one = PREFIX + "/{task_id}"
        created = describe_route(201, Started, "The task is in the queue.", 413, 415, 503)
        add(f"{PREFIX}/start", self.start, methods=["POST"], **created)
        add(PREFIX, self.find, **describe_route(200, TaskPage, "A page of the tasks."))
        add(one, self.status, **describe_route(200, Status, "The state of the task.", 404))
        add(f"{one}/details", self.details, **describe_route(200, Details, "Everything about the task.", 404))
        accepted = describe_route(202, Status, "The task is going to end.", 404, 409, 413, 415, 503)
        add(f"{one}/cancel", self.cancel, methods=["POST"], **accepted)
        deleted = {204: {"description": "The task is deleted."}, **describe_errors(404, 409, 503)}
        add(one, self.delete, methods=["DELETE"], status_code=204, response_class=Response, responses=deleted)

    def start(self, body: StartRequest) -> Response:
        """Add a training to the queue of its device."""
        task = self._dispatcher.submit(self._request(body))
        return json_response(serializers.started(task), 201, {"location": f"{PREFIX}/{task.id}"})

    def find(
        self,
        status: Annotated[list[TaskState] | None, Query(description="May be repeated.")] = None,
        device: Annotated[str | None, Query(max_length=32)] = None,
        model: Annotated[str | None, Query(max_length=200)] = None,
        trainer: Annotated[str | None, Query(max_length=64)] = None,
        search: Annotated[
            str, Query(max_length=200, description="A part of the model, the id, the device or the trainer.")
        ] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    ) -> Response:
        """List the tasks that match, the newest first."""
        tasks, total = self._store.tasks(
            states=status or (),
            device=device,
            model=model,
            trainer=trainer,
            search=search.strip(),
            limit=limit,
            offset=offset,
        )
        items = [serializers.item(task) for task in tasks]
        return json_response({"items": items, "total": total, "limit": limit, "offset": offset})

    def status(self, task_id: TaskId) -> Response:
        """Return the progress of a task, with the last value of each metric."""
        return json_response(serializers.status(self._store.get(task_id)))

    def details(self, task_id: TaskId) -> Response:
        """Return everything about a task."""
        task = self._store.get(task_id)
        transitions, extremes = self._store.transitions(task_id), self._store.extremes(task_id)
        return json_response(serializers.details(task, transitions, extremes))

    def cancel(self, task_id: TaskId) -> Response:
        """End a task: a pending one immediately, a running one by SIGTERM and, after a while, SIGKILL."""
        return json_response(serializers.status(self._dispatcher.cancel(task_id)), 202)

    def delete(self, task_id: TaskId) -> Response:
        """Delete a task that has ended, with its log and its metrics."""
        self._dispatcher.delete(task_id)
        return Response(status_code=204)

    def _request(self, body: StartRequest) -> TrainingRequest:
        values = body.model_dump()
        problems: list[str] = []
        paths = self._allowed_paths
        checks = {
            "train_path": paths.directory,
            "val_path": paths.directory,
            "save_path": paths.target,
            "weights_path": paths.file,
        }
        for name, resolve in checks.items():
            if values[name] is not None:
                try:
                    values[name] = resolve(name, values[name])
                except ConfigError as error:
                    problems += error.problems
        if problems:
            raise ConfigError(problems)
        values["device"] = device_name(values["device"])
        return TrainingRequest.trusted(values)  # the schema has validated the rest
