"""How the files of the page are served."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

import auto_model_monitor.api.page
from auto_model_monitor import MissingExtraError
from auto_model_monitor.api.page import CONTENT_SECURITY_POLICY, page_routes

FOLDER = Path(auto_model_monitor.api.page.__file__).parent
Ask = Callable[..., httpx.Response]


@pytest.fixture
def ask() -> Ask:
    """Ask the routes of the page, without a server."""
    transport = httpx.ASGITransport(app=Starlette(routes=list(page_routes())))

    async def answer(path: str, **headers: str) -> Any:
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path, headers={"accept-encoding": "identity"} | headers)

    return lambda path, **headers: asyncio.run(answer(path, **headers))


def files_of(text: str) -> set[str]:
    return set(re.findall(r"(?:src|href)=\"(page/[^\"]+)\"", text))


def test_the_page_is_sent_with_a_policy_that_allows_no_inline_code(ask: Ask) -> None:
    """The page's policy allows this server alone; the page has no inline script or style."""
    page = ask("/")
    assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert ":" not in CONTENT_SECURITY_POLICY  # neither a host nor a scheme
    assert page.headers["cache-control"] == "no-cache"
    assert not re.search(r"<script[^>]*>[^<]|<style| style=| on[a-z]+=", page.text)
    assert not re.search(r"(?:src|href)=\"(?:[a-z]+:|//)", page.text)
    assert "{" not in page.text


def test_every_file_of_the_page_is_cached_by_browsers(ask: Ask) -> None:
    """Each file of the page, and each that a module imports, has its type and is cached for good."""
    names = files_of(ask("/").text)
    folder = min(names).rpartition("/")[0]
    for module in FOLDER.glob("*.js"):
        names |= {f"{folder}/{name}" for name in re.findall(r"from \"\./(.+)\"", module.read_text("utf-8"))}
    names |= {
        f"{folder}/{name}"
        for name in re.findall(r"url\(\"(.+)\"\)", (FOLDER / "page.css").read_text("utf-8"))
    }
    kinds = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    for name in names:
        answer = ask(f"/{name}")
        assert answer.status_code == 200, name
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.headers["content-type"].partition(";")[0] == kinds[name.rpartition(".")[2]]
    served = {name.rpartition("/")[2] for name in names}
    assert served == {path.name for path in FOLDER.iterdir() if path.suffix[1:] in kinds} | {"plotly.min.js"}


def test_plotly_is_sent_compressed_to_clients_that_accept_it(ask: Ask) -> None:
    """plotly is sent at a third of its size, and unpacks to the file of the package."""
    (name,) = (name for name in files_of(ask("/").text) if "plotly.min" in name)
    plain, packed = ask(f"/{name}"), ask(f"/{name}", **{"accept-encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "accept-encoding"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 3
    assert packed.content == plain.content  # httpx has unpacked it


@pytest.mark.parametrize(
    "name", ["../__init__.py", "..%2f__init__.py", "__init__.py", "index.html", "assets.py", "nothing.js"]
)
def test_nothing_else_is_sent(ask: Ask, name: str) -> None:
    """No file except those of the page is sent, however it is requested."""
    folder = min(files_of(ask("/").text)).rpartition("/")[0]
    assert ask(f"/{folder}/{name}").status_code == 404


def test_files_of_another_version_are_not_sent(ask: Ask) -> None:
    """A page loaded before an upgrade does not get new modules under the old addresses."""
    assert ask("/page/0123456789abcdef/page.js").status_code == 404


def test_without_plotly_the_error_has_the_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without plotly, the start of the server fails with the command to install it."""
    monkeypatch.setitem(sys.modules, "plotly", None)
    with pytest.raises(MissingExtraError, match=r'pip install "auto-model-monitor\[api\]"'):
        page_routes()


def test_serving_the_page_does_not_import_plotly(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only plotly's file is read: an import would cost a quarter of a second and some megabytes."""
    monkeypatch.delitem(sys.modules, "plotly", raising=False)
    ask("/")
    assert "plotly" not in sys.modules
