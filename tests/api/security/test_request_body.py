"""Request bodies: what is accepted, and how the rest is refused."""

from __future__ import annotations

import asyncio
import json
import socket

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from auto_model_monitor.api.documents.schemas import StartRequest
from auto_model_monitor.api.security.request_body import read_body
from auto_model_monitor.api.web.problem_details import HTTPProblem
from auto_model_monitor.training import TrainingRequest

START = "/api/v2/training/start"
JSON = {"content-type": "application/json"}


def fault_of(answer):
    """Return the locations of the faults of a refused body."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"], problem["title"]) == (422, 422, problem["title"])
    return [fault["location"] for fault in problem["errors"]]


@pytest.fixture
def post(client, body):
    """Post the body with some values changed: ``post(num_classes=0)``."""
    http = client()

    def send(**changed):
        return http.post(START, json={name: v for name, v in {**body, **changed}.items() if v != "left out"})

    return send


REFUSED = {
    "model": ["", "-x", "a\nb", "x" * 201, 5, None, "left out"],
    "num_classes": [0, -1, 1_000_001, 3.5, "37", True, None, "left out"],
    "batch_size": [0, 1_000_001, "8", None],
    "num_epochs": [0, 1_000_001, 2.5],
    "learning_rate": [0, -0.1, 1001, "0.1", True, None],
    "device": ["gpu", "cuda:", "cuda:-1", "cuda:99999", "cuda:0 ", "", 0],
    "priority": [-1, 11, 5.5, "5"],
    "trainer": ["-x", "a b", "x" * 65, "../x", None],
    "train_path": ["", "x" * 5000, None, "left out", 7],
    "save_path": ["left out", ""],
    "weights_path": ["", 7],
}


def test_every_limit_is_enforced(post):
    """A value of a wrong type or out of range is refused, and the error names its field alone."""
    for name, values in REFUSED.items():
        for value in values:
            assert fault_of(post(**{name: value})) == [f"body.{name}"], (name, value)


NAMES = st.text(st.sampled_from("aZ0-._ \t\x7f\u4e2d\U0001f600/"), max_size=210) | st.text(max_size=3)
NUMBERS = st.integers(-1, 11) | st.sampled_from([999_999, 1_000_000, 1_000_001, 2**40])


@given(
    model=NAMES | st.sampled_from(["中" * 66, "中" * 67, "x" * 200]),
    trainer=NAMES,
    device=st.sampled_from(["cpu", "mps", "cuda", "cuda:0", "cuda:9999", "cuda:10000", "cuda:01", "cpu:1"]),
    learning_rate=st.floats() | st.integers(-1, 1001),
    num_classes=NUMBERS,
    batch_size=NUMBERS,
    num_epochs=NUMBERS,
    priority=NUMBERS,
)
def test_what_the_schema_accepts_is_a_valid_request(**values):
    """A body that the schema accepts is valid for Python callers, too, so one validation is enough."""
    paths = dict.fromkeys(("train_path", "val_path", "save_path"), "/data")
    try:
        body = StartRequest.model_validate({**values, **paths})
    except ValidationError:
        return
    checked = TrainingRequest(**body.model_dump())
    assert checked == TrainingRequest.trusted({**body.model_dump(), "device": checked.device})
    assert isinstance(body.learning_rate, float)


def test_a_name_is_limited_in_bytes(post):
    """A model's name has at most 200 bytes, which are 66 Chinese characters."""
    assert post(model="中" * 66).status_code == 201
    answer = post(model="中" * 67)
    assert fault_of(answer) == ["body.model"]
    assert answer.json()["errors"][0]["detail"] == "expected at most 200 bytes, got 201"


def test_an_unknown_field_is_refused(post):
    """An unknown field is an error."""
    assert fault_of(post(num_epoch=3)) == ["body.num_epoch"]
    assert fault_of(post(command="rm -rf /")) == ["body.command"]


