"""Prometheus' HTTP API: one instant query, its samples and its errors."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from ...core.errors import SourceError
from ...core.secret import Secret
from ...notifiers.address import Address
from ...notifiers.http import quoted

_LARGEST = 64 * 1024 * 1024  # bytes of an answer: half a million series


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One series' number.

    Attributes:
        labels: its labels, ``__name__`` among them where the query keeps it.
        seconds: when the query was evaluated, since 1970.
        value: the number as it is written, such as ``0.5``, ``NaN`` or ``+Inf``; None for a histogram.
    """

    labels: dict[str, str]
    seconds: float
    value: str | None


class QueryAPI:
    """Asks a server; also one of another make that answers as Prometheus does, such as VictoriaMetrics.

    Args:
        address: the server, with its path prefix if it has one.
        token: a bearer token; None for none.
        timeout: seconds for the connection, and for the whole answer.
    """

    def __init__(self, address: Address, token: Secret | None, timeout: float) -> None:
        self._address = address
        self._token = token
        self._timeout = timeout

    @property
    def place(self) -> str:
        """Scheme, host and port, for logs and errors."""
        return self._address.place

    def query(self, text: str) -> list[Sample]:
        """Return the samples of an instant query.

        Raises:
            SourceError: the server cannot be reached or refuses the query. The error shows no secret.
        """
        status, body, problem = self._exchange(text)
        if problem:
            # Raised outside the except block: the original exception and its frames hold the address.
            raise SourceError(f"{self.place}: {problem}")
        try:
            answer = json.loads(body)
            if answer["status"] == "success":
                return _samples(answer["data"])
            reason = f"{answer['errorType']}: {answer['error']}"
        except (ValueError, KeyError, TypeError, RecursionError):
            reason = body.decode("utf-8", "replace")
        raise SourceError(f"{self.place} answered {status} to the query ({self._quoted(reason)})")

    def _exchange(self, text: str) -> tuple[int, bytes, str]:
        """Return the status and the body, or what went wrong."""
        data = urlencode({"query": text}).encode()
        base, _, parameters = self._address.url.partition("?")
        url = f"{base.rstrip('/')}/api/v1/query{'?' if parameters else ''}{parameters}"
        request = Request(url, data, {"User-Agent": "auto-model-monitor", "Accept": "application/json"})
        authorisation = self._address.headers.get("Authorization")
        if self._token is not None:
            authorisation = f"Bearer {self._token.reveal()}"
        if authorisation is not None:
            # A redirect to another host must not take it along.
            request.add_unredirected_header("Authorization", authorisation)
        try:
            try:
                with urlopen(request, timeout=self._timeout) as response:
                    return response.status, self._body(response), ""
            except HTTPError as refusal:
                with refusal:
                    return refusal.code, self._body(refusal), ""
        except (OSError, http.client.HTTPException, ValueError) as failure:
            reason = failure.reason if isinstance(failure, URLError) else failure
            return 0, b"", self._quoted(f"cannot be asked: {type(reason).__name__}: {reason}")

    def _body(self, response: Any) -> bytes:
        end, parts, room = time.monotonic() + self._timeout, [], _LARGEST
        while part := response.read1(min(room + 1, 1 << 16)):
            parts.append(part)
            room -= len(part)
            if room < 0:
                raise ValueError(f"the answer has more than {_LARGEST >> 20} MiB; aggregate the query")
            if time.monotonic() > end:
                raise TimeoutError(f"the answer was not complete after {self._timeout:g} s")
        return b"".join(parts)

    def _quoted(self, text: str) -> str:
        secrets = () if self._token is None else (self._token.reveal(),)
        return quoted(text, self._address, *secrets)


def _samples(data: dict[str, Any]) -> list[Sample]:
    kind, result = data["resultType"], data["result"]
    if kind == "scalar":
        return [Sample(labels={}, seconds=float(result[0]), value=str(result[1]))]
    if kind != "vector":
        hint = "; leave out the range in brackets, or put a function such as avg_over_time around it"
        text = f"expected a query whose result is a vector or a scalar, got a {kind}"
        raise SourceError(f"{text}{hint if kind == 'matrix' else ''}")
    return [_sample(entry) for entry in result]


def _sample(entry: dict[str, Any]) -> Sample:
    labels = {str(name): str(value) for name, value in entry["metric"].items()}
    if "value" not in entry:
        return Sample(labels=labels, seconds=float(entry["histogram"][0]), value=None)
    seconds, value = entry["value"]
    return Sample(labels=labels, seconds=float(seconds), value=str(value))
