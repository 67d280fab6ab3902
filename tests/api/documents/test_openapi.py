"""The OpenAPI document: complete, with examples, and correct."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from auto_model_monitor.api.documents import examples, schemas
from tests.api.live import TOKEN, request
from tests.campaigns import THOROUGH
from tests.waiting import until


@pytest.fixture
def document(make_app):
    """The document itself."""
    return make_app().openapi()


def operations(document):
    return [
        (path, method, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def test_every_address_of_the_specification_is_there(document):
    """The document lists all routes, each with a description and its responses."""
    found = {(method, path) for path, method, _ in operations(document)}
    one = "/api/v2/training/{task_id}"
    assert found == {
        ("post", "/api/v2/training/start"), ("get", "/api/v2/training"), ("get", one), ("delete", one),
        ("get", f"{one}/details"), ("get", f"{one}/logs"), ("get", f"{one}/metrics"),
        ("post", f"{one}/cancel"), ("get", "/api/v2/trainers"), ("get", "/healthz"), ("get", "/metrics"),
    }  # fmt: skip
    for _, _, operation in operations(document):
        assert operation["description"]
        assert {"401", "422"} <= set(operation["responses"])


def test_errors_are_documented_as_problems(document):
    """Every error is a problem document; the framework's own error format does not appear."""
    assert "HTTPValidationError" not in json.dumps(document)
    for path, _, operation in operations(document):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                assert list(answer["content"]) == ["application/problem+json"], path
    assert set(document["components"]["schemas"]["ProblemDocument"]["required"]) == {
        "type", "title", "status", "detail",
    }  # fmt: skip


def test_examples_are_true(document):
    """The examples are those of the specification and match their schemas."""
    for model in (schemas.Started, schemas.Status, schemas.Item, schemas.Details, schemas.MetricItem):
        model.model_validate(model.model_json_schema()["example"])
    schemas.StartRequest.model_validate(examples.START)
    start = document["components"]["schemas"]["StartRequest"]
    assert list(start["example"].items()) == list(examples.START.items())
    assert start["additionalProperties"] is False


def test_answers_fit_their_schemas(live, tmp_path):
    """The responses have exactly the documented keys."""
    server = live()
    task_id = server.start(None, tmp_path)
    path = f"/api/v2/training/{task_id}"
    until(lambda: server.ask("GET", path)["status"] == "completed")
    schemas.Started.model_validate(server.ask("POST", "/api/v2/training/start", request(tmp_path)))
    schemas.Status.model_validate(server.ask("GET", path))
    schemas.Details.model_validate(server.ask("GET", f"{path}/details"))
    schemas.TaskPage.model_validate(server.ask("GET", "/api/v2/training"))
    schemas.MetricPage.model_validate(server.ask("GET", f"{path}/metrics"))
    schemas.Choices.model_validate(server.ask("GET", "/api/v2/trainers"))
    schemas.Health.model_validate(server.ask("GET", "/healthz"))
    schemas.ProblemDocument.model_validate(server.ask("GET", "/nowhere"))
    schemas.ProblemDocument.model_validate(server.ask("POST", "/api/v2/training/start", {}))


@pytest.mark.campaign
def test_no_request_makes_a_5xx(make_app, live):
    """No request, valid or invalid, is answered with a 5xx."""
    schemathesis = pytest.importorskip("schemathesis")
    import hypothesis

    server = live(token=TOKEN, most_pending=10_000)
    schema = schemathesis.openapi.from_dict(server.app.openapi())
    schema.config.update(base_url=f"http://127.0.0.1:{server.port}")
    bounds = hypothesis.settings(
        max_examples=50 if THOROUGH else 5,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    met = set()

    def ask(case):
        if case.path.endswith("/logs") and case.method == "GET":
            case.method = "HEAD"  # a stream would not end
        answer = case.call(headers={"authorization": f"Bearer {TOKEN}"}, timeout=200)
        met.add(answer.status_code)
        assert answer.status_code < 500, (case.method, case.path, answer.text)

    for result in schema.get_all_operations():
        operation = result.ok()
        strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
        strategy |= operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)
        bounds(hypothesis.given(case=strategy)(ask))()
    assert {200, 404, 422} <= met
