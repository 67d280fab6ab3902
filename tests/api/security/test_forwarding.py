"""Behind a proxy: addresses, origins and the OpenAPI document are those that the browser sees."""

from __future__ import annotations

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from tests.api.live import TOKEN

START = "/api/v2/training/start"
PROXIES = {
    "the browser's Host": ({"host": "gpu:8080"}, "http://gpu:8080"),
    "TLS on the usual port": ({"host": "gpu", "x-forwarded-proto": "https"}, "https://gpu"),
    "TLS on another port": ({"host": "gpu:8443"}, "https://gpu:8443"),
    "a host without its port, and the port": ({"host": "gpu", "x-forwarded-port": "8080"}, "http://gpu:8080"),
    "the upstream's Host, and the browser's": ({"x-forwarded-host": "gpu:8080"}, "http://gpu:8080"),
    "two proxies": ({"x-forwarded-host": "gpu:8080, inner:1"}, "http://gpu:8080"),
    "host and port apart": ({"x-forwarded-host": "gpu", "x-forwarded-port": "8443"}, "https://gpu:8443"),
}


@pytest.fixture
def behind(client):
    """A client of a server that a proxy offers as ``gpu``."""
    return client(token=TOKEN, allowed_hosts=("localhost", "127.0.0.1", "gpu"))


@pytest.mark.parametrize("name", PROXIES)
def test_a_page_behind_a_proxy_may_write(behind, body, name):
    """The origin of the proxy's page is the server's own, however the proxy passes its name and port on."""
    headers, origin = PROXIES[name]
    answer = behind.post(START, json=body, headers={**headers, "origin": origin})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("headers", "origin"),
    [
        ({"host": "gpu:8080"}, "http://gpu:9999"),
        ({"host": "gpu:8080"}, "http://evil.example:8080"),
        ({"x-forwarded-host": "evil.example"}, "http://evil.example"),
        ({"host": "gpu"}, "http://gpu:8080"),
        ({"x-forwarded-port": "99999999"}, "http://gpu:8080"),
        ({"x-forwarded-host": "gpu:8080"}, "null"),
    ],
)
def test_another_sites_page_may_not(behind, body, headers, origin):
    """Another origin is refused with both names and the header that a proxy has to pass on."""
    answer = behind.post(START, json=body, headers={**headers, "origin": origin})
    assert answer.status_code == 403
    assert f"got {origin}" in answer.json()["detail"]
    assert "proxy_set_header Host $http_host" in answer.json()["detail"]


def test_a_forwarded_host_is_no_way_around_the_host(behind):
    """The name in ``Host`` itself is checked, whatever a proxy is said to have received."""
    headers = {"host": "evil.example", "x-forwarded-host": "gpu"}
    answer = behind.get("/api/v2/training", headers=headers)
    assert answer.status_code == 403
    assert "'evil.example'" in answer.json()["detail"]
    assert "--allow-host" in answer.json()["detail"]


@pytest.mark.parametrize("prefix", ["", "/monitor", "/team/gpu-3", "/a_b/c.d/~e"])
@pytest.mark.parametrize("strips", [True, False])
def test_locations_and_servers_have_the_proxys_path(behind, body, prefix, strips):
    """``Location`` and OpenAPI's ``servers`` lead through the proxy, also if it leaves its path in place."""
    headers = {"x-forwarded-prefix": prefix} if prefix else {}
    base = "" if strips else prefix
    answer = behind.post(base + START, json=body, headers=headers)
    location = answer.headers["location"]
    assert location == f"{prefix}/api/v2/training/{answer.json()['task_id']}"
    inner = location if not strips else location[len(prefix) :]
    assert behind.get(inner, headers=headers).status_code == 200
    assert behind.get(f"{base}/healthz", headers=headers).json() == {"status": "ok"}
    document = behind.get(f"{base}/openapi.json", headers=headers).json()
    assert document["servers"] == [{"url": prefix or "/"}]
    assert behind.get(f"{base}/", headers=headers).status_code == 200


def test_mounted_in_another_application_it_is_reached_below_its_path(make_app):
    """Mounted at a path, the sign-in, the locations and the document are those below it."""
    from starlette.applications import Starlette
    from starlette.routing import Mount
    from starlette.testclient import TestClient

    outer = Starlette(routes=[Mount("/sub", make_app(token=TOKEN))])
    http = TestClient(outer, base_url="http://localhost", follow_redirects=False)
    answer = http.get(f"/sub/?token={TOKEN}")
    assert answer.status_code == 303
    assert "; Path=/sub/; " in answer.headers["set-cookie"]
    assert http.get("/sub/healthz").json() == {"status": "ok"}
    assert http.get("/sub/openapi.json").json()["servers"] == [{"url": "/sub"}]


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"host": "elsewhere"}, "--allow-host"),
        ({"origin": "http://gpu:1"}, "proxy_set_header Host $http_host"),
        ({"sec-fetch-site": "cross-site"}, "Sec-Fetch-Site"),
    ],
)
def test_a_refused_page_shows_why(behind, headers, why):
    """A browser that is refused gets a page with the reason; a program gets a problem document."""
    answer = behind.get("/", headers={**headers, "accept": "text/html"})
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert why in answer.text
    assert behind.get("/", headers=headers).headers["content-type"] == "application/problem+json"


def test_a_wrong_token_is_called_wrong(client):
    """Who opens an address with an old token reads that it is not the server's, and gets the form."""
    http = client(token=TOKEN)
    del http.headers["authorization"]
    shown = [http.get(path, headers={"accept": "text/html"}).text for path in ("/?token=old", "/")]
    assert ["not the server's" in text for text in shown] == [True, False]
    assert all('name="token"' in text for text in shown)
