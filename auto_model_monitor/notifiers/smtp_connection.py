"""One SMTP session: yagmail connects, starts TLS and logs in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.secret import Secret, scrub
from .oauth2 import Credentials, access_token
from .providers import MailServer, Provider
from .server_text import decoded

if TYPE_CHECKING:
    import smtplib

_QUIT_TIMEOUT = 2.0
_constructing = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The parameters of one session.

    Attributes:
        user: the name that logs in, most often the sender's address.
        sender: the address that sends.
        server: the outgoing server.
        provider: its documentation appears in errors; None if it is unknown.
        auth_code: None for a server without login.
        oauth2: used instead of the code.
        timeout: seconds for each network operation.
    """

    user: str
    sender: str
    server: MailServer
    provider: Provider | None
    auth_code: Secret | None
    oauth2: Credentials | None
    timeout: float


@contextmanager
def session(login: Login) -> Iterator[smtplib.SMTP]:
    """Log in, yield the connection and close it; closing takes two seconds at most and never raises."""
    # Before connecting: the mail server may time out while Google answers slowly.
    token = None if login.oauth2 is None else access_token(login.oauth2, login.timeout)
    client = _client(login)
    try:
        client.login()
        if login.oauth2 is not None and token is not None:
            _authorise(client.smtp, login.oauth2.email_address, token)
        yield client.smtp
    finally:
        client.is_closed = True  # otherwise yagmail sends QUIT again when it is collected
        if client.smtp is not None:
            _hang_up(client.smtp)


def _client(login: Login) -> Any:
    from .smtp_client import SMTPClient

    by_code = login.auth_code is not None and login.oauth2 is None
    log = logging.getLogger("yagmail.log")
    with _constructing:
        # yagmail's constructor sets a level and a handler on its logger, and prints errors twice.
        before = log.handlers, log.level, log.propagate
        try:
            client = SMTPClient(
                user=login.sender,
                # Never None: yagmail would then ask the keyring and the terminal.
                password=login.auth_code.reveal() if by_code and login.auth_code else "",
                host=login.server.host,
                port=login.server.port,
                smtp_skip_login=not by_code,
                soft_email_validation=False,
                # smtplib would otherwise resolve the local host name, without a timeout.
                local_hostname="[127.0.0.1]",
                timeout=login.timeout,
                **_protection(login.server),
            )
        finally:
            log.handlers, level, log.propagate = before
            log.setLevel(level)
    client.user = login.user  # given to the constructor, a name without @ would become one of Gmail's
    client.log = _NullLogger("yagmail")
    return client


class _NullLogger(logging.Logger):
    """A logger outside the hierarchy that drops everything."""

    def isEnabledFor(self, level: int) -> bool:
        return False


def _protection(server: MailServer) -> dict[str, Any]:
    import ssl

    if server.security == "none":
        return {"smtp_ssl": False, "smtp_starttls": False}
    # smtplib's default context verifies nothing.
    context = ssl.create_default_context()
    if server.security == "ssl":
        return {"smtp_ssl": True, "context": context}
    return {"smtp_ssl": False, "smtp_starttls": {"context": context}}


def _authorise(smtp: smtplib.SMTP, user: str, token: str) -> None:
    # yagmail sends this too, but ignores the answer.
    import smtplib
    from base64 import b64encode

    smtp.ehlo_or_helo_if_needed()
    text = b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()).decode()
    code, answer = smtp.docmd("AUTH", f"XOAUTH2 {text}")
    if code == 334:  # the reason in base64; after an empty line the final code follows
        code, answer = smtp.docmd("")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, scrub(decoded(answer), token))


def _hang_up(smtp: smtplib.SMTP) -> None:
    # The mail was accepted or refused before this. QQ Mail answers QUIT with three NULs, others close the
    # connection or do not answer: none of it matters for the mail.
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(_QUIT_TIMEOUT)
            smtp.docmd("QUIT")
    except (OSError, ValueError):
        pass
    finally:
        with suppress(OSError):
            smtp.close()
