"""The name of this machine."""

from __future__ import annotations


def host_name() -> str:
    """Return the name of this machine, for messages."""
    import socket  # slow to import, and not every program needs it

    return socket.gethostname()
