"""Errors as problem documents (RFC 9457): what was expected, what was got, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from .json_text import dumps
from .web import Send

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that is not answered as it was meant.

    Attributes:
        status: the HTTP status.
        detail: what was expected, what was got and what to do, in one or two sentences.
        errors: of a body or a query, each fault with its place.
        headers: what the answer carries beside.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Take the status and what to say."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def document(self) -> dict[str, Any]:
        """Return the document; ``about:blank`` says that the status is the type of the problem."""
        document: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [dict(error) for error in self.errors]
        return document

    def body(self) -> bytes:
        """Return the document as JSON."""
        return dumps(self.document())

    async def answer(self, send: Send) -> None:
        """Send the document as the whole answer to a request, where no framework has it in hand."""
        body = self.body()
        headers = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **self.headers}
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})
