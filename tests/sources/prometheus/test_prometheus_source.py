"""Queries to Prometheus: labels, odd numbers, refusals, and a real server."""

from __future__ import annotations

import json
import logging
import math
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from auto_model_monitor import ConfigError, PrometheusSource, SourceError
from tests.waiting import until

Answer = tuple[int, bytes]


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler, str], Answer]) -> Iterator[str]:
    """Answer each request by a function of it and its query; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.reply(*answer(self, form["query"][0]))

        def do_GET(self) -> None:
            self.reply(*answer(self, ""))

        def reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if status in (302, 307):
                self.send_header("Location", body.decode())
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def success(kind: str, result: Any) -> Answer:
    return 200, json.dumps({"status": "success", "data": {"resultType": kind, "result": result}}).encode()


def series(value: str, **labels: str) -> dict[str, Any]:
    return {"metric": labels, "value": [1795824000.5, value]}


def test_a_series_is_a_reading():
    """A series becomes a reading with its name, its model, its group, its number and the query's time."""
    result = [
        series("0.9", __name__="recall", model="a", sex="f", instance='x"y'),
        series("NaN", __name__="recall", model="b"),
        series("+Inf", model="c"),
    ]
    with serving(lambda request, query: success("vector", result)) as url:
        one, two, three = PrometheusSource(url, "recall", group="sex").read()
    assert (one.metric, one.model, one.group, one.value) == ("recall@sex:f", "a", "sex:f", 0.9)
    assert one.name == 'recall{instance="x\\"y", model="a", sex="f"}'
    assert one.time == datetime(2026, 11, 28, 0, 0, 0, 500000, timezone.utc)
    assert (two.metric, two.model, two.group) == ("recall", "b", None)
    assert math.isnan(two.value)
    assert (three.metric, three.model, three.value) == ("value", "c", math.inf)


def test_several_queries_name_their_metrics():
    """With several queries each result has the name that its query was given; a scalar has no model."""
    asked = []

    def answer(request: BaseHTTPRequestHandler, query: str) -> Answer:
        asked.append((request.path, query))
        if query == "scalar(x)":
            return success("scalar", [1795824000, "0.25"])
        return success("vector", [series("0.5", __name__="y", model="a")])

    with serving(answer) as url:
        source = PrometheusSource(f"{url}/prefix/", {"latency_p95": "scalar(x)", "accuracy": "y + 'é&='"})
        found = [(r.model, r.metric, r.value) for r in source.read()]
    assert found == [(None, "latency_p95", 0.25), ("a", "accuracy", 0.5)]
    assert asked == [("/prefix/api/v1/query", "scalar(x)"), ("/prefix/api/v1/query", "y + 'é&='")]


def test_no_series_is_no_reading():
    """A query without a result gives no reading."""
    with serving(lambda request, query: success("vector", [])) as url:
        assert len(PrometheusSource(url, "recall").read()) == 0


def test_several_series_of_one_model_are_reported(caplog):
    """Of series that differ in other labels alone the first is read, with one warning that helps."""
    result = [series(value, model="a", instance=value) for value in ("0.1", "0.2")]
    with serving(lambda request, query: success("vector", result)) as url:
        source = PrometheusSource(url, "recall")
        assert [r.value for _ in range(2) for r in source.read()] == [0.1, 0.1]
    assert caplog.text.count("avg by (model)") == 1


def test_histograms_are_left_out(caplog):
    """A native histogram is no number: it is left out with a warning."""
    entry = {"metric": {"__name__": "latency"}, "histogram": [1795824000, {"count": "3"}]}
    with serving(lambda request, query: success("vector", [entry, series("1", model="a")])) as url:
        assert len(PrometheusSource(url, "latency").read()) == 1
    assert "histogram_quantile" in caplog.text


