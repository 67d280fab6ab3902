"""Starting, finding, cancelling and deleting tasks."""

from __future__ import annotations

from typing import Annotated

from ...core.errors import ConfigError
from ...training import TaskState, TrainingRequest
from .. import answers
from ..office import Office
from ..responses import answer, documented, refusals
from ..schemas import Details, Started, StartRequest, Status, TaskPage
from ..web import FastAPI, Path, Query, Response

PREFIX = "/api/v2/training"
TaskId = Annotated[str, Path(max_length=64, description="The id that the start was answered with.")]


class TaskRoutes:
    """The routes of the tasks themselves."""

    def __init__(self, office: Office) -> None:
        """Take what they work with."""
        self._store = office.store
        self._dispatcher = office.dispatcher
        self._roots = office.roots

    def add_to(self, app: FastAPI) -> None:
        """Add the routes."""
        add = app.add_api_route
        one = PREFIX + "/{task_id}"
        made = documented(201, Started, "It waits for its turn.", 413, 415, 503)
        add(f"{PREFIX}/start", self.start, methods=["POST"], **made)
        add(PREFIX, self.find, **documented(200, TaskPage, "Some of them."))
        add(one, self.status, **documented(200, Status, "Its state.", 404))
        add(f"{one}/details", self.details, **documented(200, Details, "All of it.", 404))
        told = documented(202, Status, "It has been told, and is about to end.", 404, 409, 413, 415, 503)
        add(f"{one}/cancel", self.cancel, methods=["POST"], **told)
        gone = {204: {"description": "It is gone."}, **refusals(404, 409, 503)}
        add(one, self.delete, methods=["DELETE"], status_code=204, response_class=Response, responses=gone)

    def start(self, body: StartRequest) -> Response:
        """Put a training into the queue of its device."""
        task = self._dispatcher.submit(self._request(body))
        return answer(answers.started(task), 201, {"location": f"{PREFIX}/{task.id}"})

    def find(
        self,
        status: Annotated[list[TaskState] | None, Query(description="May be repeated.")] = None,
        device: Annotated[str | None, Query(max_length=32)] = None,
        model: Annotated[str | None, Query(max_length=200)] = None,
        trainer: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        offset: Annotated[int, Query(ge=0, le=2**53)] = 0,
    ) -> Response:
        """List the tasks that fit, the newest first."""
        tasks, total = self._store.tasks(
            states=status or (), device=device, model=model, trainer=trainer, limit=limit, offset=offset
        )
        items = [answers.item(task) for task in tasks]
        return answer({"items": items, "total": total, "limit": limit, "offset": offset})

    def status(self, task_id: TaskId) -> Response:
        """Tell how far a task is, with the last value of each metric."""
        return answer(answers.status(self._store.get(task_id)))

    def details(self, task_id: TaskId) -> Response:
        """Tell all that is known of a task."""
        task = self._store.get(task_id)
        return answer(answers.details(task, self._store.transitions(task_id), self._store.extremes(task_id)))

    def cancel(self, task_id: TaskId) -> Response:
        """End a task: one that waits at once, one that runs by SIGTERM and, after a grace, SIGKILL."""
        return answer(answers.status(self._dispatcher.cancel(task_id)), 202)

    def delete(self, task_id: TaskId) -> Response:
        """Forget a task that has ended, with its log and its metrics."""
        self._dispatcher.delete(task_id)
        return Response(status_code=204)

    def _request(self, body: StartRequest) -> TrainingRequest:
        values = body.model_dump()
        problems: list[str] = []
        roots = self._roots
        ways = {
            "train_path": roots.directory,
            "val_path": roots.directory,
            "save_path": roots.target,
            "weights_path": roots.file,
        }
        for name, resolve in ways.items():
            if values[name] is not None:
                try:
                    values[name] = resolve(name, values[name])
                except ConfigError as error:
                    problems += error.problems
        if problems:
            raise ConfigError(problems)
        return TrainingRequest(**values)
