"""Google's OAuth2 for mail: exchange the refresh token of a file for an access token."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field

from ..core.errors import AuthenticationError, ConfigError, NotificationError
from ..core.paths import expanded
from ..core.secret import scrub

TOKEN_URL = "https://oauth2.googleapis.com/token"
"""The token endpoint, see https://developers.google.com/identity/protocols/oauth2"""

_LARGEST_ANSWER = 1 << 20  # bytes
_FIELDS = ("email_address", "google_client_id", "google_client_secret", "google_refresh_token")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The content of a file that yagmail wrote; its repr omits the secrets."""

    email_address: str
    google_client_id: str = field(repr=False)
    google_client_secret: str = field(repr=False)
    google_refresh_token: str = field(repr=False)

    @property
    def secrets(self) -> tuple[str, str]:
        """The two values that no log or error may show."""
        return self.google_client_secret, self.google_refresh_token


def read_credentials(path: str | os.PathLike[str]) -> Credentials:
    """Read and check the file; otherwise yagmail would ask for missing values at the terminal.

    Raises:
        ConfigError: it cannot be read, or lacks a field.
    """
    found = _parsed(path)
    if isinstance(found, Credentials):
        return found
    raise ConfigError(
        f"oauth2_file: expected a JSON file with {', '.join(_FIELDS)}, got: {os.fspath(path)!r} {found}; "
        "yagmail's README explains how to create one"
    )


def _parsed(path: str | os.PathLike[str]) -> Credentials | str:
    file = expanded(path)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except ValueError:
        return "is not JSON"
    missing = _missing(content)
    if missing:
        return f"lacks {', '.join(missing)}"
    return Credentials(**{name: content[name].strip() for name in _FIELDS})


def _missing(content: object) -> list[str]:
    if not isinstance(content, dict):
        return list(_FIELDS)
    return [name for name in _FIELDS if not (isinstance(content.get(name), str) and content[name].strip())]


def access_token(credentials: Credentials, timeout: float) -> str:
    """Exchange the refresh token for an access token.

    Args:
        credentials: what the file holds.
        timeout: seconds for each network operation.

    Raises:
        AuthenticationError: Google refused the refresh token.
        NotificationError: Google is unreachable or answered something else.
    """
    from urllib.error import HTTPError
    from urllib.parse import urlencode
    from urllib.request import urlopen

    from .proxies import proxy_note

    form = urlencode(
        {
            "client_id": credentials.google_client_id,
            "client_secret": credentials.google_client_secret,
            "refresh_token": credentials.google_refresh_token,
            "grant_type": "refresh_token",
        }
    ).encode()
    try:
        with urlopen(TOKEN_URL, form, timeout=timeout) as response:
            return str(json.loads(response.read(_LARGEST_ANSWER))["access_token"])
    except HTTPError as failure:
        error = _refused(failure.code, failure.reason, credentials)
    except (OSError, ValueError, KeyError, TypeError) as failure:
        reason = scrub(str(failure), *credentials.secrets)
        error = NotificationError(f"no OAuth2 token from {TOKEN_URL}{proxy_note(TOKEN_URL)}: {reason}")
    raise error  # outside the except block: the exception's context holds the request


def _refused(code: int, reason: str, credentials: Credentials) -> NotificationError:
    from .proxies import proxy_note

    if code not in (400, 401, 403):
        return NotificationError(
            f"no OAuth2 token from {TOKEN_URL}{proxy_note(TOKEN_URL)}: it answered {code}"
        )
    text = scrub(reason, *credentials.secrets)
    return AuthenticationError(
        f"Google refused the OAuth2 refresh token of {credentials.email_address} ({code} {text}); "
        "it may have expired: create the oauth2_file again"
    )
