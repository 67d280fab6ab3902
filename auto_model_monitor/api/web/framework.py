"""The only module that imports FastAPI, Starlette and pydantic."""

from __future__ import annotations

from ...core.extras import extra

with extra("api"):
    from fastapi import FastAPI, Header, Path, Query, Request
    from fastapi.exceptions import RequestValidationError
    from fastapi.routing import APIRoute
    from pydantic import AfterValidator, BaseModel, ConfigDict, Field
    from starlette.exceptions import HTTPException
    from starlette.responses import RedirectResponse, Response, StreamingResponse
    from starlette.routing import Route
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Key in the ASGI scope of the server's own ``send``. A long answer uses it to skip the layers in between,
#: which cost time at each chunk.
RAW_SEND = "auto_model_monitor.send"
#: Key in the ASGI scope of the path below which the server is reached; empty for none.
PREFIX = "auto_model_monitor.prefix"

__all__ = [
    "PREFIX",
    "RAW_SEND",
    "APIRoute",
    "ASGIApp",
    "AfterValidator",
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
