"""yagmail's client, except that a refused code is offered once."""

from __future__ import annotations

import smtplib
import socket
import time
from contextlib import suppress
from typing import Any

import yagmail


class _Answers:
    """What a server says, line by line, up to a moment."""

    def __init__(self, sock: socket.socket) -> None:
        self.until = 0.0
        self._sock = sock
        self._read = bytearray()

    def readline(self, most: int) -> bytes:
        """Return the next line, or what there is of it when the server has closed or says too much."""
        while (end := self._read.find(b"\n") + 1) == 0 and len(self._read) < most:
            left = self.until - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
            received = self._sock.recv(4096)
            if not received:
                break
            self._read += received
        line = bytes(self._read[: end or most])
        del self._read[: len(line)]
        return line

    def close(self) -> None:
        """Forget the rest."""
        self._read.clear()


class _OneRefusal(smtplib.SMTP):
    """Takes the server's first word on a code for its last.

    The standard library offers a refused code again by the next mechanism. That is a second failed
    login, of which providers allow few, and where the server has hung up meanwhile, the refusal is
    lost behind a broken connection.
    """

    _refusal: smtplib.SMTPAuthenticationError | None = None

    def getreply(self) -> tuple[int, bytes]:
        """Read one whole answer within the time-out; each byte of it may not have as long again."""
        sock = self.sock
        patience = None if sock is None else sock.gettimeout()
        if sock is None or patience is None:
            return super().getreply()
        if not isinstance(self.file, _Answers):
            self.file = _Answers(sock)
        self.file.until = time.monotonic() + patience
        try:
            return super().getreply()
        finally:
            with suppress(OSError):  # it may be closed by now
                sock.settimeout(patience)

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
