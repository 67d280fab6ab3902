"""Errors as problem documents (RFC 9457): what was expected, what was received, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from .framework import Response, Send
from .json_response import dumps

MEDIA_TYPE = "application/problem+json"


class HTTPProblem(Exception):
    """An error that is answered with a problem document.

    Args:
        status: the HTTP status.
        detail: what was expected, what was received and what to do, in one or two sentences.
        errors: each fault of a body or a query, with its location.
        headers: further headers of the response.

    Attributes:
        status: the HTTP status.
        detail: the text above.
        errors: the faults above.
        headers: the headers above.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def body(self) -> bytes:
        """Return the document as JSON; type ``about:blank`` means that the status is the type."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [dict(error) for error in self.errors]
        return dumps(document)

    def response(self) -> Response:
        """Return the document as a response of the framework."""
        return Response(self.body(), self.status, self.headers, MEDIA_TYPE)

    async def send_to(self, send: Send) -> None:
        """Send the document as the whole response, outside of the framework."""
        body = self.body()
        headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **self.headers}
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})