@pytest.mark.parametrize(
    ("user", "token", "expected"),
    [("", None, None), ("ann:s3cret%2F@", None, "Basic YW5uOnMzY3JldC8="), ("", "t0ken", "Bearer t0ken")],
)
def test_authorisation(user, token, expected, caplog):
    """User and password of the URL, or a token, are sent, and nothing shows them."""
    seen = []

    def answer(request: BaseHTTPRequestHandler, query: str) -> Answer:
        seen.append(request.headers.get("Authorization"))
        return 401, f"no {request.headers.get('Authorization')} s3cret/ t0ken".encode()

    with serving(answer) as url, caplog.at_level(logging.DEBUG):
        source = PrometheusSource(url.replace("//", f"//{user}"), "x", token=token)
        with pytest.raises(SourceError, match="answered 401") as raised:
            source.read()
        assert seen == [expected]
        shown = f"{raised.value} {source!r} {source.name} {vars(source)} {caplog.text}"
        for secret in filter(None, (user and "s3cret", token, expected)):
            assert secret not in shown


def test_a_redirect_takes_no_secret_along():
    """A redirect to another place is not sent the authorisation."""
    seen = []

    def elsewhere(request: BaseHTTPRequestHandler, query: str) -> Answer:
        seen.append(request.headers.get("Authorization"))
        return success("vector", [])

    with serving(elsewhere) as other, serving(lambda request, query: (302, other.encode())) as url:
        PrometheusSource(url, "x", token="t0ken").read()
    assert seen == [None]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (
            (400, b'{"status":"error","errorType":"bad_data","error":"parse error"}'),
            "400 .*bad_data: parse error",
        ),
        ((503, b"<html>unavailable</html>"), "answered 503 .*unavailable"),
        ((200, b"<html>log in</html>"), "answered 200 .*log in"),
        ((200, b'{"status":"success"}'), "answered 200"),
        ((200, b'{"status":"success","data":{"resultType":"vector","result":[1]}}'), "answered 200"),
        ((200, b"[" * 100_000), "answered 200"),
        (success("matrix", []), "expected a query whose result is a vector or a scalar, got a matrix"),
        (success("string", [0, "a"]), "got a string"),
    ],
)
def test_a_refusal_is_an_error_of_the_source(answer, problem):
    """Whatever a server answers instead of samples is an error with the server's reason, and no crash."""
    with serving(lambda request, query: answer) as url, pytest.raises(SourceError, match=problem):
        PrometheusSource(url, "x").read()


def test_a_server_that_is_away():
    """A server that does not listen is an error with its place, and without its password."""
    with pytest.raises(
        SourceError, match=r"http://127\.0\.0\.1:1: cannot be asked: ConnectionRefused"
    ) as raised:
        PrometheusSource("http://ann:s3cret@127.0.0.1:1", "x").read()
    assert "s3cret" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"url": "prometheus:9090"}, "url: expected an address"),
        ({"query": " "}, "query: expected a query"),
        ({"query": {}}, "query: expected a query"),
        ({"query": {"a": 3}}, "query: expected a query"),
        ({"timeout": 0}, "timeout: expected more than 0"),
    ],
)
def test_settings_that_cannot_work(arguments, problem):
    """Each setting that cannot work is refused at construction."""
    with pytest.raises(ConfigError, match=re.escape(problem)):
        PrometheusSource(**({"url": "http://localhost:9090", "query": "x"} | arguments))


@pytest.mark.servers
def test_a_real_server(request):
    """What a real Prometheus scraped is read with its models; a query it cannot parse is its own error."""
    if "servers" not in request.config.option.markexpr:
        pytest.skip("scraping begins after five seconds: run with -m servers")
    from tests.servers.running_servers import prometheus_server

    text = b'model_accuracy{model="a"} 0.875\nmodel_accuracy{model="b"} NaN\n'
    with (
        serving(lambda request, query: (200, text)) as exporter,
        prometheus_server(exporter.removeprefix("http://")) as url,
    ):
        source = PrometheusSource(url, "model_accuracy")
        until(lambda: len(source.read()) == 2)
        found = {reading.model: reading.value for reading in source.read()}
        assert found.pop("a") == 0.875
        assert math.isnan(found.pop("b"))
        ratio = PrometheusSource(url, {"share": "count(model_accuracy > 0.5) / count(model_accuracy)"})
        assert [(r.metric, r.value) for r in ratio.read()] == [("share", 0.5)]
        with pytest.raises(SourceError, match=r"bad_data: .*parse error"):
            PrometheusSource(url, "model_accuracy{").read()
