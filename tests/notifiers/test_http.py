"""Posting: verified TLS, a timeout, no other host, and bounded answers."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import traceback

import pytest
from certificates import certificate
from robot_server import Reply

from auto_model_monitor import ConfigError, NotificationError
from auto_model_monitor.notifiers.address import Address
from auto_model_monitor.notifiers.http import LARGEST_ANSWER, encoded, post, refusal

CANARY = "CANARY-4711"


def post_to(server, path=f"/{CANARY}?token={CANARY}", timeout=200.0, **headers):
    return post(Address(server.url + path), b'{"a":1}', headers, timeout)


def failure_of(action, *arguments, **options):
    with pytest.raises(NotificationError) as caught:
        action(*arguments, **options)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert caught.value.__context__ is None
    return caught.value


def test_an_answer_is_returned_whatever_it_says(robot_server):
    """The method, the path, the body and the headers arrive as given, and every status is an answer."""
    server = robot_server()
    server.replies = [Reply(200, b"fine"), Reply(404, b"no"), Reply(503, b"", {"Retry-After": "7"})]
    assert post_to(server, X_Test="1").accepted
    (request,) = server.requests
    assert (request.method, request.target) == ("POST", f"/{CANARY}?token={CANARY}")
    assert request.body == b'{"a":1}'
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    assert request.headers["user-agent"] == "auto-model-monitor"
    answer = post_to(server)
    assert (answer.status, answer.text, answer.is_permanent) == (404, "no", True)
    answer = post_to(server)
    assert (answer.status, answer.retry_after, answer.is_permanent) == (503, 7.0, False)


@pytest.mark.parametrize("status", [408, 425, 429, 407, 500, 502, 503, 504, 599])
def test_later_is_not_for_good(robot_server, status):
    """408, 425, 429 and every 5xx may pass, and the text names the wait that the server asks for."""
    server = robot_server()
    server.replies = [Reply(status, b"busy", {"Retry-After": "120"})]
    error = refusal(Address(server.url), post_to(server))
    assert not error.permanent
    assert str(status) in str(error)
    assert "120 s" in str(error)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_other_4xx_are_for_good(robot_server, status):
    """A message that the server does not want is not offered again."""
    server = robot_server()
    server.replies = [Reply(status)]
    assert refusal(Address(server.url), post_to(server)).permanent


@pytest.mark.parametrize(
    "retry_after", ["Wed, 21 Oct 2026 07:28:00 GMT", "-5", "1e9", "", "99999999999", "٣"]
)
def test_a_strange_retry_after_is_none(robot_server, retry_after):
    """A date or nonsense in Retry-After is taken for none; the back-off decides."""
    server = robot_server()
    server.replies = [Reply(503, b"", {"Retry-After": retry_after.encode().decode("latin-1")})]
    assert post_to(server).retry_after is None


@pytest.mark.parametrize(
    ("kind", "words"), [("wrong-name", "trusted"), ("self-signed", "trusted"), ("expired", "expired")]
)
def test_a_server_that_cannot_be_trusted_gets_nothing(robot_server, kind, words):
    """A wrong name, an unknown issuer and an expired certificate end the attempt before the request."""
    server = robot_server(certificate=certificate("localhost", kind))
    error = failure_of(post_to, server)
    assert words in str(error)
    assert not error.permanent
    assert server.requests == []


def test_https_works_with_a_trusted_certificate(robot_server):
    """A certificate that SSL_CERT_FILE vouches for is enough."""
    server = robot_server(certificate=certificate("localhost"))
    assert post_to(server).accepted


def test_a_server_that_says_nothing_costs_the_time_out(robot_server):
    """A hanging server ends in an error that names the seconds."""
    server = robot_server()
    server.replies = [Reply(hang=True)]
    assert "did not answer within 0.2 s" in str(failure_of(post_to, server, timeout=0.2))


def test_a_huge_answer_is_read_to_a_bound(robot_server):
    """Of ten megabytes only the beginning is read."""
    server = robot_server()
    server.replies = [Reply(200, b"x" * 10_000_000)]
    assert len(post_to(server).text) == LARGEST_ANSWER


def test_an_answer_that_breaks_off_keeps_its_verdict(robot_server):
    """A connection that is cut within the body takes nothing of the status back."""
    server = robot_server()
    server.replies = [Reply(200, b"half", cut=True)]
    answer = post_to(server)
    assert (answer.status, answer.text) == (200, "half")


def test_an_answer_that_is_not_http_is_an_error(robot_server):
    """A server that speaks something else, or hangs up, or is not there, may be better later."""
    listener = socket.create_server(("127.0.0.1", 0))
    address = Address(f"http://127.0.0.1:{listener.getsockname()[1]}/{CANARY}")
    answers = [f"220 mail {CANARY}\r\n".encode(), b""]

    def serve():
        for answer in answers:
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(answer)
            connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    robot_server()
    for _ in answers:
        assert "cannot be reached" in str(failure_of(post, address, b"{}", {}, 5.0))
    thread.join(100)
    listener.close()
    error = failure_of(post, address, b"{}", {}, 5.0)
    assert "refused" in str(error).lower()
    assert not error.permanent


def test_an_unknown_host_is_named(robot_server, monkeypatch):
    """An unknown host is an error that names it."""
    robot_server()

    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    error = failure_of(post, Address(f"https://nowhere.example/{CANARY}"), b"{}", {}, 5.0)
    assert "https://nowhere.example cannot be found" in str(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_to_another_host(robot_server, status):
    """The message does not follow a redirect to another host or port."""
    server, thief = robot_server(), robot_server()
    for target in (
        f"{thief.url}/{CANARY}",
        f"http://127.0.0.1:{server.port}/",
        "//evil.example/",
        "ftp://localhost/",
    ):
        server.replies = [Reply(status, b"", {"Location": target})]
        error = refusal(Address(server.url), post_to(server))
        assert "redirected" in str(error)
        assert CANARY not in str(error)
        assert not error.permanent
    assert thief.requests == []


def test_no_redirect_from_https_to_http(robot_server):
    """What began with TLS does not end without."""
    server, plain = robot_server(certificate=certificate("localhost")), robot_server()
    server.replies = [Reply(307, b"", {"Location": plain.url})]
    assert post_to(server).status == 307
    assert plain.requests == []


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_at_the_same_host_repeats_the_request(robot_server, status):
    """307 and 308 to the same host get the same method and body again."""
    server = robot_server()
    server.replies = [Reply(status, b"x" * 100_000, {"Location": "/new?a=1"})]
    assert post_to(server).status == 204
    assert [request.target for request in server.requests][1:] == ["/new?a=1"]
    assert server.requests[1].body == server.requests[0].body
    assert server.requests[1].method == "POST"


def test_a_redirect_that_would_become_a_get_is_refused(robot_server):
    """301, 302 and 303 are not followed: they would be a GET, without the message."""
    server = robot_server()
    server.replies = [Reply(302, b"", {"Location": "/login"})]
    assert post_to(server).status == 302
    assert len(server.requests) == 1


def test_redirects_end(robot_server):
    """A circle of redirects is an error after a few turns."""
    server = robot_server(lambda _: Reply(308, b"", {"Location": "/again"}))
    assert "redirected 3 times" in str(failure_of(post_to, server))
    assert len(server.requests) == 3


def test_the_environment_s_proxy_is_used(robot_server, monkeypatch):
    """http_proxy leads the request through the proxy, and no_proxy spares it that."""
    proxy, server = robot_server(), robot_server()
    monkeypatch.setenv("http_proxy", proxy.url)
    assert post(Address("http://hook.example/a"), b"{}", {}, 5.0).accepted
    assert proxy.requests[0].target == "http://hook.example/a"
    monkeypatch.setenv("no_proxy", "localhost")
    assert post_to(server).accepted
    assert len(proxy.requests) == 1


def test_https_goes_through_a_tunnel(robot_server, monkeypatch):
    """https_proxy sees the host of an https address, and neither the path nor the message."""
    proxy = robot_server(lambda _: Reply(403))
    monkeypatch.setenv("https_proxy", proxy.url)
    error = failure_of(post, Address(f"https://hook.example/{CANARY}"), b"{}", {}, 5.0)
    assert "403" in str(error)
    (request,) = proxy.requests
    assert (request.method, request.target, request.body) == ("CONNECT", "hook.example:443", b"")


def test_a_server_s_echo_shows_no_secret(robot_server):
    """What the server quotes of the address, plain or in base64, is hidden."""
    from base64 import b64encode

    server = robot_server()
    echo = f"no /{CANARY}?token={CANARY} {b64encode(CANARY.encode()).decode()} \x1b[31m"
    server.replies = [Reply(400, echo.encode())]
    text = str(refusal(Address(f"{server.url}/{CANARY}?token={CANARY}"), post_to(server)))
    assert CANARY not in text
    assert "Q0FOQVJZ" not in text
    assert "\x1b" not in text
    assert "no " in text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook",
        f"ftp://host/{CANARY}",
        f"file:///{CANARY}",
        f"https:///{CANARY}",
        f"https://host/{CANARY} x",
        f"https://host/\r\nX-{CANARY}: 1",
        f"https://host:{CANARY}/",
        f"https://[{CANARY}/",
        f"https://host/\ud800{CANARY}",
        None,
        b"https://host/",
    ],
)
def test_an_address_that_cannot_work_is_refused_early(url):
    """Anything but http and https with a host is a ConfigError, which does not show it."""
    with pytest.raises(ConfigError) as caught:
        Address(url)
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_an_address_shows_its_place_alone():
    """Neither the password nor the path nor the query stand in a repr, and the fingerprint is stable."""
    address = Address(f"https://me:{CANARY}@host:8443/{CANARY}/路?key={CANARY}")
    assert repr(address) == "Address('https://host:8443')"
    assert address.url == f"https://host:8443/{CANARY}/%E8%B7%AF?key={CANARY}"
    assert address.headers["Authorization"].startswith("Basic ")
    assert address.fingerprint == Address(address.url).fingerprint
    assert len(address.fingerprint) == 6
    assert Address("http://[::1]:80/").place == "http://[::1]:80"


def test_what_utf_8_cannot_hold_is_replaced():
    """A lone surrogate does not stop a message."""
    assert encoded({"a": "\ud800"}) == b'{"a":"?"}'


def test_importing_the_notifiers_loads_no_network_module():
    """The classes are there without urllib.request, http, ssl, hmac and apprise."""
    names = ["webhook", "dingtalk", "feishu", "wecom", "apprise", "urls"]
    imports = "; ".join(f"import auto_model_monitor.notifiers.{name}" for name in names)
    code = (
        f"import sys; {imports}; heavy = 'urllib.request http ssl socket hmac apprise'.split();"
        "print(*(name for name in heavy if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


PROXIES = {
    "refuses": ("http_proxy", "http://127.0.0.1:9", "http://127.0.0.1:9"),
    "with-a-password": ("http_proxy", f"http://me:{CANARY}@127.0.0.1:9", "http://127.0.0.1:9"),
    "without-a-scheme": ("http_proxy", "127.0.0.1:9", "http://127.0.0.1:9"),
    "unknown-host": ("http_proxy", "http://proxy.invalid:3128", "http://proxy.invalid:3128"),
    "https": ("https_proxy", "http://127.0.0.1:9", "http://127.0.0.1:9"),
    "upper-case": ("HTTPS_PROXY", f"http://u:{CANARY}@127.0.0.1:9/", "http://127.0.0.1:9"),
}


@pytest.mark.parametrize(("variable", "value", "shown"), PROXIES.values(), ids=PROXIES)
def test_an_error_names_the_proxy_of_the_environment(monkeypatch, variable, value, shown):
    """Where the environment puts a proxy in between, the error names it and the variable, and no password."""
    monkeypatch.setenv(variable, value)
    scheme = variable.lower().removesuffix("_proxy")
    error = failure_of(post, Address(f"{scheme}://203.0.113.1/{CANARY}"), b"{}", {}, 5.0)
    assert f"through the proxy {shown} of the environment variable {variable}" in str(error)


@pytest.mark.parametrize("status", [403, 407, 502, 503, 504])
def test_an_answer_names_the_proxy_that_may_have_given_it(robot_server, monkeypatch, status):
    """An error status that came through a proxy names the proxy."""
    proxy = robot_server()
    proxy.replies = [Reply(status, b"blocked")]
    monkeypatch.setenv("http_proxy", proxy.url)
    address = Address("http://hooks.example/x")
    text = str(refusal(address, post(address, b"{}", {}, 5.0)))
    assert f"answered {status} through the proxy {proxy.url}" in text


def test_a_host_without_a_proxy_names_none(robot_server, monkeypatch):
    """What no_proxy excepts, and what other schemes use, is not named."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "localhost")
    server = robot_server()
    server.replies = [Reply(503, b"busy")]
    assert "proxy" not in str(refusal(Address(server.url), post_to(server)))
