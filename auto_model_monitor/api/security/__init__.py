"""Who may ask, from where, under which host name, how much they may send, and which paths they may name."""

from __future__ import annotations

from .allowed_paths import AllowedPaths
from .hosts import DEFAULT_HOSTS, allowed_names, is_loopback
from .middleware import SecurityMiddleware
from .token import AccessToken, stored_token

__all__ = [
    "DEFAULT_HOSTS",
    "AccessToken",
    "AllowedPaths",
    "SecurityMiddleware",
    "allowed_names",
    "is_loopback",
    "stored_token",
]
