"""Web addresses that contain a secret: checked at construction, never shown in full."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

from ..core.errors import ConfigError
from ..core.numbers import compiled
from ..core.secret import Secret

_UNUSABLE = "[\x00-\x20\x7f\ud800-\udfff]"
_SAFE = "/%:=&?~+!$,;'@()*"
_SHORTEST_SECRET = 6


class Address:
    """A web address that shows only its scheme, host and port.

    Args:
        url: ``https://…`` or ``http://…``; a user and password in it become basic authorisation.
        what: its name in errors.

    Attributes:
        place: scheme, host and port, for logs and errors.
        host: the host name.

    Raises:
        ConfigError: it is not a web address. The error does not show it.
    """

    def __init__(self, url: str, what: str = "url") -> None:
        parts = _split(url, what)
        self.host = parts.hostname or ""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        netloc = shown if parts.port is None else f"{shown}:{parts.port}"
        self.place = f"{parts.scheme}://{netloc}"
        self._authorisation = _basic(parts)
        path = quote(parts.path or "/", safe=_SAFE)
        self._url = Secret(urlunsplit((parts.scheme, netloc, path, quote(parts.query, safe=_SAFE), "")))
        self._secrets = Secret("\n".join(_secret_parts(parts)))

    def __repr__(self) -> str:
        """Show only the place."""
        return f"Address({self.place!r})"

    @property
    def url(self) -> str:
        """The whole address, without user and password."""
        return self._url.reveal()

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request to it."""
        usual = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "auto-model-monitor"}
        return (
            usual if self._authorisation is None else usual | {"Authorization": self._authorisation.reveal()}
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every part of it that no log or error may show."""
        return tuple(self._secrets.reveal().split("\n"))

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address, decoded."""
        return dict(parse_qsl(urlsplit(self.url).query))

    @property
    def fingerprint(self) -> str:
        """Six hexadecimal digits that distinguish addresses at one host without revealing them."""
        return fingerprint(self.url)

    def with_query(self, parameters: Mapping[str, str]) -> Address:
        """Return the address with further query parameters, each URL-encoded once."""
        joint = "&" if urlsplit(self.url).query else "?"
        return Address(f"{self.url}{joint}{urlencode(parameters)}")


def fingerprint(text: str) -> str:
    """Return the first six hexadecimal digits of the text's SHA-256."""
    import hashlib

    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def positive(timeout: float) -> float:
    """Return a timeout in seconds as a float.

    Raises:
        ConfigError: it is not more than 0 and less than a day.
    """
    if not 0 < timeout < 86_400:
        raise ConfigError(f"timeout: expected more than 0 and less than 86400 seconds, got {timeout!r}")
    return float(timeout)


def _split(url: str, what: str) -> SplitResult:
    problem, parts = "", None
    if not isinstance(url, str) or compiled(_UNUSABLE).search(url):
        problem = (
            "something with spaces or control characters" if isinstance(url, str) else type(url).__name__
        )
    else:
        try:
            parts = urlsplit(url)
            parts.port  # noqa: B018  # raises ValueError for an invalid port
        except ValueError:
            problem = "a malformed address"
        else:
            if parts.scheme not in ("http", "https"):
                problem = f"the scheme {parts.scheme[:20]!r}"
            elif not parts.hostname:
                problem = "no host"
    if problem or parts is None:
        raise ConfigError(f"{what}: expected an address like https://host/path, got {problem}")
    return parts


def _basic(parts: SplitResult) -> Secret | None:
    if parts.username is None:
        return None
    from base64 import b64encode

    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return Secret(f"Basic {b64encode(pair.encode()).decode()}")


def _secret_parts(parts: SplitResult) -> list[str]:
    words = [parts.path, parts.query, *parts.path.split("/")]
    words += [value for _, value in parse_qsl(parts.query, keep_blank_values=False)]
    words += [part.partition("=")[2] for part in parts.query.split("&")]
    found = {word for word in words if len(word) >= _SHORTEST_SECRET} | {parts.password or ""}
    found |= {unquote(word) for word in found} | {quote(word, safe="") for word in found}
    # Longest first: hiding a short secret inside a longer one would leave the rest visible.
    return sorted((word for word in found if word and "\n" not in word), key=len, reverse=True)
