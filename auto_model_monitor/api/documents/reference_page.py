"""The OpenAPI document, and a reference page rendered from it that loads nothing from other hosts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...text.cleaning import for_attribute
from ..web.framework import PREFIX, FastAPI, Request, Response, Route
from ..web.json_response import dumps, json_response
from .openapi import describe_problems

_STYLE = Path(__file__).with_name("reference_page.css")
_METHODS = ("get", "post", "delete")
_HEAD = """\
<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title>
<link rel="stylesheet" href="docs.css"></head><body><main>"""


def reference_routes(app: FastAPI) -> list[Route]:
    """Return the routes of ``/openapi.json``, ``/docs`` and its style sheet."""
    original = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            describe_problems(original())
        return original()

    app.openapi = described  # type: ignore[method-assign]

    def document(request: Request) -> Response:
        servers = [{"url": request.scope.get(PREFIX) or "/"}]
        return json_response({**app.openapi(), "servers": servers})

    def page(request: Request) -> Response:
        return Response("".join(_page(app.openapi())), media_type="text/html")

    def style(request: Request) -> Response:
        return Response(_STYLE.read_bytes(), media_type="text/css")

    return [Route("/openapi.json", document), Route("/docs", page), Route("/docs.css", style)]


def _page(document: Mapping[str, Any]) -> Iterator[str]:
    about = document["info"]
    yield _HEAD.format(title=for_attribute(about["title"]))
    yield f"<h1>{for_attribute(about['title'])} <small>{for_attribute(about['version'])}</small></h1>"
    yield from (f"<p>{_with_code(part)}</p>" for part in about["description"].split("\n\n"))
    yield '<p>Also as <a href="openapi.json">OpenAPI</a>; the <a href="./">page</a> uses nothing else.</p>'
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield from _operation(document, method, path, item[method])
    yield "</main></body></html>"


def _operation(
    document: Mapping[str, Any], method: str, path: str, found: Mapping[str, Any]
) -> Iterator[str]:
    yield f'<section id="{for_attribute(found["operationId"])}">'
    yield f"<h2><code>{method.upper()} {for_attribute(path)}</code></h2>"
    yield f"<p>{_with_code(found.get('description', ''))}</p>"
    if found.get("parameters"):
        yield "<table><tr><th>Parameter</th><th>Where</th><th>Expected</th><th></th></tr>"
        for parameter in found["parameters"]:
            yield _row(
                parameter["name"], parameter["in"], parameter["schema"], parameter.get("description", "")
            )
        yield "</table>"
    for content in found.get("requestBody", {}).get("content", {}).values():
        yield from _body(document, content["schema"])
    for status, response in found["responses"].items():
        yield from _response(document, status, response)
    yield "</section>"


def _body(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    model = _resolved(document, schema)
    yield "<table><tr><th>Field</th><th></th><th>Expected</th><th></th></tr>"
    for name, field in model["properties"].items():
        needed = "required" if name in model.get("required", ()) else "optional"
        yield _row(name, needed, field, field.get("description", ""))
    yield "</table>"
    yield _example(model)


def _response(document: Mapping[str, Any], status: str, response: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h3>{status}</h3><p>{_with_code(response['description'])}</p>"
    for media_type, content in response.get("content", {}).items():
        if int(status) >= 400:
            continue  # all errors are problem documents
        shown = content if "example" in content else _resolved(document, content.get("schema", {}))
        if "example" in shown:
            yield f"<p><code>{for_attribute(media_type)}</code></p>{_example(shown)}"


def _row(name: str, where: str, schema: Mapping[str, Any], meaning: str) -> str:
    cells = (
        f"<code>{for_attribute(name)}</code>",
        for_attribute(where),
        _constraints(schema),
        _with_code(meaning),
    )
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _constraints(schema: Mapping[str, Any]) -> str:
    kinds = [schema, *schema.get("anyOf", ())]
    names = [str(kind["type"]) for kind in kinds if kind.get("type") not in (None, "null")]
    bounds = {
        "minimum": "from {}",
        "exclusiveMinimum": "above {}",
        "maximum": "to {}",
        "maxLength": "at most {} long",
        "default": "default {}",
    }
    limits = [
        text.format(kind[bound] if isinstance(kind[bound], str) else f"{kind[bound]:.10g}")
        for kind in kinds
        for bound, text in bounds.items()
        if kind.get(bound) not in (None, "")
    ]
    return for_attribute(", ".join([" or ".join(names), *limits]).strip(", "))


def _example(shown: Mapping[str, Any]) -> str:
    if "example" not in shown:
        return ""
    example = shown["example"]
    text = example if isinstance(example, str) else json.dumps(json.loads(dumps(example)), indent=2)
    return f"<pre>{for_attribute(text)}</pre>"


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(schema.get("$ref", "")).rpartition("/")[2]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _with_code(text: str) -> str:
    """Return the text as HTML, with what stands between backticks as code."""
    parts = for_attribute(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
