"""Connections of people of whom nothing is known yet: they get little memory and little time."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

pytest.importorskip("fastapi")

from auto_model_monitor.api.serving import bounded_connection, uvicorn_server
from tests.api.live import Live

Connect = Callable[..., socket.socket]
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
def connect(live: Callable[..., Live]) -> Iterator[Connect]:
    """Connect to a server, and send something."""
    with ExitStack() as opened:
        port = live().port

        def start(data: bytes = b"") -> socket.socket:
            made = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))
            made.sendall(data)
            return made

        yield start


def all_of(client: socket.socket) -> bytes:
    """Return what comes until the server ends the connection."""
    pieces = []
    try:
        while piece := client.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:  # it had not read all that was sent
        pass
    return b"".join(pieces)


def pour(client: socket.socket, piece: bytes) -> int:
    """Send and send, until the server has had enough; return how much it took."""
    sent = 0
    try:
        while sent < 50_000_000:
            client.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


@pytest.mark.parametrize("start", [HEAD, b"GET /", HEAD[:-2] + b"x"])
def test_headers_without_end_are_cut_off(connect: Connect, start: bytes) -> None:
    """Somebody who sends headers, or an address, without end is sent away before they fill the memory."""
    client = connect(start)
    piece = b"X-Header: 1\r\n" * 1000 if start is HEAD else b"a" * 10_000
    assert pour(client, piece) < 50_000_000


def test_headers_a_little_too_long_are_told(connect: Connect) -> None:
    """Whoever sends too much by mistake is answered why."""
    assert all_of(connect(HEAD + b"X: " + b"a" * bounded_connection.MAX_HEADER_BYTES)).startswith(
        b"HTTP/1.1 431 "
    )


def test_long_headers_that_come_to_an_end_pass(connect: Connect) -> None:
    """What a browser may send, cookies of many servers on one name, is taken."""
    assert b"200 OK" in connect(HEAD + b"Cookie: " + b"a=b; " * 5000 + b"\r\n\r\n").recv(65536)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"GET ",
        HEAD,
        HEAD + b"\r\n",
        HEAD + b"\r\n" + HEAD,
        b"POST /api/v2/training/start HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n{",
    ],
)
def test_whoever_says_nothing_is_given_up(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    """A connection that sends nothing, half of its headers, or nothing after an answer, is ended."""
    monkeypatch.setattr(bounded_connection, "HEADER_TIMEOUT", 0.2)
    all_of(connect(data))


def test_a_request_every_now_and_then_keeps_a_connection(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The patience begins anew with every answer."""
    monkeypatch.setattr(bounded_connection, "HEADER_TIMEOUT", 2.0)
    client = connect()
    begun = time.monotonic()
    while time.monotonic() < begun + 2.5:
        client.sendall(HEAD + b"\r\n")
        answer = b""
        while b'"ok"' not in answer:  # it may come in pieces
            piece = client.recv(65536)
            assert piece
            answer += piece
        assert b"200 OK" in answer


def test_one_connection_too_many_is_ended_at_once(
    live: Callable[..., Live], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many connect, files are left for the trainings; and when they have gone, others may come."""
    monkeypatch.setattr(uvicorn_server, "max_connections", lambda: 3)
    port = live().port
    with ExitStack() as opened:
        clients = [
            opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30)) for _ in range(5)
        ]
        assert all_of(clients[4]) == all_of(clients[3]) == b""
        clients[0].sendall(HEAD + b"\r\n")
        assert b"200 OK" in clients[0].recv(65536)


def test_another_protocol_is_not_spoken(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever wants to change the protocol is answered in this one, and nothing is logged of it."""
    client = connect(HEAD + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert b"200 OK" in client.recv(65536)
    assert "WebSocket" not in caplog.text