def test_errors_say_what_is_expected(post):
    """Errors suggest a similar name, describe a pattern in words, and name the base of a relative path."""
    assert "did you mean 'num_epochs'?" in post(num_epoch=3).json()["detail"]
    assert "expected cpu, mps, cuda or cuda:N" in post(device="gpu").json()["detail"]
    assert "expected a name without control characters" in post(model="-x").json()["detail"]
    assert "which is none below /" in post(train_path="no/such").json()["detail"]


def test_all_faults_are_listed(post):
    """One response lists all faults of a body."""
    assert sorted(fault_of(post(num_classes=0, priority=99))) == ["body.num_classes", "body.priority"]
    both = fault_of(post(train_path="/etc", val_path="/etc"))
    assert both == ["body.train_path", "body.val_path"]


def test_values_are_not_repeated(post):
    """Errors do not repeat the values of the request."""
    assert "secret-canary" not in post(device="secret-canary").text
    assert "secret-canary" not in post(train_path="/secret-canary").text


def test_a_body_that_is_not_json_is_a_bad_request(client):
    """A body that is not JSON, or has huge numbers or nesting, gets 400 or 422, never a 500."""
    http = client()
    long = '{"a": 1' + "0" * 5000 + "}"
    half = "\ud800".encode("utf-8", "surrogatepass")
    for text in ("", "{", "[1,", "nothing", "\x00", "[" * 30_000, long, half):
        answer = http.post(START, content=text, headers=JSON)
        assert answer.status_code in (400, 422), text
        assert answer.headers["content-type"] == "application/problem+json"


def test_json_that_is_not_an_object_is_refused(client):
    """A JSON body that is not an object gets 422."""
    http = client()
    for text in ("[]", "null", "5", '"x"', "true"):
        assert fault_of(http.post(START, content=text, headers=JSON)) == ["body"]


def test_nan_and_infinity_are_refused(client, body):
    """NaN and infinity, which Python's JSON parser accepts, are errors of their field."""
    http = client()
    for number in ("NaN", "Infinity", "1e999"):
        text = json.dumps({**body, "learning_rate": 1}).replace(
            '"learning_rate": 1', f'"learning_rate": {number}'
        )
        assert fault_of(http.post(START, content=text, headers=JSON)) == ["body.learning_rate"]


def test_a_lone_surrogate_is_refused(client, body):
    """A lone surrogate, which no file name can contain, is an error of its field, not a 500."""
    http = client()
    for name in ("model", "train_path", "save_path"):
        text = json.dumps({**body, name: "x\ud800"})
        assert fault_of(http.post(START, content=text, headers=JSON)) == [f"body.{name}"]


