"""Connections to the public internet alone, for addresses that somebody else wrote."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
from typing import Any
from urllib.request import HTTPHandler, HTTPSHandler, ProxyHandler, Request


class NotPublicError(OSError):
    """An address inside a network, at which nobody from outside has any business."""


def handlers(context: ssl.SSLContext) -> tuple[ProxyHandler, HTTPHandler, HTTPSHandler]:
    """Return what an opener needs: no proxy, which would look the host up by itself, and checked sockets."""
    return ProxyHandler({}), _Plain(), _Encrypted(context)


def connect(address: tuple[str, int], timeout: float, source_address: Any = None) -> socket.socket:
    """Connect as ``socket.create_connection`` does, to a public address.

    The host is looked up once, and the connection goes to the very address that was checked: a
    second look-up could give another one.

    Raises:
        NotPublicError: one of the host's addresses is not public.
    """
    found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
    targets: list[tuple[str, int]] = [(str(entry[4][0]), address[1]) for entry in found]
    if not all(is_public(host) for host, _ in targets):
        raise NotPublicError("it lies inside a network, and only public addresses are allowed here")
    return socket.create_connection(targets[0], timeout, source_address)


def is_public(host: str) -> bool:
    """Tell whether an IP address is one of the public internet, also where it wraps another."""
    ip = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        # 6to4, Teredo and NAT64 lead to an IPv4 address of the sender's choice.
        if ip.sixtofour is not None or ip.teredo is not None or ip in _NAT64:
            return False
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class _Connection(http.client.HTTPConnection):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._create_connection = connect


class _TLSConnection(http.client.HTTPSConnection):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._create_connection = connect


class _Plain(HTTPHandler):
    def http_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_Connection, req)


class _Encrypted(HTTPSHandler):
    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(context=context)
        self._verified = context

    def https_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_TLSConnection, req, context=self._verified)
