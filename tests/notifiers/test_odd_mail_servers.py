"""Mail servers that answer what no mail server answers, and logins that are no addresses."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from contextlib import suppress

import pytest

from auto_model_monitor import AuthenticationError, ConfigError, EmailNotifier, NotificationError
from auto_model_monitor.notifiers import smtp_client


class ScriptedServer:
    """Answers each command by its first word; ``None`` answers without an end."""

    def __init__(self, **answers):
        self.answers = {"EHLO": b"250-hi\r\n250 AUTH PLAIN LOGIN CRAM-MD5\r\n", **answers}
        self.sent = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, suppress(OSError):  # the client has gone
                self._converse(connection)

    def _converse(self, connection):
        connection.sendall(self.answers.get("BANNER", b"220 hi\r\n"))
        lines = connection.makefile("rb")
        while line := lines.readline():
            answer = self.answers.get(line.split()[0].decode("latin-1").upper(), b"221 bye\r\n")
            while answer is None:
                self.sent += connection.send(b"250-" + b"x" * 60 + b"\r\n")
            connection.sendall(answer)


def notifier_for(server, code="abcdefgh", **options):
    options = {"host": "127.0.0.1", "port": server.port, "security": "none", "timeout": 4.0} | options
    return EmailNotifier("me@qq.com", "a@qq.com", code, **options)


def error_of(server, **options):
    with pytest.raises(NotificationError) as caught:
        notifier_for(server, **options).verify()
    return caught.value


@pytest.mark.parametrize(
    "challenge",
    [b"334 A\r\n", b"334 =\r\n", b"334 AAAAA\r\n", b"334 \xff\xfe=x\r\n", b"334 ====A\r\n", b"334\r\n"],
)
@pytest.mark.parametrize("mechanism", ["CRAM-MD5", "PLAIN", "LOGIN"])
def test_a_challenge_that_is_no_base64_is_a_notification_error(challenge, mechanism):
    """Whatever stands in a challenge, a login that fails is a NotificationError that names the server."""
    ehlo = f"250-hi\r\n250 AUTH {mechanism}\r\n".encode()
    with ScriptedServer(EHLO=ehlo, AUTH=challenge) as server:
        assert f"127.0.0.1:{server.port}" in str(error_of(server))


@pytest.mark.parametrize(
    "answers",
    [
        {"BANNER": b"\xff\xfe\x00\r\n"},
        {"BANNER": b"HTTP/1.1 400 Bad Request\r\n\r\n"},
        {"EHLO": b"99999999999999999999 hi\r\n"},
        {"EHLO": b"250-AUTH\r\n250 AUTH=\xff\r\n"},
        {"EHLO": b"250-SIZE many\r\n250 AUTH PLAIN\r\n", "AUTH": b"abc\r\n"},
        {"AUTH": b"\r\n"},
        {"AUTH": b"-1 x\r\n"},
        {"BANNER": b"x" * 20_000},
    ],
    ids=repr,
)
def test_an_answer_of_another_protocol_is_a_notification_error(answers):
    """No answer of any kind raises anything but a NotificationError."""
    with ScriptedServer(**answers) as server:
        error_of(server)


@pytest.mark.parametrize("command", ["EHLO", "AUTH", "HELO"])
def test_an_endless_answer_is_cut(command):
    """An answer without an end is cut at a mebibyte, long before the timeout."""
    answers = {command: None} | ({"EHLO": b"502 no\r\n"} if command == "HELO" else {})
    with ScriptedServer(**answers) as server:
        error = error_of(server, timeout=60.0)
        assert f"more than {smtp_client.LARGEST_ANSWER} bytes" in str(error)
        assert server.sent < 20 * smtp_client.LARGEST_ANSWER


@pytest.mark.parametrize(
    "text", ["请使用授权码登录", "账号异常，登录受限", "密码错误", "未开启SMTP服务", "登录频率过高"]
)
def test_an_answer_in_gbk_is_readable(text):
    """The GBK answer of a Chinese server stands in the error as it was meant."""
    with ScriptedServer(AUTH=f"535 Error: {text}\r\n".encode("gbk")) as server:
        error = error_of(server)
        assert isinstance(error, AuthenticationError)
        assert text in str(error)


@pytest.mark.parametrize(
    "user", ["AKIAIOSFODNN7EXAMPLE", "apikey", "zhangsan", "s1234567", "lab\\zhang", "z@lab"]
)
def test_a_login_need_not_be_the_address(smtp_server, make_message, user):
    """``user`` logs in, and the mail comes from the sender's address."""
    server = smtp_server(accounts={user: "secret-code"})
    options = {"host": "localhost", "port": server.port, "security": server.tls, "timeout": 5.0}
    EmailNotifier("me@qq.com", "a@qq.com", "secret-code", user=user, **options).send(make_message())
    assert [(login.user, login.accepted) for login in server.logins] == [(user, True)]
    assert server.mails[0].sender == "me@qq.com"
    assert server.mails[0].message["From"].addresses[0].addr_spec == "me@qq.com"


def test_a_refused_login_names_the_user(smtp_server):
    """The error of a refused login names who logged in."""
    server = smtp_server(accounts={"apikey": "another"})
    options = {"host": "localhost", "port": server.port, "security": server.tls, "timeout": 5.0}
    with pytest.raises(AuthenticationError, match="refused the login of apikey"):
        EmailNotifier("me@qq.com", "a@qq.com", "secret-code", user="apikey", **options).verify()


@pytest.mark.parametrize("user", ["", "  ", "张三", "a\nb", 7])
def test_an_impossible_login_is_refused(user):
    """A login that no server can read is a ConfigError at construction."""
    with pytest.raises(ConfigError, match="smtp_user"):
        EmailNotifier("me@qq.com", "a@qq.com", "code", user=user)


def test_the_plain_login_holds_the_user(smtp_server):
    """The user is what AUTH PLAIN sends, not an address that yagmail makes of it."""
    sent = []

    class Listening(ScriptedServer):
        def _converse(self, connection):
            connection.sendall(b"220 hi\r\n")
            for line in connection.makefile("rb"):
                sent.append(line.split())
                known = {b"EHLO": b"250-hi\r\n250 AUTH PLAIN\r\n", b"AUTH": b"235 ok\r\n"}
                connection.sendall(known.get(line.split()[0].upper(), b"221 bye\r\n"))

    with Listening() as server:
        notifier_for(server, user="zhangsan").verify()
    assert [b"AUTH", b"PLAIN", b64encode(b"\0zhangsan\0abcdefgh")] in sent
