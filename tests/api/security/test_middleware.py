"""The security middleware: no request passes without a token, under another name, or for another site."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import socket

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("httpx")

from auto_model_monitor.api.security import SecurityMiddleware, allowed_names
from tests.api.live import TOKEN
from tests.waiting import until

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
START = "/api/v2/training/start"


def paths_of(app):
    """Return an address of each route and mount, and some without a route."""
    found = set()
    for route in app.routes:
        found.add(re.sub(r"\{[^}]*\}", "x", route.path))
        found |= {route.path + inner for inner in ("/", "/x")} if hasattr(route, "app") else set()
    return sorted(
        found | {"/nowhere", "//", "/api", "/api/v2/training/", "/docs/", "/openapi.json/", "/page"}
    )


@pytest.fixture
def locked(client):
    """A client without the token of its server."""
    http = client(token=TOKEN)
    del http.headers["authorization"]
    return http


def cookie_of(http):
    """Sign in, forget it, and return the cookie that was set, as ``NAME=VALUE``."""
    set_cookie = http.get(f"/?token={TOKEN}").headers["set-cookie"]
    http.cookies.clear()
    return set_cookie.partition(";")[0]


def test_no_address_answers_without_the_token(make_app, client):
    """Without the token every path and method gets 401, except /healthz."""
    app = make_app(token=TOKEN)
    paths = paths_of(app)
    assert {"/docs", "/openapi.json", "/", START, "/metrics", "/page/x/x"} <= set(paths)
    http = client(token=TOKEN, store=app.state.store)
    del http.headers["authorization"]
    for path, method in itertools.product(paths, METHODS):
        if path != "/healthz":
            answer = http.request(method, path)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), (method, path)
            assert method == "HEAD" or answer.json()["status"] == 401
    assert http.get("/healthz").json() == {"status": "ok"}
    assert http.post("/healthz").status_code == 405


def test_routes_added_later_need_the_token(make_app, live):
    """Routes, mounts and websockets that a user adds to the application need the token, too."""
    from starlette.applications import Starlette
    from starlette.routing import Route

    app = make_app(token=TOKEN)
    app.add_api_route("/mine", lambda: "open")
    app.mount("/mounted", Starlette(routes=[Route("/x", lambda request: None)]))
    met = []

    @app.websocket("/talk")
    async def talk(websocket):
        met.append(websocket)

    sent = []

    async def ask(kind, path):
        scope = {
            "type": kind, "path": path, "raw_path": path.encode(), "query_string": b"", "method": "GET",
            "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
        }  # fmt: skip

        async def receive():
            return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

        async def send(message):
            sent.append(message)

        await app(scope, receive, send)

    for path in ("/mine", "/mounted/x"):
        asyncio.run(ask("http", path))
        assert sent[-2]["status"] == 401
    asyncio.run(ask("websocket", "/talk"))
    assert (sent[-1]["type"], met) == ("websocket.close", [])


WRONG = (
    {"authorization": "Bearer wrong"},
    {"authorization": f"Basic {TOKEN}"},
    {"authorization": f"Bearer {TOKEN}x"},
    {"authorization": f"Bearer {TOKEN[:-1]}"},
    {"authorization": "Bearer"},
    {"authorization": "Bearer \xff"},
    {"cookie": "amm_token_1=" + TOKEN},
    {"cookie": "=;;;="},
)


def test_another_token_is_refused(locked):
    """Anything but the whole token, as bearer or cookie, gets 401."""
    for headers in WRONG:
        shown = {name: value.encode("latin-1") for name, value in headers.items()}
        assert locked.get("/api/v2/training", headers=shown).status_code == 401, headers


def test_the_token_opens_as_bearer_and_as_cookie(locked):
    """The token is accepted in the header, its cookie as a cookie, and neither in any address except '/'."""
    assert locked.get("/docs", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200
    assert locked.get("/docs", headers={"authorization": f"bearer {TOKEN}"}).status_code == 200
    assert locked.get("/docs", headers={"cookie": f"a=b; {cookie_of(locked)}"}).status_code == 200
    assert locked.get(f"/api/v2/training?token={TOKEN}").status_code == 401


@pytest.mark.parametrize(
    "others",
    [
        'prefs={"a": 1}',
        "a b=c",
        "=x",
        "x",
        'k="a\\',
        "a[0]=1",
        "a@b=1",
        "expires=x",
        "\xe4=\xff",
        "{own}=old",
        ";",
    ],
)
def test_cookies_of_other_servers_do_no_harm(locked, others):
    """The token's cookie is found before and after any cookies of other servers."""
    own = cookie_of(locked)
    others = others.replace("{own}", own.partition("=")[0])
    for cookies in ((others, own), (own, others)):
        shown = {"cookie": "; ".join(cookies).encode("latin-1")}
        assert locked.get("/docs", headers=shown).status_code == 200, shown


