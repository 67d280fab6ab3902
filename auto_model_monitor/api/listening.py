"""The socket that the server listens on, and how many may be open."""

from __future__ import annotations

import socket
import sys
from contextlib import suppress

from ..core.errors import ConfigError, MonitorError

_SILENCE = 30  # seconds after which a connection whose client takes nothing is given up by the kernel
_RESERVE = 300  # files beside the streams: the store, the logs, other requests
_MOST = 10_000  # connections, where files are no limit


class ListeningError(MonitorError, OSError):
    """A port that cannot be had."""


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        ConfigError: the host is none of this machine's.
        ListeningError: the port is taken, or not for everybody.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"--host: expected an address of this machine, got {host!r}: {error}") from None
    family, _, _, _, address = found[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":  # where it would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # connections inherit it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _SILENCE * 1000)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ListeningError(
            f"{host}:{port} cannot be listened on, {(error.strerror or str(error)).lower()}: end the program "
            "that has it, or give another --port; --port 0 takes a free one"
        ) from None
    return listener


def url_of(listener: socket.socket, host: str) -> str:
    """Return the address that people open."""
    port = listener.getsockname()[1]
    if host in ("0.0.0.0", "::", ""):
        host = socket.gethostname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def most_streams(expected: int = 2000) -> int:
    """Return how many streams may be open; the limit of open files is raised for them as far as allowed."""
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


def most_connections() -> int:
    """Return how many connections may be open, so that files are left for the store and the logs."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            return max(20, min(_MOST, soft - _RESERVE // 2))
    return _MOST
