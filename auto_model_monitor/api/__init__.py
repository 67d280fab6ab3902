"""The HTTP API (extra ``api``): start, watch and stop trainings over HTTP, with a page for browsers."""

from __future__ import annotations

from .application import create_app

__all__ = ["create_app"]
