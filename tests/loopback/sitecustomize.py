"""Put on PYTHONPATH by a test: sends every connection to a mail provider to a server on loopback.

`LOOPBACK_PORT` is the port on 127.0.0.1 that stands for any port of `LOOPBACK_HOST`.
"""

import os
import socket

_getaddrinfo = socket.getaddrinfo
_host = os.environ.get("LOOPBACK_HOST", "smtp.qq.com")


def _on_loopback(host, port, *args, **kwargs):
    if host == _host:
        return _getaddrinfo("127.0.0.1", int(os.environ["LOOPBACK_PORT"]), *args, **kwargs)
    return _getaddrinfo(host, port, *args, **kwargs)


socket.getaddrinfo = _on_loopback
