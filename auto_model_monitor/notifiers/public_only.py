"""Connections restricted to public addresses, for URLs that other people provide."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from typing import Any
from urllib.request import HTTPHandler, HTTPSHandler, ProxyHandler, Request


class NotPublicError(OSError):
    """The address belongs to a private network."""


def handlers(context: ssl.SSLContext | None) -> tuple[ProxyHandler, HTTPHandler, HTTPSHandler]:
    """Return an opener's handlers: checked sockets, and no proxy, which would resolve the host itself."""
    return ProxyHandler({}), _PublicHTTPHandler(), _PublicHTTPSHandler(context)


def connect(address: tuple[str, int], timeout: float, source_address: Any = None) -> socket.socket:
    """Connect as ``socket.create_connection`` does, to a public address.

    The host is resolved once and the connection goes to the checked address: a second lookup could
    return another one (DNS rebinding).

    Raises:
        NotPublicError: one of the host's addresses is not public.
    """
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    targets: list[tuple[str, int]] = [(str(entry[4][0]), address[1]) for entry in found]
    if not all(is_public(host) for host, _ in targets):
        raise NotPublicError("expected a public address, got one of a private network")
    return socket.create_connection(targets[0], timeout, source_address)


def is_public(host: str) -> bool:
    """Return whether an IP address, or the IPv4 address inside it, is public."""
    ip = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        # 6to4, Teredo and NAT64 lead to any IPv4 address.
        if ip.sixtofour is not None or ip.teredo is not None or ip in _NAT64:
            return False
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class _PublicHTTPConnection(http.client.HTTPConnection):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._create_connection = connect


class _PublicHTTPSConnection(http.client.HTTPSConnection):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._create_connection = connect


class _PublicHTTPHandler(HTTPHandler):
    def http_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_PublicHTTPConnection, req)


class _PublicHTTPSHandler(HTTPSHandler):
    def __init__(self, context: ssl.SSLContext | None) -> None:
        super().__init__(context=context)
        self._verified = context

    def https_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_PublicHTTPSConnection, req, context=self._verified)
