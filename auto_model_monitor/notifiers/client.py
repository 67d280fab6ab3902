"""yagmail's client, except that a refused code is offered once."""

from __future__ import annotations

import smtplib
from typing import Any

import yagmail


class _OneRefusal(smtplib.SMTP):
    """Takes the server's first word on a code for its last.

    The standard library offers a refused code again by the next mechanism. That is a second failed
    login, of which providers allow few, and where the server has hung up meanwhile, the refusal is
    lost behind a broken connection.
    """

    _refusal: smtplib.SMTPAuthenticationError | None = None

    def auth(self, mechanism: str, *arguments: Any, **options: Any) -> tuple[int, bytes]:
        if self._refusal is not None:
            raise self._refusal
        try:
            return super().auth(mechanism, *arguments, **options)
        except smtplib.SMTPAuthenticationError as refusal:
            # Some offer CRAM-MD5 and cannot do it; that says nothing about the code.
            if refusal.smtp_code == 535 and mechanism in ("PLAIN", "LOGIN"):
                self._refusal = refusal
            raise


class _OneRefusalSSL(_OneRefusal, smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""


class Client(yagmail.SMTP):  # type: ignore[misc]  # yagmail is not typed
    """yagmail's client with the connections above."""

    @property
    def connection(self) -> type[smtplib.SMTP]:
        """The class that connects."""
        return _OneRefusalSSL if self.ssl else _OneRefusal
