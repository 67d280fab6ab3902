"""The HTTP API (extra ``api``): trainings are started, watched and stopped over it; with a page beside."""

from __future__ import annotations

from .application import create_app

__all__ = ["create_app"]