def test_an_old_token_in_the_address_does_no_harm(locked):
    """An address with an old token opens the page if the cookie is right."""
    shown = {"cookie": cookie_of(locked)}
    assert locked.get("/?token=of-the-past", headers=shown).status_code == 200


def test_a_login_leaves_a_cookie_and_no_token_in_the_address(locked):
    """The printed URL sets a cookie that no script and no other site can use, and drops the token."""
    own = cookie_of(locked)
    answer = locked.get(f"/?token={TOKEN}&lang=en")
    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, answer.headers["location"]) == (303, "./?lang=en")
    assert cookie.startswith(f"{own}; Path=/; Max-Age=")
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "no-store" in answer.headers["cache-control"]
    assert locked.get("/api/v2/training").status_code == 200  # the client keeps cookies, as a browser does


def test_a_browser_without_the_token_gets_a_form(locked):
    """A browser without the token gets 401 with a form that takes the token."""
    answer = locked.get("/", headers={"accept": "text/html,*/*"})
    assert (answer.status_code, answer.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert 'name="token"' in answer.text
    assert locked.get("/?token=wrong").status_code == 401


def test_wrong_tokens_are_delayed_and_limited(locked):
    """Wrong tokens are delayed or refused with 429; a right one is not delayed."""

    async def guess():
        import httpx

        async with httpx.AsyncClient(base_url=locked.base_url, timeout=200) as http:
            wrong = {"authorization": "Bearer wrong"}
            guesses = [asyncio.ensure_future(http.get("/metrics", headers=wrong)) for _ in range(60)]
            right = await http.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
            assert right.status_code == 200
            return [answer.status_code for answer in await asyncio.gather(*guesses)]

    statuses = asyncio.run(guess())
    assert set(statuses) == {401, 429}


ALIENS = (
    *("evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "localhost@evil.example", "10.0.0.1"),
    *("[::2]", "", "localhost:8000:1", "127.0.0.1/x"),
)
OWN = ("localhost", "LOCALHOST:1", "localhost.", "127.0.0.1:80", "[::1]:8000", "[0:0:0:0:0:0:0:1]")


def test_another_name_is_refused(client):
    """A Host that is not the server's, as after DNS rebinding, is refused first."""
    http = client()
    for host, path in itertools.product(ALIENS, ("/healthz", "/", START)):
        answer = http.get(path, headers={"host": host})
        assert answer.status_code in (400, 403), host
        assert answer.headers["content-type"] == "application/problem+json"


def test_own_names_are_taken_whatever_the_port(client):
    """The names of loopback are accepted in any spelling and with any port."""
    http = client()
    for host in OWN:
        assert http.get("/healthz", headers={"host": host}).status_code == 200, host


def test_further_names_can_be_allowed(client):
    """Only the names that the owner allows are accepted."""
    http = client(allowed_hosts=["gpu.example", "2001:db8::1"])
    statuses = {
        host: http.get("/healthz", headers={"host": host}).status_code
        for host in ("gpu.example:8000", "[2001:DB8::1]", "localhost", "other.example")
    }
    assert statuses == {"gpu.example:8000": 200, "[2001:DB8::1]": 200, "localhost": 403, "other.example": 403}


def test_two_host_headers_are_refused(live):
    """A request with two Host headers is refused."""
    server = live()
    with socket.create_connection(("127.0.0.1", server.port), timeout=200) as talk:
        talk.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
        assert talk.recv(100).startswith(b"HTTP/1.1 400")


FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "http://localhost:1"},
    {"origin": "http://127.0.0.1.nip.io:PORT"},
    {"origin": "file://"},
    {"origin": "http://127.0.0.1:PORT@evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"},
    {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
]


def test_pages_of_other_sites_are_refused(client, body):
    """Requests by pages of other sites get 403, to read and to change, even with the token."""
    http = client(token=TOKEN)
    one = "/api/v2/training/x"
    for headers in FOREIGN:
        sent = {name: value.replace("PORT", str(http.base_url.port)) for name, value in headers.items()}
        for method, path in (("GET", "/api/v2/training"), ("GET", "/healthz"), ("DELETE", one)):
            assert http.request(method, path, headers=sent).status_code == 403, (method, path, headers)
        assert http.post(START, json=body, headers=sent).status_code == 403
    assert http.get("/api/v2/training").json()["total"] == 0


def test_requests_of_the_own_page_pass(client, body):
    """Requests by the server's own page pass."""
    http = client(token=TOKEN)
    own = {"origin": f"http://127.0.0.1:{http.base_url.port}", "sec-fetch-site": "same-origin"}
    assert http.post(START, json=body, headers=own).status_code == 201
    assert (
        http.get("/docs", headers={"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}).status_code == 200
    )


def test_a_link_on_another_site_may_be_followed(locked):
    """A link on another site, as in a mail, opens the page, and cannot change anything."""
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert locked.get(f"/?token={TOKEN}", headers=link).status_code == 303
    assert locked.post("/", headers=link).status_code == 403


def test_nothing_is_shared_with_other_origins(client):
    """No response has a CORS header, not even to a preflight."""
    http = client()
    asked = {"access-control-request-method": "POST", "origin": f"http://127.0.0.1:{http.base_url.port}"}
    for answer in (http.options(START, headers=asked), http.get("/metrics")):
        assert not [name for name in answer.headers if name.startswith("access-control")]
    assert http.options(START, headers=asked).status_code == 405


def test_every_response_has_the_security_headers(locked):
    """Every response, also an error, has the policy and forbids storing, sniffing and framing."""
    right = {"authorization": f"Bearer {TOKEN}"}
    answers = [
        locked.get("/metrics"),
        locked.get("/nowhere", headers=right),
        locked.get("/api/v2/training", headers=right),
        locked.get("/docs", headers=right),
        locked.get("/", headers=right),
        locked.get("/", headers={"host": "evil.example"}),
        locked.get(f"/?token={TOKEN}"),
    ]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "server" not in answer.headers


def test_the_reference_page_loads_nothing_from_other_hosts(client):
    """The reference page has no script and loads nothing from other hosts."""
    page = client().get("/docs").text
    assert "<script" not in page
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    assert "/api/v2/training/{task_id}/logs" in page


def test_without_a_token_other_machines_are_refused():
    """An application without a token answers only clients of its own machine."""
    passed = []

    async def inner(scope, receive, send):
        passed.append(scope["client"])

    guard = SecurityMiddleware(inner, token=None, hosts=allowed_names(["localhost"]))
    sent = []

    async def ask(client):
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [(b"host", b"localhost")],
            "client": client,
        }

        async def send(message):
            sent.append(message)

        await guard(scope, None, send)

    for address in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "2001:db8::1"):
        asyncio.run(ask((address, 1)))
    assert [client[0] for client in passed] == ["127.0.0.1", "::1", "::ffff:127.0.0.1"]
    assert [message["status"] for message in sent if "status" in message] == [403, 403]


def test_the_address_of_the_connection_is_a_name(make_app):
    """A numeric Host is accepted only if the connection came to that address."""
    passed = []

    async def inner(scope, receive, send):
        passed.append(dict(scope["headers"])[b"host"])

    async def send(message):
        pass

    guard = SecurityMiddleware(inner, token=None, hosts=allowed_names(["localhost"]))
    for host in (b"192.0.2.7:8000", b"192.0.2.8:8000", b"name.example"):
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "headers": [(b"host", host)],
            "server": ("192.0.2.7", 80),
        }
        asyncio.run(guard(scope, None, send))
    assert passed == [b"192.0.2.7:8000"]


