"""Names of this server: what a ``Host`` and an ``Origin`` may say.

A page of another site can make a browser believe that its own name leads to this machine (DNS rebinding);
the browser then sends that name as ``Host``, and this is how it is found out.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
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
    """Return what a ``Host`` header says, None where it says nothing that makes sense."""
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
    """Tell whether a page of that ``Origin`` came from the server of that name and port.

    The scheme is not compared: behind a proxy that speaks TLS the server does not know it.
    """
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    there = host_of(parts.netloc)
    default = _PORTS.get(parts.scheme)
    if there is None or default is None or there.name != host.name:
        return False
    return (there.port or default) == (host.port or default)


class AllowedHosts:
    """The names under which the server may be asked, whatever the port."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take names and addresses, IPv6 with or without brackets.

        Raises:
            ConfigError: one of them is none, such as ``*``.
        """
        self._names = {_name(name) for name in names}

    def __contains__(self, name: str) -> bool:
        """Tell whether a name is allowed; it is written as in :class:`Host`."""
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(sorted(self._names))


def _name(text: str) -> str:
    host = host_of(f"[{text}]" if text.count(":") > 1 and not text.startswith("[") else text)
    if host is None or host.port:
        raise ConfigError(f"allowed host: expected a name or an address without a port, got {text!r}")
    return host.name


def is_loopback(address: str) -> bool:
    """Tell whether an address is one that only this machine can reach."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback


def is_address(name: str) -> bool:
    """Tell whether a name is a numeric address."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
