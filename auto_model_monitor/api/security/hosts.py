"""The host names of this server, as ``Host`` and ``Origin`` headers give them.

A page of another site can make a browser believe that its own name leads to this machine (DNS rebinding).
The browser then sends that name as ``Host``, which reveals the attempt.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from ...core.errors import ConfigError

DEFAULT_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_PORTS = {"http": "80", "https": "443"}


class Host(NamedTuple):
    """A host name in lower case, without a final dot, IPv6 without brackets; and its port, if any."""

    name: str
    port: str


def host_of(text: str) -> Host | None:
    """Return the host of a ``Host`` header, or None if the header is malformed."""
    found = _HOST.fullmatch(text)
    if found is None:
        return None
    name = found[1].lower()
    if name.startswith("["):
        try:
            return Host(ipaddress.IPv6Address(name[1:-1]).compressed, found[2] or "")
        except ValueError:
            return None
    return Host(name.removesuffix("."), found[2] or "")


def is_same_origin(origin: str, host: Host) -> bool:
    """Return whether an ``Origin`` is the server of that name and port.

    The scheme is not compared: behind a proxy that speaks TLS the server does not know it.
    """
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    sender = host_of(parts.netloc)
    default = _PORTS.get(parts.scheme)
    if sender is None or default is None or sender.name != host.name:
        return False
    return (sender.port or default) == (host.port or default)


def allowed_names(hosts: Iterable[str]) -> frozenset[str]:
    """Return host names and addresses as :class:`Host` writes them; IPv6 is given with or without brackets.

    Raises:
        ConfigError: one of them is not a name, such as ``*``, or has a port.
    """
    return frozenset(_name(host) for host in hosts)


def _name(text: str) -> str:
    host = host_of(f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text)
    if host is None or host.port:
        raise ConfigError(f"allowed host: expected a name or an address without a port, got {text!r}")
    return host.name


def is_loopback(address: str) -> bool:
    """Return whether only this machine can reach an address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def is_address(name: str) -> bool:
    """Return whether a name is a numeric address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
