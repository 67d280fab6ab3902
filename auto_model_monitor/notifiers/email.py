"""Mail through the person's own mailbox."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..core.errors import ConfigError, NotificationError
from ..core.messages import Message
from .providers import SecurityMode, choose_server, provider_for, split_addresses
from .secret import Secret

if TYPE_CHECKING:
    from .smtp_connection import Login

logger = logging.getLogger(__name__)

_REMEMBERED = 512


class EmailNotifier:
    """Sends each message as one mail, through a server that is verified before it learns the code.

    A mail counts as sent when the server accepts its content. When it refuses some of several
    receivers, those are named in the error, and another attempt with the same message goes to
    them alone.

    Attributes:
        sender: the address that logs in and stands in ``From``.
        receivers: each address once.
        server: host, port and security.
        timeout: seconds that each step may take.
    """

    def __init__(
        self,
        sender: str,
        receiver: str | Sequence[str],
        auth_code: str | None,
        *,
        host: str | None = None,
        port: int | None = None,
        security: SecurityMode | None = None,
        timeout: float = 15.0,
        display_name: str | None = None,
        oauth2_file: str | os.PathLike[str] | None = None,
    ) -> None:
        """Check what was given; the network is not touched before ``verify`` or ``send``.

        Args:
            sender: the mailbox that sends.
            receiver: one address, several between commas, or a list.
            auth_code: the provider's authorisation code or app password; None for a server that
                wants no login.
            host: the outgoing server; by default the one that the sender's provider documents.
            port: its port; by default what goes with ``security``.
            security: ``"ssl"``, ``"starttls"`` or, only when asked for, ``"none"``.
            timeout: seconds that each step may take.
            display_name: the name beside the sender's address.
            oauth2_file: a file that yagmail wrote for Google's OAuth2, in place of the code.

        Raises:
            ConfigError: one of these cannot work.
            ValueError: an address that is none.
        """
        self.sender, *others = split_addresses(sender)
        if others:
            raise ConfigError(f"sender: expected one mail address, got {sender!r}")
        self.receivers = split_addresses(receiver)
        self.server = choose_server(self.sender, host=host, port=port, security=security)
        self.timeout = _positive(timeout)
        self.display_name = display_name
        self._auth_code = _code(auth_code)
        self._oauth2_file = oauth2_file
        self._accepted: OrderedDict[str, set[str]] = OrderedDict()
        if oauth2_file is not None:
            self._check_oauth2(oauth2_file)

    @property
    def name(self) -> str:
        """What the channel is called in logs: ``email to a@qq.com, b@163.com``."""
        return f"email to {', '.join(self.receivers)}"

    def __repr__(self) -> str:
        """Show the addresses and the server, and no secret."""
        where = f"{self.server.host}:{self.server.port} {self.server.security}"
        return f"EmailNotifier({self.sender!r}, {self.receivers!r}, {where!r})"

    def verify(self) -> None:
        """Log in once and leave, to learn early whether the code is right.

        Raises:
            AuthenticationError: the server refused the login.
            NotificationError: it could not be reached, or cannot be trusted.
        """
        # Raised here and not where it was caught: an exception keeps the one it was raised under,
        # and smtplib's may quote what it sent.
        error = self._try(None, ())
        if error is not None:
            raise error

    def send(self, message: Message) -> None:
        """Send the message to the receivers who do not have it yet.

        Raises:
            AuthenticationError: the server refused the login.
            NotificationError: the mail was not accepted for everyone.
        """
        had = self._accepted.get(message.id, set())
        outstanding = [address for address in self.receivers if address not in had]
        if not outstanding:
            logger.debug("message %s was accepted for everyone before", message.id)
            return
        error = self._try(message, outstanding)
        if error is not None:
            raise error

    def _try(self, message: Message | None, receivers: Sequence[str]) -> NotificationError | None:
        from .smtp_connection import session
        from .smtp_errors import code_of_ascii, explain, refused_recipients

        try:
            login = self._login()
        except ConfigError as error:  # the OAuth2 file is not what it was
            return NotificationError(str(error))
        if login.auth_code is not None and not login.auth_code.reveal().isascii():
            return code_of_ascii(login)
        raw = b"" if message is None else self._raw(message)
        refused: dict[str, tuple[int, bytes]] = {}
        try:
            with session(login) as smtp:
                if message is not None:
                    refused = smtp.sendmail(self.sender, list(receivers), raw)
                    self._remember(message.id, set(receivers) - set(refused))
        except (OSError, UnicodeError) as failure:
            return explain(failure, login)
        return refused_recipients(refused, login) if refused else None

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
            user=self.sender,
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


def _code(auth_code: str | None) -> Secret | None:
    if auth_code is None:
        return None
    if not isinstance(auth_code, str) or not auth_code.strip():
        kind = "an empty text" if isinstance(auth_code, str) else type(auth_code).__name__
        raise ConfigError(
            f"auth_code: expected the provider's authorisation code, or None without login, got {kind}"
        )
    return Secret(auth_code.strip())


def _positive(timeout: float) -> float:
    if not 0 < timeout < 86_400:
        raise ConfigError(f"timeout: expected seconds, more than none and less than a day, got {timeout!r}")
    return float(timeout)
