"""One SMTP session: yagmail connects, protects and logs in; nothing else of it is used."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .oauth2 import Credentials, access_token
from .providers import Provider, Server
from .secret import Secret, scrub

if TYPE_CHECKING:
    import smtplib

_QUIT_PATIENCE = 2.0
_constructing = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Everything one session needs.

    Attributes:
        user: the address that logs in.
        server: where.
        provider: whose documentation an error can name.
        auth_code: None for a server that wants no login.
        oauth2: in place of the code.
        timeout: seconds that each step may take.
    """

    user: str
    server: Server
    provider: Provider | None
    auth_code: Secret | None
    oauth2: Credentials | None
    timeout: float


@contextmanager
def session(login: Login) -> Iterator[smtplib.SMTP]:
    """Open a session, logged in, and end it; ending it never raises and never takes long."""
    # Before the connection, so that a slow Google does not let the mail server wait.
    token = None if login.oauth2 is None else access_token(login.oauth2, login.timeout)
    client = _client(login)
    try:
        client.login()
        if login.oauth2 is not None and token is not None:
            _authorise(client.smtp, login.oauth2.email_address, token)
        yield client.smtp
    finally:
        client.is_closed = True  # or yagmail would say QUIT again when it is collected
        if client.smtp is not None:
            _hang_up(client.smtp)


def _client(login: Login) -> Any:
    from .smtp_client import Client

    by_code = login.auth_code is not None and login.oauth2 is None
    log = logging.getLogger("yagmail.log")
    with _constructing:
        # yagmail's constructor sets a level and a handler of its own, and prints errors twice.
        before = log.handlers, log.level, log.propagate
        try:
            client = Client(
                user=login.user,
                # Never None: for None yagmail asks the keyring, and then a person.
                password=login.auth_code.reveal() if by_code and login.auth_code else "",
                host=login.server.host,
                port=login.server.port,
                smtp_skip_login=not by_code,
                soft_email_validation=False,
                # smtplib would look its own name up, for which there is no time-out.
                local_hostname="[127.0.0.1]",
                timeout=login.timeout,
                **_protection(login.server),
            )
        finally:
            log.handlers, level, log.propagate = before
            log.setLevel(level)
    client.log = _Silence("yagmail")
    return client


class _Silence(logging.Logger):
    """A logger outside the tree, which says nothing."""

    def isEnabledFor(self, level: int) -> bool:
        return False


def _protection(server: Server) -> dict[str, Any]:
    import ssl

    if server.security == "none":
        return {"smtp_ssl": False, "smtp_starttls": False}
    # The context that smtplib makes by itself verifies nothing.
    context = ssl.create_default_context()
    if server.security == "ssl":
        return {"smtp_ssl": True, "context": context}
    return {"smtp_ssl": False, "smtp_starttls": {"context": context}}


def _authorise(smtp: smtplib.SMTP, user: str, token: str) -> None:
    # yagmail sends this too, but does not look at the answer.
    import smtplib
    from base64 import b64encode

    smtp.ehlo_or_helo_if_needed()
    text = b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()).decode()
    code, answer = smtp.docmd("AUTH", f"XOAUTH2 {text}")
    if code == 334:  # the reason, in base64; an empty line fetches the verdict
        code, answer = smtp.docmd("")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, scrub(answer.decode("utf-8", "replace"), token))


def _hang_up(smtp: smtplib.SMTP) -> None:
    # The verdict on the mail was given before this. QQ Mail answers QUIT with three NULs, others
    # close first, some not at all: none of it says anything about the mail.
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(_QUIT_PATIENCE)
            smtp.docmd("QUIT")
    except (OSError, ValueError):
        pass
    finally:
        with suppress(OSError):
            smtp.close()
