"""JSON responses, and how OpenAPI describes the problem documents among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..web.framework import BaseModel, Response
from ..web.json_text import dumps
from ..web.problem_details import MEDIA_TYPE, HTTPProblem
from .schemas import ProblemDocument

_MEANINGS = {
    400: "A header or the body cannot be read.",
    401: "The token is missing or wrong.",
    403: "The host name, the origin or the client is not allowed.",
    404: "There is no such task.",
    405: "The address does not support this method.",
    409: "The task is in the wrong state for it.",
    413: "The body is too long.",
    415: "The body is not JSON, or its Content-Type is not.",
    422: "A value is wrong; `errors` names each.",
    503: "Temporarily unavailable; `Retry-After` says when to come back.",
}


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a JSON response; a number that is not finite becomes null."""
    return Response(dumps(content), status, headers, "application/json")


def problem_response(problem: HTTPProblem) -> Response:
    """Return a problem as a response."""
    return Response(problem.body(), problem.status, problem.headers, MEDIA_TYPE)


def describe_errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe these error statuses for OpenAPI, and those that every route may answer with."""
    schema = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
    return {
        status: {"description": _MEANINGS[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted({400, 401, 403, 422, *statuses})
    }


def describe_route(status: int, model: type[BaseModel], meaning: str, *errors: int) -> dict[str, Any]:
    """Describe a route that builds its response itself; the result goes to ``add_api_route``."""
    responses = {status: {"model": model, "description": meaning}, **describe_errors(*errors)}
    return {"status_code": status, "response_model": None, "responses": responses}
