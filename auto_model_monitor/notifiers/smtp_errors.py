"""Explain SMTP failures: which server, its answer, and what to do."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from typing import Any

from ..core.errors import AuthenticationError, NotificationError
from ..core.secret import scrub
from ..text.cleaning import for_header
from .server_text import decoded
from .smtp_answers import is_final
from .smtp_connection import Login

_ANSWER_LIMIT = 300
_LOGIN_REQUIRED = (530, 535, 538)

Refusals = Mapping[str, tuple[int, bytes]]


def explain(failure: Exception, login: Login) -> NotificationError:
    """Return the notifier's error for an exception of yagmail or smtplib.

    It quotes the server without any secret. The exception itself is not attached: it, or one of its frames,
    may contain a secret.
    """
    if isinstance(failure, NotificationError):
        return failure.with_traceback(None)  # its frames hold tokens
    for kind, describe in _DESCRIPTIONS:
        if isinstance(failure, kind):
            return describe(failure, login)
    return _unreachable(failure, login)


def refused_recipients(refused: Refusals, login: Login, *, partly: bool = False) -> NotificationError:
    """Return the error that names each refused recipient with the server's answer.

    Where the server accepted the mail for others (``partly``), later mails need not wait for these.
    """
    each = "; ".join(f"{name} ({_answer(*answer, login)})" for name, answer in refused.items())
    permanent = all(is_final(code, decoded(text)) for code, text in refused.values())
    return NotificationError(f"{_place(login)} refused {each}", permanent=permanent, only_this=partly)


def not_ascii_code(login: Login) -> AuthenticationError:
    """Return the error for a code that contains characters other than ASCII."""
    return AuthenticationError(
        "auth_code: expected the letters and digits that the provider shows, got other characters, "
        f"perhaps full-width ones; copy it again.{_help(login)}"
    )


def _place(login: Login) -> str:
    return f"{login.server.host}:{login.server.port}"


def _help(login: Login) -> str:
    if login.provider is None:
        return " Ask the mailbox's provider which code or app password its SMTP server requires."
    note = f" {login.provider.note}" if login.provider.note else ""
    return f"{note} See {login.provider.help_url}"


def _answer(code: int, answer: bytes | str, login: Login) -> str:
    text = for_header(decoded(answer), 4000)
    return f"{code} {_scrubbed(text, login)[:_ANSWER_LIMIT]}".rstrip()


def _scrubbed(text: str, login: Login) -> str:
    secrets = [] if login.auth_code is None else [login.auth_code.reveal()]
    if login.oauth2 is not None:
        secrets += login.oauth2.secrets
        text = re.sub(r"Bearer\s+\S+", "Bearer ***", text)
    return scrub(text, *secrets)


def _login_refused(failure: smtplib.SMTPResponseException, login: Login) -> NotificationError:
    answer = _answer(failure.smtp_code, failure.smtp_error, login)
    if 400 <= failure.smtp_code < 500:
        return NotificationError(f"{_place(login)} cannot log {login.user} in at the moment ({answer})")
    whose = f"{login.provider.name}'s" if login.provider else "the provider's"
    if login.oauth2 is not None:
        expected = "the OAuth2 token was not accepted: create the oauth2_file again."
    elif login.auth_code is None:
        expected = f"auth_code: expected {whose} authorisation code, got none."
    else:
        expected = (
            f"auth_code: expected {whose} authorisation code, which is not the password of the account."
        )
    return AuthenticationError(
        f"{_place(login)} refused the login of {login.user} ({answer}): {expected}{_help(login)}"
    )


def _not_offered(failure: smtplib.SMTPException, login: Login) -> NotificationError:
    if "STARTTLS" in str(failure):
        return NotificationError(
            f"{_place(login)} does not offer STARTTLS, so neither the code nor the mail was sent; use "
            "smtp_security='ssl' (usually port 465), or find out whether a firewall removes the offer"
        )
    return AuthenticationError(
        f"{_place(login)} offers no supported login ({_scrubbed(str(failure), login)}); "
        f"check smtp_host, smtp_port and smtp_security.{_help(login)}"
    )


def _sender_refused(failure: smtplib.SMTPSenderRefused, login: Login) -> NotificationError:
    if failure.smtp_code in _LOGIN_REQUIRED:
        return _login_refused(failure, login)
    answer = _answer(failure.smtp_code, failure.smtp_error, login)
    return NotificationError(
        f"{_place(login)} refused mail from {login.sender} ({answer})",
        permanent=is_final(failure.smtp_code, decoded(failure.smtp_error)),
    )


def _all_refused(failure: smtplib.SMTPRecipientsRefused, login: Login) -> NotificationError:
    return refused_recipients(failure.recipients, login)


def _content_refused(failure: smtplib.SMTPDataError, login: Login) -> NotificationError:
    answer = _answer(failure.smtp_code, failure.smtp_error, login)
    return NotificationError(
        f"{_place(login)} refused the mail itself ({answer})",
        permanent=is_final(failure.smtp_code, decoded(failure.smtp_error)),
    )


def _temporarily_refused(failure: smtplib.SMTPResponseException, login: Login) -> NotificationError:
    answer = _answer(failure.smtp_code, failure.smtp_error, login)
    return NotificationError(f"{_place(login)} accepts no mail at the moment ({answer})")


def _unreadable(failure: Exception, login: Login) -> NotificationError:
    text = _scrubbed(str(failure), login)
    return NotificationError(f"{_place(login)} answered what no mail server answers: {text}")


def _untrusted(failure: ssl.SSLCertVerificationError, login: Login) -> NotificationError:
    wrong = failure.verify_message or failure.reason or "it does not verify"
    return NotificationError(
        f"the certificate of {_place(login)} cannot be trusted: {wrong}. The code was not sent. "
        "Check smtp_host and this machine's clock; behind a proxy that decrypts TLS set the environment "
        "variable SSL_CERT_FILE to its CA file"
    )


def _no_tls(failure: ssl.SSLError, login: Login) -> NotificationError:
    return NotificationError(
        f"no TLS with {_place(login)}: {failure.reason or failure}. The code was not sent. "
        "Port 465 goes with smtp_security='ssl', port 587 with 'starttls'"
    )


def _unreachable(failure: Exception, login: Login) -> NotificationError:
    text = _scrubbed(str(failure), login)
    if isinstance(failure, TimeoutError) or "timed out" in text:
        return NotificationError(f"{_place(login)} did not answer within {login.timeout:g} s")
    if isinstance(failure, (socket.gaierror, UnicodeError)):
        return NotificationError(
            f"{login.server.host!r} cannot be found: {text}; check smtp_host and the network"
        )
    if isinstance(failure, smtplib.SMTPServerDisconnected):
        return NotificationError(f"{_place(login)} closed the connection: {text}")
    return NotificationError(f"{_place(login)} cannot be reached: {text}")


_DESCRIPTIONS: tuple[tuple[type[Exception], Callable[[Any, Login], NotificationError]], ...] = (
    (UnicodeError, _unreachable),
    (smtplib.SMTPAuthenticationError, _login_refused),
    (smtplib.SMTPSenderRefused, _sender_refused),
    (smtplib.SMTPRecipientsRefused, _all_refused),
    (smtplib.SMTPDataError, _content_refused),
    (smtplib.SMTPResponseException, _temporarily_refused),
    (smtplib.SMTPNotSupportedError, _not_offered),
    (smtplib.SMTPServerDisconnected, _unreachable),
    (smtplib.SMTPException, _not_offered),
    (ssl.SSLCertVerificationError, _untrusted),
    (ssl.SSLError, _no_tls),
    (ValueError, _unreadable),
    (LookupError, _unreadable),
)
