"""The one door to FastAPI, and to Starlette and pydantic, which come with it."""

from __future__ import annotations

from ..core.extras import extra

with extra("api"):
    from fastapi import FastAPI, Header, Path, Query, Request
    from fastapi.exceptions import RequestValidationError
    from fastapi.routing import APIRoute
    from pydantic import BaseModel, ConfigDict, Field
    from starlette.exceptions import HTTPException
    from starlette.responses import RedirectResponse, Response, StreamingResponse
    from starlette.routing import Route
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = [
    "APIRoute",
    "ASGIApp",
    "BaseModel",
    "ConfigDict",
    "FastAPI",
    "Field",
    "HTTPException",
    "Header",
    "Message",
    "Path",
    "Query",
    "Receive",
    "RedirectResponse",
    "Request",
    "RequestValidationError",
    "Response",
    "Route",
    "Scope",
    "Send",
    "StreamingResponse",
]
