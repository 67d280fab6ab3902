"""What goes wrong behind the guard, as problem documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any

from ..core.errors import ConfigError
from ..training import QueueFullError, StoreError, TaskStateError, UnknownTaskError, UnknownTrainerError
from .problems import Problem
from .responses import problem_answer
from .schemas import StartRequest
from .web import FastAPI, HTTPException, Request, RequestValidationError, Response

_MOST_FAULTS = 20
_WANTED = {  # where a pattern would say it worse
    "device": "expected cpu, mps, cuda or cuda:N, such as cuda:0",
    "model": "expected a name without control characters that begins with neither a blank nor -",
    "trainer": "expected the name of a trainer; GET /api/v2/trainers lists them",
}


def add_failures(app: FastAPI) -> None:
    """Let every error that is expected be answered with its problem."""
    ways: dict[type[Exception], Callable[[Any], Problem]] = {
        Problem: lambda error: error,
        HTTPException: _of_framework,
        RequestValidationError: _of_validation,
        ConfigError: _of_body,
        UnknownTaskError: lambda error: Problem(404, f"{error}; GET /api/v2/training lists those there are"),
        TaskStateError: lambda error: Problem(409, str(error)),
        UnknownTrainerError: _of_trainer,
        QueueFullError: lambda error: Problem(503, str(error), headers={"retry-after": "30"}),
        StoreError: lambda error: Problem(503, str(error), headers={"retry-after": "5"}),
    }
    for kind, way in ways.items():
        app.add_exception_handler(kind, _handler(way))


def _handler(way: Callable[[Any], Problem]) -> Callable[[Request, Exception], Response]:
    def answered(request: Request, error: Exception) -> Response:
        return problem_answer(way(error))

    return answered


def _of_framework(error: HTTPException) -> Problem:
    if error.status_code == 404 and error.detail == "Not Found":
        return Problem(404, "there is nothing under this address; /docs lists what there is")
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        return Problem(405, f"expected {allowed}", headers={"allow": allowed})
    status = error.status_code if error.status_code in set(HTTPStatus) else 500
    return Problem(status, str(error.detail), headers=error.headers)


def _of_validation(error: RequestValidationError) -> Problem:
    """Return 400 for what is no JSON, 422 for what is wrong in it; values are not repeated."""
    found = error.errors()
    if any(fault["type"] == "json_invalid" for fault in found):
        return Problem(400, "the body: expected JSON, got something else")
    faults = [
        {"location": ".".join(map(str, fault["loc"]))[:200], "detail": _said(fault)[:300]}
        for fault in found[:_MOST_FAULTS]
    ]
    listed = "; ".join(f"{fault['location']}: {fault['detail']}" for fault in faults[:3])
    return Problem(422, listed or "the request: expected other values", errors=faults)


def _said(fault: Mapping[str, Any]) -> str:
    """Return a fault in words: a name that is not known with the one that is meant, a pattern in words."""
    name = str(fault["loc"][-1]) if fault["loc"] else ""
    if fault["type"] == "string_pattern_mismatch":
        return _WANTED.get(name, str(fault["msg"]))
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(name[:100], StartRequest.model_fields, n=1)
        return "expected a known field, got another" + "".join(f"; did you mean {one!r}?" for one in near)
    return str(fault["msg"])


def _of_body(error: ConfigError) -> Problem:
    """Return the problem that a body is: each line of the error begins with the field's name."""
    faults = []
    for problem in error.problems:
        name, _, detail = problem.partition(": ")
        faults.append({"location": f"body.{name}", "detail": detail})
    return Problem(422, "; ".join(error.problems), errors=faults)


def _of_trainer(error: UnknownTrainerError) -> Problem:
    return Problem(422, str(error), errors=[{"location": "body.trainer", "detail": str(error)}])
