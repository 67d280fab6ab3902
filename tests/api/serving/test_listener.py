"""Sockets that listen, and the addresses that people open."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

pytest.importorskip("fastapi")

from auto_model_monitor.api.serving.listener import ListenError, max_streams, open_listener, url_of
from auto_model_monitor.core.errors import ConfigError


def test_an_address_can_be_opened():
    """The address that is printed leads to the socket, IPv6 in brackets, and to a name instead of all."""
    for host in ("127.0.0.1", "localhost", "::1"):
        try:
            listener = open_listener(host, 0)
        except ListenError:
            continue  # a machine without IPv6
        with closing(listener):
            port = listener.getsockname()[1]
            shown = f"[{host}]" if ":" in host else host
            assert url_of(listener, host) == f"http://{shown}:{port}"
            socket.create_connection((host, port), timeout=30).close()
    with closing(open_listener("0.0.0.0", 0)) as listener:
        assert socket.gethostname() in url_of(listener, "0.0.0.0")


def test_what_cannot_be_had_is_told():
    """A port that is taken, and a host that is none, are told with what to do."""
    with closing(open_listener("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"cannot listen on 127\.0\.0\.1:{port}.*--port 0"):
            open_listener("127.0.0.1", port)
    with pytest.raises(ConfigError, match="--host: expected"):
        open_listener("no-such-host.invalid", 0)
    with pytest.raises(ListenError):
        open_listener("192.0.2.1", 0)


def test_files_bound_the_streams():
    """As many streams are allowed as files can be open, and the limit is raised as far as it goes."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        expected = 500 if before[1] == resource.RLIM_INFINITY else min(500, before[1] - 400)
        assert max_streams(expected) == expected
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= expected
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
