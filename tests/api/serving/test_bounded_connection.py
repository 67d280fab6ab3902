"""Connections of unknown clients, which get little memory and little time."""

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
    """Connect to a server and send data."""
    with ExitStack() as opened:
        port = live().port

        def start(data: bytes = b"") -> socket.socket:
            made = opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=200))
            made.sendall(data)
            return made

        yield start


def all_of(client: socket.socket) -> bytes:
    """Return everything until the server closes the connection."""
    pieces = []
    try:
        while piece := client.recv(65536):
            pieces.append(piece)
    except ConnectionResetError:  # it had not read all that was sent
        pass
    return b"".join(pieces)


def pour(client: socket.socket, piece: bytes) -> int:
    """Send until the server closes the connection; return how much it accepted."""
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
    """Headers or an address without an end are cut off before they fill the memory."""
    client = connect(start)
    piece = b"X-Header: 1\r\n" * 1000 if start is HEAD else b"a" * 10_000
    assert pour(client, piece) < 50_000_000


def test_slightly_too_long_headers_get_431(connect: Connect) -> None:
    """Headers that are slightly too long get 431."""
    assert all_of(connect(HEAD + b"X: " + b"a" * bounded_connection.MAX_HEADER_BYTES)).startswith(
        b"HTTP/1.1 431 "
    )


def test_long_headers_within_the_limit_pass(connect: Connect) -> None:
    """Long headers within the limit, such as the cookies of many servers, pass."""
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
def test_a_silent_connection_is_closed(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, data: bytes
) -> None:
    """A connection that sends nothing, half of its headers, or nothing after a response, is closed."""
    monkeypatch.setattr(bounded_connection, "HEADER_TIMEOUT", 0.2)
    all_of(connect(data))


def test_occasional_requests_keep_a_connection(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    """The timeout restarts with every response."""
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


def test_connections_above_the_limit_are_closed(
    live: Callable[..., Live], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections above the limit are closed; those below it still work."""
    monkeypatch.setattr(uvicorn_server, "max_connections", lambda: 3)
    port = live().port
    with ExitStack() as opened:
        clients = [
            opened.enter_context(socket.create_connection(("127.0.0.1", port), timeout=200)) for _ in range(5)
        ]
        assert all_of(clients[4]) == all_of(clients[3]) == b""
        clients[0].sendall(HEAD + b"\r\n")
        assert b"200 OK" in clients[0].recv(65536)


def test_a_protocol_upgrade_is_ignored(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """A request to upgrade the protocol is answered in HTTP/1.1, and nothing is logged."""
    client = connect(HEAD + b"Connection: upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert b"200 OK" in client.recv(65536)
    assert "WebSocket" not in caplog.text
