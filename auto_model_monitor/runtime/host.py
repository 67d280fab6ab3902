"""The machine that the process runs on."""

from __future__ import annotations


def host_name() -> str:
    """Return this machine's name, as messages and reports show it."""
    import socket  # slow to import

    return socket.gethostname()
