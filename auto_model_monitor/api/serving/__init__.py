"""Sockets, connections and uvicorn: what carries requests to the application."""

from __future__ import annotations

from .listener import max_streams, open_listener, url_of
from .uvicorn_server import UvicornServer

__all__ = ["UvicornServer", "max_streams", "open_listener", "url_of"]
