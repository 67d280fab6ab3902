"""Exceptions of the routes as problem documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any

from ...core.errors import ConfigError
from ...training import QueueFullError, StoreError, TaskStateError, UnknownTaskError, UnknownTrainerError
from ..documents.schemas import StartRequest
from ..web.framework import FastAPI, HTTPException, Request, RequestValidationError, Response
from ..web.problem_details import HTTPProblem

_MAX_FAULTS = 20
_EXPECTED = {  # clearer than the pattern itself
    "device": "expected cpu, mps, cuda or cuda:N, such as cuda:0",
    "model": "expected a name without control characters that begins with neither a blank nor -",
    "trainer": "expected the name of a trainer; GET /api/v2/trainers lists them",
}


def add_error_handlers(app: FastAPI) -> None:
    """Answer every expected exception with its problem document."""
    problems: dict[type[Exception], Callable[[Any], HTTPProblem]] = {
        HTTPProblem: lambda error: error,
        HTTPException: _of_framework,
        RequestValidationError: _of_validation,
        ConfigError: _of_body,
        UnknownTaskError: lambda error: HTTPProblem(404, f"{error}; GET /api/v2/training lists the tasks"),
        TaskStateError: lambda error: HTTPProblem(409, str(error)),
        UnknownTrainerError: _of_trainer,
        QueueFullError: lambda error: HTTPProblem(503, str(error), headers={"retry-after": "30"}),
        StoreError: lambda error: HTTPProblem(503, str(error), headers={"retry-after": "5"}),
    }
    for kind, to_problem in problems.items():
        app.add_exception_handler(kind, _handler(to_problem))


def _handler(to_problem: Callable[[Any], HTTPProblem]) -> Callable[[Request, Exception], Response]:
    def respond(request: Request, error: Exception) -> Response:
        return to_problem(error).response()

    return respond


def _of_framework(error: HTTPException) -> HTTPProblem:
    if error.status_code == 404 and error.detail == "Not Found":
        return HTTPProblem(404, "there is nothing at this address; /docs lists the addresses")
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        return HTTPProblem(405, f"expected {allowed}", headers={"allow": allowed})
    status = error.status_code if error.status_code in set(HTTPStatus) else 500
    return HTTPProblem(status, str(error.detail), headers=error.headers)


def _of_validation(error: RequestValidationError) -> HTTPProblem:
    """Return 400 for a body that is not JSON, else 422; the values are not repeated."""
    found = error.errors()
    if any(fault["type"] == "json_invalid" for fault in found):
        return HTTPProblem(400, "the body: expected JSON, got something else")
    faults = [
        {"location": ".".join(map(str, fault["loc"]))[:200], "detail": _detail(fault)[:300]}
        for fault in found[:_MAX_FAULTS]
    ]
    listed = "; ".join(f"{fault['location']}: {fault['detail']}" for fault in faults[:3])
    return HTTPProblem(422, listed or "the request: expected other values", errors=faults)


def _detail(fault: Mapping[str, Any]) -> str:
    """Describe a fault: an unknown name with a similar known one, a pattern in words."""
    name = str(fault["loc"][-1]) if fault["loc"] else ""
    if fault["type"] == "string_pattern_mismatch":
        return _EXPECTED.get(name, str(fault["msg"]))
    if fault["type"] == "extra_forbidden":
        near = get_close_matches(name[:100], StartRequest.model_fields, n=1)
        return "expected a known field, got another" + "".join(f"; did you mean {one!r}?" for one in near)
    return str(fault["msg"]).removeprefix("Value error, ")


def _of_body(error: ConfigError) -> HTTPProblem:
    """Return the problem with a body: each line of the error begins with the name of a field."""
    faults = []
    for problem in error.problems:
        name, _, detail = problem.partition(": ")
        faults.append({"location": f"body.{name}", "detail": detail})
    return HTTPProblem(422, "; ".join(error.problems), errors=faults)


def _of_trainer(error: UnknownTrainerError) -> HTTPProblem:
    return HTTPProblem(422, str(error), errors=[{"location": "body.trainer", "detail": str(error)}])
