"""A real SMTP server on loopback for tests: TLS, logins, and every fault that a mail server can have.

    with SMTPServer(tls="ssl", hostname="smtp.qq.com", faults=Faults(rcpt="450 later")) as server:
        ...                     # server.port, server.ca_file
        server.faults.rcpt = None
        server.mails[0].message["Subject"], server.mails[0].text, server.logins

Clients trust it when SSL_CERT_FILE is ``server.ca_file``: the fixture ``smtp_server`` in
``conftest.py`` sees to that, and ``server.environ()`` does it for a subprocess.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import threading
import warnings
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, syntax
from certificates import Certificate, certificate

Step = Literal["banner", "login", "mail", "rcpt", "data", "stored", "quit"]


@dataclass
class Faults:
    """What goes wrong, changeable while the server runs; an answer such as ``"451 later"`` is sent as is.

    Attributes:
        banner: the greeting, in place of 220.
        login: the answer to every login; ``{password}`` and ``{base64}`` quote what was sent.
        mail: the answer to MAIL FROM.
        rcpt: the answer to RCPT TO, for all or by address.
        data: the answer to the content, which is then not kept.
        quit: the bytes in answer to QUIT.
        hang: from which step on the server says nothing; ``"stored"`` keeps the mail first.
        close: at which step it cuts the connection; ``"data"`` cuts in mid-content.
        hangs_up_on_refusal: True cuts the connection after the answer to a refused login.
        offers_login: False leaves AUTH out of the answer to EHLO.
    """

    banner: str | None = None
    login: str | None = None
    mail: str | None = None
    rcpt: str | Mapping[str, str] | None = None
    data: str | None = None
    quit: bytes | None = None
    hang: Step | None = None
    close: Step | None = None
    hangs_up_on_refusal: bool = False
    offers_login: bool = True


@dataclass(frozen=True)
class Mail:
    """One mail that the server kept."""

    sender: str
    recipients: list[str]
    raw: bytes
    message: EmailMessage = field(compare=False)

    @property
    def text(self) -> str:
        """The text part, with line feeds alone."""
        return self._part("plain")

    @property
    def html(self) -> str:
        """The HTML part, with line feeds alone."""
        return self._part("html")

    def _part(self, subtype: str) -> str:
        part = self.message.get_body((subtype,))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")


@dataclass(frozen=True)
class LoginAttempt:
    """One login that a client tried."""

    user: str
    password: str
    accepted: bool


class SMTPServer:
    """A server in a thread of its own, from ``with`` to the end of the block.

    Args:
        tls: ``"ssl"`` from the first byte, ``"starttls"``, or ``"none"``.
        hostname: the name in its certificate; 127.0.0.1 and localhost are always in a good one.
        cert: ``"good"``, ``"wrong-name"``, ``"self-signed"`` or ``"expired"``.
        auth: False takes mail from everyone.
        accounts: the code of each user; None accepts every login.
        faults: what goes wrong.

    Attributes:
        mails: the kept mails in their order.
        logins: the logins tried.
        connections: how many were made.
        commands: every command line, without the arguments of AUTH.
    """

    def __init__(
        self,
        *,
        tls: Literal["ssl", "starttls", "none"] = "ssl",
        hostname: str = "localhost",
        cert: Literal["good", "wrong-name", "self-signed", "expired"] = "good",
        auth: bool = True,
        accounts: Mapping[str, str] | None = None,
        faults: Faults | None = None,
    ) -> None:
        self.tls, self.hostname, self.auth, self.accounts = tls, hostname, auth, accounts
        self.faults = faults or Faults()
        self.host = "127.0.0.1"
        self.port = 0
        self.mails: list[Mail] = []
        self.logins: list[LoginAttempt] = []
        self.connections = 0
        self.commands: list[str] = []
        self._changed = threading.Condition()
        self._certificate: Certificate = certificate(hostname, cert)
        self._folder: str | None = None

    @property
    def ca_file(self) -> str:
        """The certificate authority that a client has to trust."""
        return self._certificate.ca_file

    def wait_for_mails(self, count: int, timeout: float = 100) -> list[Mail]:
        """Return the mails once there are ``count``; fail after ``timeout`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.mails) >= count, timeout):
                raise AssertionError(f"expected {count} mails in {timeout} s, got {len(self.mails)}")
            return list(self.mails)

    def wait_for(self, done: Callable[[], bool], timeout: float = 100) -> None:
        """Return once ``done`` says so, asked after each change; fail after ``timeout`` seconds."""
        with self._changed:
            if not self._changed.wait_for(done, timeout):
                raise AssertionError(f"it did not come about in {timeout} s, with {len(self.mails)} mails")

    def wait_for_connections(self, count: int, timeout: float = 100) -> None:
        """Return once ``count`` connections were made; fail after ``timeout`` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.connections >= count, timeout):
                raise AssertionError(f"expected {count} connections, got {self.connections}")

    def environ(self, *hosts: str, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return an environment in which a Python process finds ``hosts`` here, and trusts them.

        Args:
            hosts: names, such as smtp.qq.com, whose every port leads to this server.
            base: the environment to start from; by default this process's.
        """
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="smtp-server-")
        code = _REDIRECT.format(hosts=set(hosts) or {"-"}, target=(self.host, self.port))
        Path(self._folder, "sitecustomize.py").write_text(code, encoding="utf-8")
        env = dict(os.environ if base is None else base)
        env["SSL_CERT_FILE"] = self.ca_file
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [self._folder, env.get("PYTHONPATH")]))
        return env

    def __enter__(self) -> SMTPServer:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(100)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(100)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(100)
        self._loop.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _start(self) -> None:
        context = self._certificate.context if self.tls == "ssl" else None
        self._server = await self._loop.create_server(self._protocol, self.host, 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _protocol(self) -> SMTP:
        return _Conversation(self)

    def _note(self, attribute: str, value: Any) -> None:
        with self._changed:
            if attribute == "connections":
                self.connections += 1
            else:
                getattr(self, attribute).append(value)
            self._changed.notify_all()


class _Conversation(SMTP):
    """aiosmtpd's own protocol, with the faults let in at each step."""

    def __init__(self, server: SMTPServer) -> None:
        self.owner = server
        starttls = server.tls == "starttls"
        # aiosmtpd does not see that TLS from the first byte protects a login.
        warnings.filterwarnings("ignore", "Requiring AUTH", UserWarning, "aiosmtpd")
        super().__init__(
            _Keeper(server),
            hostname=server.hostname,
            tls_context=server._certificate.context if starttls else None,
            require_starttls=starttls,
            auth_required=server.auth,
            auth_require_tls=starttls,
            authenticator=self._authenticate_user,
            loop=server._loop,
        )
        if not server.faults.offers_login:
            self._auth_methods = {}

    @property
    def faults(self) -> Faults:
        return self.owner.faults

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.owner._note("connections", None)
        super().connection_made(transport)

    async def meddle(self, step: Step) -> None:
        if self.faults.hang == step:
            await asyncio.Event().wait()
        if self.faults.close == step:
            assert self.transport is not None
            self.transport.abort()
            raise asyncio.CancelledError

    async def _handle_client(self) -> None:
        await self.meddle("banner")
        if self.faults.banner is not None:
            await self.push(self.faults.banner)
            assert self.transport is not None
            self.transport.close()
            return
        await super()._handle_client()

    def _authenticate_user(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword
    ) -> AuthResult:
        user, password = data.login.decode(), data.password.decode()
        accounts = self.owner.accounts
        accepted = self.faults.login is None and (accounts is None or accounts.get(user) == password)
        self.owner._note("logins", LoginAttempt(user, password, accepted))
        if accepted:
            return AuthResult(success=True)
        answer = self.faults.login or "535 5.7.8 Login fail"
        return AuthResult(success=False, handled=False, message=_quoting(answer, user, password))

    async def smtp_EHLO(self, hostname: str) -> None:
        if not self.faults.offers_login:
            self._auth_methods = {}
        await super().smtp_EHLO(hostname)

    @syntax("AUTH <mechanism>")
    async def smtp_AUTH(self, arg: str) -> None:
        await self.meddle("login")
        await super().smtp_AUTH(arg)
        if self.faults.hangs_up_on_refusal and not self.session.authenticated:
            self.transport.close()

    @syntax("MAIL FROM: <address>")
    async def smtp_MAIL(self, arg: str | None) -> None:
        self.owner._note("commands", _command("MAIL", arg))
        await self.meddle("mail")
        await super().smtp_MAIL(arg)

    @syntax("RCPT TO: <address>")
    async def smtp_RCPT(self, arg: str | None) -> None:
        self.owner._note("commands", _command("RCPT", arg))
        await self.meddle("rcpt")
        await super().smtp_RCPT(arg)

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        if self.faults.close == "data":
            await self.push("354 go on")
            await self._reader.readline()
        await self.meddle("data")
        await super().smtp_DATA(arg)

    @syntax("QUIT")
    async def smtp_QUIT(self, arg: str) -> None:
        self.owner._note("commands", "QUIT")
        await self.meddle("quit")
        if self.faults.quit is None:
            return await super().smtp_QUIT(arg)
        assert self._writer is not None
        self._writer.write(self.faults.quit)
        await self._writer.drain()
        return None


class _Keeper:
    """aiosmtpd's handler: says yes or what the faults say, and keeps what was accepted."""

    def __init__(self, server: SMTPServer) -> None:
        self.owner = server

    async def auth_XOAUTH2(self, server: _Conversation, args: list[str]) -> AuthResult:
        user, _, rest = b64decode(args[1]).decode().removeprefix("user=").partition("\1auth=Bearer ")
        data = LoginPassword(user.encode(), rest.rstrip("\1").encode())
        assert server.session is not None
        assert server.envelope is not None
        result = server._authenticate_user(server, server.session, server.envelope, "XOAUTH2", data)
        if not result.success:
            await server.challenge_auth(b'{"status":"400"}')  # as Google does; the client sends an empty line
        return result

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.owner.faults.mail is not None:
            return self.owner.faults.mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.owner.faults.rcpt
        answer = refusal.get(address) if isinstance(refusal, Mapping) else refusal
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: _Conversation, session: Session, envelope: Envelope) -> str:
        if self.owner.faults.data is not None:
            return self.owner.faults.data
        raw = envelope.original_content
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.owner._note("mails", Mail(envelope.mail_from, list(envelope.rcpt_tos), raw, message))
        await server.meddle("stored")
        return "250 2.0.0 Ok: queued"


def _command(verb: str, arg: str | None) -> str:
    keyword, colon, rest = (arg or "").partition(":")  # smtplib's letter case differs by version
    return f"{verb} {keyword.upper()}{colon}{rest}"


def _quoting(answer: str, user: str, password: str) -> str:
    plain = b64encode(f"\0{user}\0{password}".encode()).decode()
    login = b64encode(password.encode()).decode()
    return answer.replace("{password}", password).replace("{base64}", f"{plain} {login}")


_REDIRECT = """\
import socket

_connect = socket.create_connection


def create_connection(address, *args, **kwargs):
    if address[0] in {hosts!r}:
        address = {target!r}
    return _connect(address, *args, **kwargs)


socket.create_connection = create_connection
"""
