"""Which proxy stands between this process and a server."""

from __future__ import annotations

import os
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def proxy_note(url: str) -> str:
    """Return ``" through the proxy …"`` if requests to ``url`` take one, else nothing.

    It names the proxy without user and password, and the environment variable, because who reads the error
    may not know that a shell profile or a container sets one.
    """
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if not proxy or proxy_bypass(parts.hostname or ""):
        return ""
    names = f"{parts.scheme}_proxy", f"{parts.scheme.upper()}_PROXY"
    source = next(
        (f"environment variable {name}" for name in names if os.environ.get(name)), "system settings"
    )
    return f" through the proxy {_shown(proxy)} of the {source}"


def _shown(proxy: str) -> str:
    address = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        return "(a malformed address)"
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"
