"""Answers in JSON, and how the documentation speaks of those that are problems."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .json_text import dumps
from .problems import MEDIA_TYPE, Problem
from .schemas import ProblemDocument
from .web import BaseModel, Response

_SAID = {
    400: "A header or the body cannot be read.",
    401: "No token, or another one.",
    403: "A name, a page or a machine that may not ask.",
    404: "There is no such task.",
    405: "Another method is meant.",
    409: "The task is in the wrong state for it.",
    413: "The body is too long.",
    415: "The body is no JSON, or does not say so.",
    422: "A value is wrong; `errors` names each.",
    503: "At the moment it cannot be done; `Retry-After` says when to come back.",
}


def answer(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer in JSON; what is not finite is null."""
    return Response(dumps(content), status, headers, "application/json")


def problem_answer(problem: Problem) -> Response:
    """Return a problem as an answer."""
    return Response(problem.body(), problem.status, problem.headers, MEDIA_TYPE)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what the documentation says of these statuses, and of those that anything may get."""
    schema = {"$ref": f"#/components/schemas/{ProblemDocument.__name__}"}
    return {
        status: {"description": _SAID[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted({400, 401, 403, 422, *statuses})
    }


def documented(status: int, model: type[BaseModel], meaning: str, *others: int) -> dict[str, Any]:
    """Return how a route is documented whose answers are made here, not by the framework."""
    answers = {status: {"model": model, "description": meaning}, **refusals(*others)}
    return {"status_code": status, "response_model": None, "responses": answers}
