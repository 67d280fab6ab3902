"""nginx as the guide configures it, in front of the server as people start it."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")

import auto_model_monitor
from tests.api.live import request
from tests.api.server_process import TRAINER, ServerProcess, serving
from tests.waiting import until

pytestmark = pytest.mark.nginx

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
GUIDE = Path(auto_model_monitor.__file__).parent / "api" / "docs" / "API_ENHANCED_README.md"
CONFIGURATION = """\
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; {block} }}
}}
"""


class Browser:
    """Keeps cookies and sends what a page of the proxy would; follows no redirect by itself."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.jar = CookieJar()
        self._opener = urllib.request.build_opener(_Still, urllib.request.HTTPCookieProcessor(self.jar))

    def ask(self, path: str, body: Any = None, **headers: str) -> Any:
        """Return the response, whatever its status."""
        data = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json", "Origin": self.origin}
        asked = urllib.request.Request(self.origin + path, data, {**kind, **headers})
        try:
            return self._opener.open(asked, timeout=200)
        except urllib.error.HTTPError as answer:
            return answer


class _Still(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with serving("--trainer", TRAINER, "--allow-host", "localhost", cwd=tmp_path) as running:
        yield running


@pytest.fixture
def browser(tmp_path: Path, server: ServerProcess) -> Iterator[Browser]:
    """A browser that reaches the server through nginx, on another port and below ``/monitor/``."""
    if NGINX is None:
        pytest.skip("nginx is not installed here: apt-get install nginx")
    (block,) = re.findall(r"^```nginx\n(.*?)^```", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert "http://127.0.0.1:8000/" in block
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path / "nginx"
    folder.mkdir()
    text = CONFIGURATION.format(folder=folder, port=port, block=block.replace(":8000", f":{server.port}"))
    (folder / "nginx.conf").write_text(text)
    with subprocess.Popen([NGINX, "-p", folder, "-c", folder / "nginx.conf"]) as process:
        try:
            until(lambda: _answers(port))
            yield Browser(f"http://localhost:{port}")
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_training_is_started_and_followed_through_nginx(
    browser: Browser, server: ServerProcess, tmp_path: Path
) -> None:
    """Behind nginx, on another port and a path: sign-in, page, start, location and stream all work."""
    assert browser.ask("/monitor/", Accept="text/html").status == 401
    signed_in = browser.ask(f"/monitor/?token={server.token}")
    assert (signed_in.status, signed_in.headers["location"]) == (303, "./")
    (cookie,) = browser.jar
    assert cookie.path == "/monitor/"
    page = browser.ask("/monitor/").read().decode()
    for link in re.findall(r'(?:src|href)="(page/[^"]+)"', page):
        assert browser.ask(f"/monitor/{link}").status == 200, link
    started = browser.ask("/monitor/api/v2/training/start", request(tmp_path))
    assert started.status == 201, started.read()
    location = started.headers["location"]
    assert location == f"/monitor/api/v2/training/{json.load(started)['task_id']}"
    assert json.load(browser.ask(location))["device"] == "cpu"
    stream = browser.ask(f"{location}/logs").read().decode()
    assert "Epoch [1/3] started" in stream
    assert stream.rstrip().rpartition("\n\n")[2].startswith("event: end")
    assert json.load(browser.ask("/monitor/openapi.json"))["servers"] == [{"url": "/monitor"}]


def test_another_sites_page_is_refused_through_nginx(browser: Browser, server: ServerProcess) -> None:
    """A page of another port of the same machine gets 403 with the reason."""
    browser.ask(f"/monitor/?token={server.token}")
    answer = browser.ask("/monitor/api/v2/training/start", {}, Origin="http://localhost:1")
    assert answer.status == 403
    assert "got http://localhost:1" in json.load(answer)["detail"]


def test_a_proxy_that_changes_the_host_is_called_by_its_fault(
    browser: Browser, server: ServerProcess, tmp_path: Path
) -> None:
    """Without the browser's Host, as with a bare proxy_pass, the refusal shows the line that is missing."""
    browser.ask(f"/monitor/?token={server.token}")
    asked = urllib.request.Request(
        f"{server.url}/api/v2/training/start",
        json.dumps(request(tmp_path)).encode(),
        {
            "Authorization": f"Bearer {server.token}",
            "Content-Type": "application/json",
            "Origin": browser.origin,
        },
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(asked, timeout=200)
    assert "proxy_set_header Host $http_host" in json.load(caught.value)["detail"]
