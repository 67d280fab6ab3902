"""Addresses that somebody else wrote lead to the public internet, or nowhere."""

from __future__ import annotations

import socket

import pytest
from certificates import certificate
from robot_server import Reply

from auto_model_monitor import NotificationError, WebhookNotifier
from auto_model_monitor.notifiers import public_only


def refused(url, message):
    with pytest.raises(NotificationError) as caught:
        WebhookNotifier(url, public_only=True).send(message)
    return caught.value


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
        "[::]",
    ],
)
def test_this_machine_is_not_public(robot_server, make_message, host):
    """However loopback is written, no connection is made, and the refusal lasts."""
    server = robot_server()
    error = refused(f"http://{host}:{server.port}/", make_message())
    assert error.permanent
    assert "expected a public address" in str(error)
    assert server.requests == []


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("198.18.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("::ffff:8.8.8.8", True),
    ],
)
def test_what_is_public(host, public):
    """Private, shared, link-local, multicast and wrapped addresses are not public."""
    assert public_only.is_public(host) is public


def test_a_redirect_inside_is_refused(robot_server, make_message, monkeypatch):
    """A public server cannot send the message on to this machine."""
    server = robot_server()
    server.replies = [Reply(307, b"", {"Location": f"http://localhost:{server.port}/inside"})]
    monkeypatch.setattr(public_only, "is_public", lambda host: True)
    error = refused(f"http://127.0.0.1:{server.port}/", make_message())
    assert "redirected" in str(error)
    assert [request.path for request in server.requests] == ["/"]


def test_a_name_that_changes_its_mind_is_looked_up_once(make_message, monkeypatch):
    """The connection goes to the address that was checked, not to a second look-up's."""
    answers = iter(["93.184.216.34", "127.0.0.1"])
    asked, reached = [], []

    def look_up(host, port, *_, **__):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    def connect(address, *_):
        reached.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    assert not refused("http://rebind.example/", make_message()).permanent
    assert asked == ["rebind.example"]
    assert reached == [("93.184.216.34", 80)]


def test_one_private_address_among_others_is_enough(make_message, monkeypatch):
    """A host with public and private addresses is refused."""
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ("93.184.216.34", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    assert refused("http://both.example/", make_message()).permanent


def test_a_proxy_is_not_asked(robot_server, make_message, monkeypatch):
    """A proxy would look the host up by itself, so it is passed by."""
    proxy = robot_server()
    monkeypatch.setenv("http_proxy", proxy.url)
    assert refused("http://10.0.0.1/", make_message()).permanent
    assert proxy.requests == []


@pytest.mark.parametrize("kind", ["good", "wrong-name"])
def test_tls_is_verified_all_the_same(robot_server, make_message, monkeypatch, kind):
    """The checked connection verifies the name that was asked for."""
    server = robot_server(certificate=certificate("localhost", kind))
    monkeypatch.setattr(public_only, "is_public", lambda host: True)
    url = f"https://localhost:{server.port}/"
    if kind == "good":
        WebhookNotifier(url, public_only=True).send(make_message())
        assert len(server.requests) == 1
    else:
        assert "cannot be trusted" in str(refused(url, make_message()))
