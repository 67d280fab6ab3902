"""Mail through the user's own mailbox."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from ..core.errors import ConfigError, NotificationError
from ..core.messages import Message
from ..core.secret import Secret
from .address import positive
from .providers import SecurityMode, choose_server, provider_for, split_addresses

if TYPE_CHECKING:
    from .smtp_connection import Login

logger = logging.getLogger(__name__)

_REMEMBERED = 512


class EmailNotifier:
    """Sends each message as one mail; the server's certificate is verified before the code is sent.

    A mail counts as sent when the server accepts its content. If it refuses some of several receivers,
    the error names them, and a retry of the same message goes only to them.

    Args:
        sender: the mailbox that sends.
        receiver: one address, several separated by commas, or a list.
        auth_code: the provider's authorisation code or app password; None for a server without login.
        host: the outgoing server; by default the one that the sender's provider documents.
        port: its port; by default the usual one for ``security``.
        security: ``"ssl"``, ``"starttls"`` or, only on request, ``"none"``.
        timeout: seconds for each network operation.
        display_name: the name beside the sender's address; None for the address alone.
        oauth2_file: a file that yagmail wrote for Google's OAuth2, instead of the code.
        user: the login where it is not the sender's address, such as ``apikey`` or ``AKIA…``.

    Attributes:
        name: the name in logs: ``email to a@qq.com, b@163.com``.
        sender: the address in ``From``, which logs in unless there is a ``user``.
        receivers: each address once.
        server: host, port and security.
        timeout: seconds for each network operation.

    Raises:
        ConfigError: an argument cannot work.
        ValueError: an address is malformed.
    """

    def __init__(
        self,
        sender: str,
        receiver: str | Sequence[str],
        auth_code: str | None,
        *args: NoReturn,
        host: str | None = None,
        port: int | None = None,
        security: SecurityMode | None = None,
        timeout: float = 15.0,
        display_name: str | None = "Model Monitor",
        oauth2_file: str | os.PathLike[str] | None = None,
        user: str | None = None,
    ) -> None:
        if args:  # version 0.2: EmailNotifier(sender, receiver, auth_code, comparison_mode, threshold)
            raise ConfigError(
                "EmailNotifier: expected three arguments without a name, for sender, receiver and auth_code, "
                f"got {3 + len(args)}; comparison_mode and threshold belong to MonitorConfig"
            )
        self.sender, *others = split_addresses(sender)
        if others:
            raise ConfigError(f"sender: expected one mail address, got {sender!r}")
        self.receivers = split_addresses(receiver)
        self.name = f"email to {', '.join(self.receivers)}"
        self.server = choose_server(self.sender, host=host, port=port, security=security)
        self.timeout = positive(timeout)
        self.display_name = display_name
        self.user = self.sender if user is None else _login_name(user)
        self._auth_code = _code(auth_code)
        self._oauth2_file = oauth2_file
        self._accepted: OrderedDict[str, set[str]] = OrderedDict()
        if oauth2_file is not None:
            self._check_oauth2(oauth2_file)

    def __repr__(self) -> str:
        """Show the addresses and the server, no secret."""
        where = f"{self.server.host}:{self.server.port} {self.server.security}"
        return f"EmailNotifier({self.sender!r}, {self.receivers!r}, {where!r})"

    def verify(self) -> None:
        """Log in and log out, to find out early whether the code is right.

        Raises:
            AuthenticationError: the server refused the login.
            NotificationError: it is unreachable, or its certificate is not valid.
        """
        # Raised outside the except block: an exception keeps its context, and smtplib's may quote what
        # it sent.
        error = self._try(None, ())
        if error is not None:
            raise error

    def send(self, message: Message) -> None:
        """Send the message to the receivers for whom it was not accepted yet.

        Raises:
            AuthenticationError: the server refused the login.
            NotificationError: the mail was not accepted for all receivers.
        """
        had = self._accepted.get(message.id, set())
        outstanding = [address for address in self.receivers if address not in had]
        if not outstanding:
            logger.debug("message %s was accepted for all receivers before", message.id)
            return
        error = self._try(message, outstanding)
        if error is not None:
            raise error

    def _try(self, message: Message | None, receivers: Sequence[str]) -> NotificationError | None:
        from .smtp_connection import session
        from .smtp_errors import explain, not_ascii_code, refused_recipients

        try:
            login = self._login()
        except ConfigError as error:  # the OAuth2 file has changed since construction
            return NotificationError(str(error))
        if login.auth_code is not None and not login.auth_code.reveal().isascii():
            return not_ascii_code(login)
        raw = b"" if message is None else self._raw(message)
        refused: dict[str, tuple[int, bytes]] = {}
        try:
            with session(login) as smtp:
                if message is not None:
                    refused = smtp.sendmail(self.sender, list(receivers), raw)
                    self._remember(message.id, set(receivers) - set(refused))
        except (OSError, ValueError, LookupError) as failure:  # smtplib raises each for an odd answer
            return explain(failure, login)
        return refused_recipients(refused, login, partly=True) if refused else None

    def _raw(self, message: Message) -> bytes:
        from .mime import build_email

        return build_email(
            message, sender=self.sender, receivers=self.receivers, display_name=self.display_name
        ).as_bytes()

    def _remember(self, message_id: str, accepted: set[str]) -> None:
        self._accepted.setdefault(message_id, set()).update(accepted)
        self._accepted.move_to_end(message_id)
        while len(self._accepted) > _REMEMBERED:
            self._accepted.popitem(last=False)

    def _login(self) -> Login:
        from .smtp_connection import Login

        oauth2 = None
        if self._oauth2_file is not None:
            from .oauth2 import read_credentials

            oauth2 = read_credentials(self._oauth2_file)
        return Login(
            user=self.user,
            sender=self.sender,
            server=self.server,
            provider=provider_for(self.sender),
            auth_code=self._auth_code,
            oauth2=oauth2,
            timeout=self.timeout,
        )

    def _check_oauth2(self, path: str | os.PathLike[str]) -> None:
        from .oauth2 import read_credentials

        if self.server.security != "ssl":
            raise ConfigError(
                f"oauth2_file: expected smtp_security='ssl' with it, got {self.server.security!r}"
            )
        read_credentials(path)


def _login_name(user: str) -> str:
    if not isinstance(user, str) or not (name := user.strip()) or not (name.isascii() and name.isprintable()):
        raise ConfigError(f"smtp_user: expected the name that logs in, such as 'apikey', got {user!r}")
    return name


def _code(auth_code: str | None) -> Secret | None:
    if auth_code is None:
        return None
    if not isinstance(auth_code, str) or not auth_code.strip():
        kind = "an empty text" if isinstance(auth_code, str) else type(auth_code).__name__
        raise ConfigError(
            f"auth_code: expected the provider's authorisation code, or None without login, got {kind}"
        )
    return Secret(auth_code.strip())
