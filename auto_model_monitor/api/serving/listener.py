"""The socket that the server listens on, and how many sockets may be open."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress

from ...core.errors import ConfigError, MonitorError
from ...core.host import host_name

_USER_TIMEOUT = 30  # seconds after which the kernel drops a connection whose client acknowledges nothing
_RESERVE = 300  # file descriptors beside the streams: the store, the logs, other requests
_MAX_CONNECTIONS = 10_000  # where file descriptors are no limit


class ListenError(MonitorError, OSError):
    """The server cannot listen on a port."""


def open_listener(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ConfigError: the host is not an address of this machine.
        ListenError: the port is taken, or needs more rights.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"--host: expected an address of this machine, got {host!r}: {error}") from None
    family, _, _, _, address = found[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # there it would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # connections inherit it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT * 1000)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ListenError(
            f"cannot listen on {host}:{port}, {(error.strerror or str(error)).lower()}: stop the program "
            "that uses the port, or choose another --port; --port 0 takes a free one"
        ) from None
    return listener


def url_of(listener: socket.socket, host: str) -> str:
    """Return the URL that people open."""
    port = listener.getsockname()[1]
    if host in ("0.0.0.0", "::", ""):
        host = host_name()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def max_streams(expected: int = 2000) -> int:
    """Return how many streams may be open, after raising the limit of open files as far as allowed."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY:
            return expected
        needed = expected + _RESERVE
        if soft < needed:
            soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(10, min(expected, soft - _RESERVE))
    return expected


def max_connections() -> int:
    """Return how many connections may be open; the rest of the file descriptors is for store and logs."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            return max(20, min(_MAX_CONNECTIONS, soft - _RESERVE // 2))
    return _MAX_CONNECTIONS
