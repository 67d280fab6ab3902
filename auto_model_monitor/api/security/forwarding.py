"""What a proxy in front of the server says about itself: the host, the scheme and the path that it offers.

No page of another site can send these headers: a browser asks the server for leave first, and gets none.
They never replace the ``Host`` that is checked, so that a name that an attacker leads here gains nothing.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from ..web.framework import Scope
from .hosts import Host, host_of

_PREFIX = re.compile(r"(?:/[\w.~-]{1,100}){1,20}", re.ASCII)
_PORT = re.compile(r"[0-9]{1,5}")


def public_hosts(headers: Mapping[str, str], host: Host, names: Container[str]) -> tuple[Host, ...]:
    """Return the hosts and ports that a page of this server may have in its address.

    Args:
        headers: the request's.
        host: its ``Host``, which has been checked.
        names: the names under which the server is reached.
    """
    found = [host]
    forwarded = host_of(_first(headers, "x-forwarded-host"))
    if forwarded is not None and forwarded.name in names:
        found.append(forwarded)
    port = _first(headers, "x-forwarded-port")
    if _PORT.fullmatch(port):
        found += [one._replace(port=port) for one in found if not one.port]
    return tuple(found)


def prefix_of(scope: Scope, headers: Mapping[str, str]) -> str:
    """Return the path below which the server is reached, such as ``/monitor``; empty for none.

    A proxy names it in ``X-Forwarded-Prefix``, an application that mounts this one in its ``root_path``.
    """
    forwarded = _first(headers, "x-forwarded-prefix").rstrip("/")
    parts = (forwarded if _is_prefix(forwarded) else "", scope.get("root_path") or "")
    return parts[0] or parts[1].rstrip("/")


def is_secure(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Return whether the client speaks TLS, with this server or with a proxy."""
    return scope.get("scheme") == "https" or _first(headers, "x-forwarded-proto").lower() == "https"


def _is_prefix(text: str) -> bool:
    return _PREFIX.fullmatch(text) is not None and ".." not in text.split("/")


def _first(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").partition(",")[0].strip()
