"""yagmail's client, changed to try a refused code only once and to limit each answer's time."""

from __future__ import annotations

import smtplib
import socket
import time
from contextlib import suppress
from typing import Any

import yagmail

LARGEST_ANSWER = 1 << 20
"""At most this many bytes of one answer are read."""


class _ReplyReader:
    """Reads a server's answers, each until a deadline and up to ``LARGEST_ANSWER`` bytes."""

    def __init__(self, sock: socket.socket) -> None:
        self._until = 0.0
        self._room = 0
        self._sock = sock
        self._read = bytearray()

    def begin(self, seconds: float) -> None:
        """Expect an answer within ``seconds``."""
        self._until = time.monotonic() + seconds
        self._room = LARGEST_ANSWER

    def readline(self, most: int) -> bytes:
        """Return the next line, or its beginning if it is too long or the server has closed."""
        while (end := self._read.find(b"\n") + 1) == 0 and len(self._read) < most:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            self._sock.settimeout(left)
            received = self._sock.recv(4096)
            if not received:
                break
            self._read += received
        line = bytes(self._read[: end or most])
        del self._read[: len(line)]
        self._room -= len(line)
        if self._room < 0:  # smtplib would collect the lines of an endless answer
            raise ValueError(f"more than {LARGEST_ANSWER} bytes")
        return line

    def close(self) -> None:
        """Drop unread bytes."""
        self._read.clear()


class _SingleLoginSMTP(smtplib.SMTP):
    """Stops after the first refusal of a code.

    The standard library tries a refused code again with the next mechanism. That is a second failed
    login, of which providers allow few, and if the server closes the connection, its refusal is lost.
    """

    _refusal: smtplib.SMTPAuthenticationError | None = None

    def getreply(self) -> tuple[int, bytes]:
        """Read one whole answer within the timeout, which smtplib grants to each byte."""
        sock = self.sock
        timeout = None if sock is None else sock.gettimeout()
        if sock is None or timeout is None:
            return super().getreply()
        if not isinstance(self.file, _ReplyReader):
            self.file = _ReplyReader(sock)
        self.file.begin(timeout)
        try:
            return super().getreply()
        finally:
            with suppress(OSError):  # it may be closed by now
                sock.settimeout(timeout)

    def auth(self, mechanism: str, *arguments: Any, **options: Any) -> tuple[int, bytes]:
        if self._refusal is not None:
            raise self._refusal
        try:
            return super().auth(mechanism, *arguments, **options)
        except smtplib.SMTPAuthenticationError as refusal:
            # Some servers offer CRAM-MD5 and fail at it: that does not mean that the code is wrong.
            if refusal.smtp_code == 535 and mechanism in ("PLAIN", "LOGIN"):
                self._refusal = refusal
            raise


class _SingleLoginSMTPOverTLS(_SingleLoginSMTP, smtplib.SMTP_SSL):
    """The same, with TLS from the first byte."""


class SMTPClient(yagmail.SMTP):  # type: ignore[misc]  # yagmail is not typed
    """yagmail's client with the connections above."""

    @property
    def connection(self) -> type[smtplib.SMTP]:
        """The class of the connection."""
        return _SingleLoginSMTPOverTLS if self.ssl else _SingleLoginSMTP
