"""One guard before everything: who asks, from where, by which name, and how much they send."""

from __future__ import annotations

from .gate import Guard
from .hosts import DEFAULT_HOSTS, AllowedHosts
from .token import stored_token

__all__ = ["DEFAULT_HOSTS", "AllowedHosts", "Guard", "stored_token"]