def test_an_unexpected_exception_is_a_500_without_its_text(make_app, client, caplog):
    """An unexpected exception is a 500 without its text, and a traceback in the log."""
    app = make_app()
    assert client(store=app.state.store).get("/healthz").status_code == 200

    async def inner(scope, receive, send):
        raise RuntimeError("canary")

    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "method": "GET", "path": "/x\n", "query_string": b"token=secret",
        "headers": [(b"host", b"localhost")], "client": ("127.0.0.1", 1),
    }  # fmt: skip
    with caplog.at_level(logging.ERROR):
        asyncio.run(
            SecurityMiddleware(inner, token=None, hosts=allowed_names(["localhost"]))(scope, None, send)
        )
    assert (sent[0]["status"], b"canary" in sent[1]["body"]) == (500, False)
    assert "RuntimeError: canary" in caplog.text
    assert "secret" not in caplog.text
    assert "GET /x\\n failed" in caplog.text


def test_the_token_is_in_no_log_line(live, caplog, capfd):
    """No log line and no output contains the token."""
    import httpx

    with caplog.at_level(logging.DEBUG):
        server = live(token=TOKEN)
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as http:
            http.get(f"/?token={TOKEN}")
            http.get("/nowhere", headers={"authorization": f"Bearer {TOKEN}"})
            http.post(START, json={}, headers={"authorization": f"Bearer {TOKEN}"})
            http.get(f"/api/v2/training/{TOKEN[:8]}?token={TOKEN}")
    logged = [
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    ]
    assert not [text for text in logged if TOKEN in text]
    assert TOKEN not in "".join(capfd.readouterr())


def test_a_client_that_leaves_within_its_body_does_no_harm(live):
    """A client that leaves within its body causes no error, and the server continues."""
    server = live()
    with socket.create_connection(("127.0.0.1", server.port), timeout=200) as talk:
        head = f"POST {START} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        talk.sendall(f"{head}Content-Length: 100\r\n\r\n{{".encode())
    until(lambda: server.ask("GET", "/healthz") == {"status": "ok"})
