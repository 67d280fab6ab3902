"""The listening socket, and the URL that people open."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest

pytest.importorskip("fastapi")

from auto_model_monitor import ConfigError
from auto_model_monitor.api.serving import max_streams, open_listener, url_of
from auto_model_monitor.api.serving.listener import ListenError


def test_an_address_can_be_opened():
    """The printed URL leads to the socket, with IPv6 in brackets and a host name for all addresses."""
    for host in ("127.0.0.1", "localhost", "::1"):
        try:
            listener = open_listener(host, 0)
        except ListenError:
            continue  # a machine without IPv6
        with closing(listener):
            port = listener.getsockname()[1]
            shown = f"[{host}]" if ":" in host else host
            assert url_of(listener, host) == f"http://{shown}:{port}"
            socket.create_connection((host, port), timeout=200).close()
    with closing(open_listener("0.0.0.0", 0)) as listener:
        assert socket.gethostname() in url_of(listener, "0.0.0.0")


def test_errors_of_the_listener_say_what_to_do():
    """The errors for a port in use and an unknown host say what to do."""
    with closing(open_listener("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"cannot listen on 127\.0\.0\.1:{port}.*--port 0"):
            open_listener("127.0.0.1", port)
    with pytest.raises(ConfigError, match="--host: expected"):
        open_listener("no-such-host.invalid", 0)
    with pytest.raises(ListenError):
        open_listener("192.0.2.1", 0)


def test_the_limit_of_open_files_limits_the_streams():
    """The limit of open files is raised as far as allowed, and limits the streams."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        expected = 500 if before[1] == resource.RLIM_INFINITY else min(500, before[1] - 400)
        assert max_streams(expected) == expected
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] >= expected
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
