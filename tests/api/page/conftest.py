"""A real server, a real browser, and pages that fail the test when they violate their policy."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.page.live_server import Baton, LiveServer
from tests.waiting import PATIENCE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for all of them."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no Chromium on the path")
    playwright.expect.set_options(timeout=PATIENCE * 1000)
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--headless=new", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all of them; a test that kills it starts it again."""
    running = LiveServer(tmp_path_factory.mktemp("page"))
    running.start()
    yield running
    running.end(signal.SIGKILL)


@pytest.fixture
def baton(server: LiveServer, request: pytest.FixtureRequest) -> Iterator[Baton]:
    """The baton of this test's training, let go of in the end."""
    held = server.baton(request.node.name.replace("[", "-").replace("]", ""))
    yield held
    held.let_go()


@pytest.fixture
def visit(browser: Any, server: LiveServer) -> Iterator[Callable[..., Any]]:
    """Open the page: ``page = visit(task_id, locale="en-US")``.

    No page may complain on its console, ask another host for anything, or break its policy. ``expected``
    holds what a test is about, such as the status that the browser itself remarks upon; without ``curves``
    the page is spared plotly, half a second of work.
    """
    contexts: list[Any] = []
    complaints: list[str] = []
    asked: list[str] = []

    def open_page(
        task_id: str = "", *, expected: str | tuple[str, ...] = "\0", curves: bool = True, **options: Any
    ) -> Any:
        settings = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", "reduced_motion": "reduce"}
        context = browser.new_context(**(settings | options))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE * 1000)

        def record(text: str) -> None:
            if not any(one in text for one in ([expected] if isinstance(expected, str) else expected)):
                complaints.append(text)

        page.on(
            "console", lambda output: record(output.text) if output.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        if not curves:
            page.route("**/plotly.min.js", lambda route: route.fulfill(content_type="text/javascript"))
        page.goto(f"{server.url}/?token={server.token}#{task_id}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints
    assert not [url for url in asked if not url.startswith(server.url + "/")]


@pytest.fixture
def cancel(server: LiveServer) -> Iterator[Callable[[str], None]]:
    """Cancel these tasks at the end of the test, pending ones first."""
    ids: list[str] = []
    yield ids.append
    for task_id in reversed(ids):
        server.ask(f"/api/v2/training/{task_id}/cancel", {})


@pytest.fixture
def seed_client() -> str:
    """The specification's client for browsers, to the letter."""
    return (Path(__file__).parent.parent / "seed" / "client.js").read_text("utf-8")