def test_what_a_form_can_send_is_refused(client, body):
    """A body that is not declared as JSON, as an HTML form sends it, gets 415 for every method."""
    http = client()
    form = "application/x-www-form-urlencoded"
    for kind in ("text/plain", form, "multipart/form-data; boundary=x", "text/json", ""):
        headers = {"content-type": kind} if kind else {}
        answer = http.post(START, content=json.dumps(body), headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (415, "application/problem+json")
        if kind:
            assert http.post("/api/v2/training/x/cancel", headers=headers).status_code == 415
            assert http.delete("/api/v2/training/x", headers=headers).status_code == 415
    assert http.get("/api/v2/training").json()["total"] == 0


def test_a_body_is_bounded(client, body):
    """A body that is too long gets 413, also without a Content-Length."""
    http = client(most_bytes=2000)
    assert http.post(START, json={**body, "model": "x" * 2000}).status_code == 413
    pieces = iter([b'{"model": "'] + [b"x" * 1000] * 3)
    assert http.post(START, content=pieces, headers=JSON).status_code == 413
    assert http.post(START, json=body).status_code == 201


def test_a_long_body_is_refused_before_it_is_sent(live):
    """A request that announces a gigabyte is refused before its body is sent."""
    server = live()
    with socket.create_connection(("127.0.0.1", server.port), timeout=200) as talk:
        head = f"POST {START} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        talk.sendall(f"{head}Content-Length: 1000000000\r\n\r\n{{".encode())
        assert talk.recv(100).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("length", ["abc", "-1", "1.5", "٣", "0x10"])
def test_a_malformed_length_is_refused(length):
    """A Content-Length that is not a number gets 400, also under a server that passes it on."""

    async def receive():
        return {"type": "http.request", "body": b""}

    with pytest.raises(HTTPProblem, match="Content-Length: expected a number of bytes") as found:
        asyncio.run(read_body(receive, {"content-length": length}, 100))
    assert found.value.status == 400


def test_an_incomplete_body_times_out(live, monkeypatch):
    """A client that sends half a body and waits gets 408, and its connection is closed."""
    monkeypatch.setattr("auto_model_monitor.api.security.request_body._TIMEOUT", 0.05)
    server = live()
    with socket.create_connection(("127.0.0.1", server.port), timeout=200) as talk:
        head = f"POST {START} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        talk.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
        answer = b"".join(iter(lambda: talk.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"application/problem+json" in answer


def test_an_unsupported_method_is_405(client):
    """An unsupported method gets 405 with the supported ones."""
    http = client()
    for method, path, allowed in (
        ("GET", "/api/v2/training/start/", None),
        ("PUT", "/api/v2/training/start", "POST"),
        ("DELETE", "/healthz", "GET"),
        ("OPTIONS", "/api/v2/training", "GET"),
        ("POST", "/", "GET"),
    ):
        answer = http.request(method, path)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.status_code == (404 if allowed is None else 405)
        assert allowed is None or allowed in answer.headers["allow"]


def test_a_query_has_bounds(client):
    """Query values out of range and unknown states get 422 with their location."""
    http = client()
    for query in (
        *("limit=0", "limit=201", "limit=x", "limit=1.5", "offset=-1", "offset=99999999999999999999"),
        *("status=done", "device=" + "x" * 40, "model=" + "x" * 300),
    ):
        (place,) = fault_of(http.get(f"/api/v2/training?{query}"))
        assert place.startswith("query." + query.partition("=")[0])


def test_paths_are_kept_below_the_roots(post, tmp_path):
    """Paths outside of the roots, also by links and dots, and missing data are errors."""
    (tmp_path / "out").symlink_to("/etc")
    (tmp_path / "file").write_text("x")
    inside = str(tmp_path / "train")
    for name in ("train_path", "val_path", "save_path"):
        for path in (
            "/etc",
            f"{inside}/../../../../etc",
            f"{tmp_path}/out",
            f"{tmp_path}/out/ssl",
            "..",
            "//etc",
        ):
            assert fault_of(post(**{name: path})) == [f"body.{name}"], path
    for name in ("train_path", "val_path", "save_path"):
        assert fault_of(post(**{name: str(tmp_path / "file")})) == [f"body.{name}"]
    for name in ("train_path", "val_path", "weights_path"):
        missing = post(**{name: str(tmp_path / "missing")})
        assert fault_of(missing) == [f"body.{name}"]
        assert "exists" in missing.json()["detail"]
    assert fault_of(post(save_path=str(tmp_path / "store" / "tasks"))) == ["body.save_path"]
    assert (
        post(weights_path=str(tmp_path / "file"), save_path=str(tmp_path / "new" / "one")).status_code == 201
    )


def test_a_missing_root_is_not_an_error(client, body, tmp_path):
    """Below a missing root, paths are accepted unchecked."""
    http = client(allow_paths=[tmp_path / "disk"])
    values = {name: str(tmp_path / "disk" / name) for name in ("train_path", "val_path", "save_path")}
    assert http.post(START, json={**body, **values}).status_code == 201
    (tmp_path / "disk").mkdir()
    assert http.post(START, json={**body, **values}).status_code == 422
