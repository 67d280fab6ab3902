"""The OpenAPI document: how it describes routes, problem documents and the token."""

from __future__ import annotations

from typing import Any

from ..web.framework import BaseModel
from ..web.problem_details import MEDIA_TYPE
from .schemas import Details, Item, MetricItem, ProblemDocument, Started, StartRequest, Status

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


def describe_problems(document: dict[str, Any]) -> None:
    """Add the problem document and the token to an OpenAPI document.

    The examples are replaced, because the generator reorders their keys.
    """
    components = document.setdefault("components", {})
    schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas = components.setdefault("schemas", {})
    schemas.update({**schema.pop("$defs"), ProblemDocument.__name__: schema})
    for model in (StartRequest, Started, Status, Item, Details, MetricItem):
        extra = model.model_config["json_schema_extra"]
        if model.__name__ in schemas and isinstance(extra, dict):
            schemas[model.__name__]["example"] = extra["example"]
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    document["paths"]["/healthz"]["get"]["security"] = []
