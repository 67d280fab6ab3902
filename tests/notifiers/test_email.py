"""Mail through a real server: its content, its errors, and no secret in either."""

from __future__ import annotations

import builtins
import getpass
import logging
import socket
import threading
import traceback
from base64 import b64encode

import pytest
from smtp_server import Faults, LoginAttempt

from auto_model_monitor import AuthenticationError, ConfigError, EmailNotifier, NotificationError, Notifier
from auto_model_monitor.notifiers import smtp_connection as connection

CODE = "CANARY-code-4711"
PLAIN = b64encode(f"\0me@qq.com\0{CODE}".encode()).decode()
LOGIN = b64encode(CODE.encode()).decode()


def notifier_for(server, receiver="a@qq.com", code=CODE, **options):
    options = {"host": "localhost", "port": server.port, "security": server.tls, "timeout": 5.0} | options
    return EmailNotifier("me@qq.com", receiver, code, **options)


def failure_of(action, *arguments):
    with pytest.raises(NotificationError) as caught:
        action(*arguments)
    return caught.value


@pytest.mark.parametrize(("tls", "port"), [("ssl", 465), ("starttls", 587)])
def test_a_mail_arrives_whole_through_a_verified_connection(smtp_server, redirect, make_message, tls, port):
    """On 465 and after STARTTLS the mail arrives with both parts whole, after one login with the code."""
    server = smtp_server(tls=tls, hostname="smtp.qq.com", accounts={"me@qq.com": CODE})
    redirect("smtp.qq.com", server)
    message = make_message(text="一\n\n  二\n", html="<ul><li>一<li>二<li>三</ul>")
    notifier: Notifier = EmailNotifier("me@qq.com", "a@qq.com, b@163.com", CODE, port=port)
    notifier.send(message)
    (mail,) = server.mails
    assert mail.sender == "me@qq.com"
    assert mail.recipients == ["a@qq.com", "b@163.com"]
    assert mail.message["Subject"] == message.subject
    assert mail.message["From"] == "Model Monitor <me@qq.com>"
    assert (mail.text, mail.html) == (message.text, message.html + "\n")
    assert server.logins == [LoginAttempt("me@qq.com", CODE, accepted=True)]


def test_a_display_name_stands_beside_the_login(smtp_server, make_message):
    """From is the address of the login with the display name; the envelope has the address alone."""
    server = smtp_server()
    notifier_for(server, display_name="模型监控").send(make_message())
    assert server.mails[0].message["From"].addresses[0].display_name == "模型监控"
    assert server.mails[0].message["From"].addresses[0].addr_spec == server.mails[0].sender == "me@qq.com"


def test_without_tls_and_without_login_only_when_asked(smtp_server, make_message):
    """security="none" and no code hand the mail to a relay that wants neither."""
    server = smtp_server(tls="none", auth=False)
    notifier_for(server, code=None).send(make_message())
    assert len(server.mails) == 1
    assert server.logins == []


def test_the_same_receiver_twice_gets_one_mail(smtp_server, make_message):
    """An address that is listed twice is one recipient, also where it is the sender."""
    server = smtp_server()
    notifier_for(server, ["me@qq.com", "ME@qq.com", "me@qq.com"]).send(make_message())
    assert server.mails[0].recipients == ["me@qq.com"]
    assert [line for line in server.commands if line.startswith("RCPT")] == ["RCPT TO:<me@qq.com>"]


def test_verify_logs_in_once_and_sends_nothing(smtp_server):
    """verify() is one login, and no mail."""
    server = smtp_server()
    notifier_for(server).verify()
    assert len(server.logins) == server.connections == 1
    assert server.mails == []
    assert server.commands == ["QUIT"]


def test_every_attempt_carries_the_same_message_id(smtp_server, make_message):
    """A mail whose acceptance did not arrive is sent again with the same Message-ID."""
    server = smtp_server(faults=Faults(close="stored"))
    notifier, message = notifier_for(server), make_message()
    assert not failure_of(notifier.send, message).permanent
    server.faults.close = None
    notifier.send(message)
    notifier.send(make_message(id="f" * 32))
    first, second, other = (mail.message["Message-ID"] for mail in server.mails)
    assert first == second == f"<{message.id}@qq.com>" != other


@pytest.mark.parametrize(
    ("faults", "permanent"),
    [
        (Faults(login="454 4.7.0 Temporary authentication failure"), False),
        (Faults(banner="421 too many connections"), False),
        (Faults(banner="554 no service here"), False),
        (Faults(mail="421 closing"), False),
        (Faults(mail="451 try later"), False),
        (Faults(mail="553 Mail from must equal authorized user"), True),
        (Faults(rcpt="421 closing"), False),
        (Faults(rcpt="450 greylisted"), False),
        (Faults(rcpt="452 full"), False),
        (Faults(rcpt="550 No such user"), True),
        (Faults(rcpt="551 not here"), True),
        (Faults(rcpt="550 Mailbox not found. https://service.mail.qq.com/detail/122/169"), True),
        (Faults(rcpt="550 Mailbox unavailable or access denied"), False),
        (Faults(rcpt="550 Mailbox unavailable or access denined"), False),
        (Faults(rcpt="550 Ip frequency limited"), False),
        (Faults(data="421 closing"), False),
        (Faults(data="451 local error"), False),
        (Faults(data="452 no room"), False),
        (Faults(data="550 Sender frequency limited"), False),
        (Faults(data='550 The "From" header is missing or invalid'), True),
        (Faults(data="552 too large"), True),
        (Faults(data="554 DT:SPM spam"), True),
        (Faults(close="banner"), False),
        (Faults(close="login"), False),
        (Faults(close="mail"), False),
        (Faults(close="rcpt"), False),
        (Faults(close="data"), False),
        (Faults(close="stored"), False),
    ],
    ids=str,
)
def test_each_refusal_is_transient_or_permanent(smtp_server, make_message, faults, permanent):
    """4xx, cut connections and QQ's bursts may pass; other 5xx on sender, receiver or content will not."""
    server = smtp_server(faults=faults)
    error = failure_of(notifier_for(server).send, make_message())
    assert error.permanent is permanent
    assert not isinstance(error, AuthenticationError)
    assert f"localhost:{server.port}" in str(error)
    answers = [faults.login, faults.banner, faults.mail, faults.rcpt, faults.data]
    assert all(answer in str(error) for answer in answers if answer)


@pytest.mark.parametrize("step", ["banner", "login", "mail", "rcpt", "data", "stored"])
def test_every_step_has_the_time_out(smtp_server, make_message, step):
    """A server that falls silent at any step is given up after the time-out, and may be tried again."""
    server = smtp_server(faults=Faults(hang=step))
    error = failure_of(notifier_for(server, timeout=0.3).send, make_message())
    assert "did not answer within 0.3 s" in str(error)
    assert not error.permanent


@pytest.mark.parametrize("tls", ["ssl", "starttls"])
def test_a_silent_tls_handshake_has_the_time_out(tls, make_message):
    """A listener that accepts and never speaks is given up after the time-out."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        notifier = EmailNotifier(
            "me@qq.com", "a@qq.com", CODE, host="localhost", port=listener.getsockname()[1],
            security=tls, timeout=0.3,
        )  # fmt: skip
        assert "did not answer within 0.3 s" in str(failure_of(notifier.send, make_message()))


@pytest.mark.parametrize(
    "faults",
    [Faults(quit=b"\0\0\0\r\n"), Faults(quit=b"\0\0\0"), Faults(quit=b"500 what\r\n"),
     Faults(close="quit"), Faults(hang="quit")],
    ids=str,
)  # fmt: skip
def test_what_happens_at_quit_says_nothing_about_the_mail(smtp_server, make_message, faults, monkeypatch):
    """A mail that was accepted is sent, however the server behaves at QUIT, and without a long wait."""
    monkeypatch.setattr(connection, "_QUIT_TIMEOUT", 0.2)
    server = smtp_server(faults=faults)
    notifier_for(server, timeout=600).send(make_message())
    assert len(server.mails) == 1


def test_nobody_there_is_transient(make_message):
    """A closed port and a name that does not resolve are errors that may pass and name the server."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    closed = EmailNotifier("me@qq.com", "a@qq.com", CODE, host="127.0.0.1", port=port)
    unknown = EmailNotifier("me@qq.com", "a@qq.com", CODE, host="no-such-host.invalid", timeout=5)
    broken = EmailNotifier("me@qq.com", "a@qq.com", CODE, host="a" * 70 + ".invalid")
    for notifier in (closed, unknown, broken):
        error = failure_of(notifier.verify)
        assert not error.permanent
        assert not isinstance(error, AuthenticationError)
        assert notifier.server.host in str(error)


@pytest.mark.parametrize(
    ("sender", "page"),
    [
        ("me@qq.com", "https://service.mail.qq.com/detail/0/75"),
        ("me@163.com", "https://help.mail.163.com/"),
        ("me@gmail.com", "https://support.google.com/accounts/answer/185833"),
        ("me@outlook.com", "Outlook.com takes OAuth2 logins only"),
        ("me@lab.edu", "Ask the mailbox's provider"),
    ],
)
def test_a_refused_login_names_the_providers_page(smtp_server, make_message, sender, page):
    """A refused login is an AuthenticationError, not permanent, with a link to the provider's help."""
    server = smtp_server(accounts={sender: "another"})
    notifier = EmailNotifier(sender, "a@qq.com", CODE, host="localhost", port=server.port)
    for action in (notifier.verify, lambda: notifier.send(make_message())):
        error = failure_of(action)
        assert isinstance(error, AuthenticationError)
        assert not error.permanent
        assert page in str(error)
        assert "authorisation code" in str(error)


@pytest.mark.parametrize("tls", ["ssl", "starttls"])
@pytest.mark.parametrize(
    "faults",
    [Faults(login="535 Login fail. Account is abnormal"), Faults(login="550 User has no permission"),
     Faults(login="535 Login fail. Account is abnormal", hangs_up_on_refusal=True)],
    ids=str,
)  # fmt: skip
def test_a_refused_code_is_heard_and_not_offered_again(smtp_server, tls, faults):
    """A refusal is reported even if the server disconnects, and 535 is one failed login, not two."""
    server = smtp_server(tls=tls, faults=faults)
    error = failure_of(notifier_for(server).verify)
    assert isinstance(error, AuthenticationError)
    assert faults.login in str(error)
    assert len(server.logins) == (1 if "535" in faults.login else 2)


def test_a_server_that_wants_a_login_says_so(smtp_server, make_message):
    """Without a code, a server that requires a login is an AuthenticationError, without any prompt."""
    server = smtp_server()
    error = failure_of(notifier_for(server, code=None).send, make_message())
    assert isinstance(error, AuthenticationError)
    assert "authorisation code, got none" in str(error)


def test_a_server_without_a_login_is_not_given_the_code(smtp_server):
    """A server that offers no login gets none, and the error names what to check."""
    error = failure_of(notifier_for(smtp_server(faults=Faults(offers_login=False))).verify)
    assert isinstance(error, AuthenticationError)
    assert "offers no supported login" in str(error)


def test_full_width_letters_in_the_code_are_noticed(smtp_server):
    """A code with other than ASCII letters is refused before the network is touched."""
    server = smtp_server()
    error = failure_of(notifier_for(server, code="ＣＯＤＥ").verify)
    assert isinstance(error, AuthenticationError)
    assert "ＣＯＤＥ" not in str(error)
    assert server.connections == 0


@pytest.mark.parametrize("tls", ["ssl", "starttls"])
@pytest.mark.parametrize(
    ("cert", "reason"),
    [("wrong-name", "mismatch"), ("self-signed", "self"), ("expired", "expired")],
)
def test_a_wrong_certificate_ends_it_before_the_code_is_sent(smtp_server, make_message, tls, cert, reason):
    """A wrong name, an unknown signer or an old certificate is a clear error; no login, no mail."""
    server = smtp_server(tls=tls, cert=cert)
    error = failure_of(notifier_for(server).send, make_message())
    assert not error.permanent
    assert not isinstance(error, AuthenticationError)
    assert f"certificate of localhost:{server.port} cannot be trusted" in str(error)
    assert reason in str(error)
    assert "The code was not sent" in str(error)
    assert server.logins == []
    assert server.mails == []


def test_starttls_that_was_taken_away_is_refused(smtp_server, make_message):
    """When STARTTLS is not offered nothing goes over the open line: no login, no mail."""
    server = smtp_server(tls="none")
    error = failure_of(notifier_for(server, security="starttls").send, make_message())
    assert "does not offer STARTTLS" in str(error)
    assert not error.permanent
    assert server.logins == []
    assert server.mails == []


def test_tls_on_a_plain_port_is_explained(smtp_server):
    """A port without TLS is an error that names the port of each mode."""
    server = smtp_server(tls="none")
    error = failure_of(notifier_for(server, security="ssl", timeout=1).verify)
    assert "port 587 with 'starttls'" in str(error)
    assert server.logins == []


def test_refused_receivers_are_named_and_the_others_get_one_mail(smtp_server, make_message):
    """Who was refused is named with the answer; another attempt goes to them alone."""
    server = smtp_server(faults=Faults(rcpt={"b@163.com": "450 greylisted"}))
    notifier, message = notifier_for(server, "a@qq.com, b@163.com, c@126.com"), make_message()
    error = failure_of(notifier.send, message)
    assert "b@163.com (450 greylisted)" in str(error)
    assert "a@qq.com" not in str(error)
    assert not error.permanent
    failure_of(notifier.send, message)
    assert [mail.recipients for mail in server.mails] == [["a@qq.com", "c@126.com"]]
    server.faults.rcpt = None
    notifier.send(message)
    notifier.send(message)
    assert [mail.recipients for mail in server.mails] == [["a@qq.com", "c@126.com"], ["b@163.com"]]
    assert server.mails[0].message["To"] == server.mails[1].message["To"]


def test_a_partial_refusal_is_permanent_only_when_all_of_it_is(smtp_server, make_message):
    """Refusals of which one may pass are tried again; those that will all last are not."""
    server = smtp_server(faults=Faults(rcpt={"b@163.com": "450 later", "c@126.com": "550 unknown"}))
    notifier, message = notifier_for(server, "a@qq.com, b@163.com, c@126.com"), make_message()
    assert not failure_of(notifier.send, message).permanent
    server.faults.rcpt = {"c@126.com": "550 unknown"}
    assert failure_of(notifier.send, message).permanent


def test_the_memory_of_who_has_what_is_bounded(smtp_server, make_message, monkeypatch):
    """Only the newest messages are remembered."""
    from auto_model_monitor.notifiers import email

    monkeypatch.setattr(email, "_REMEMBERED", 2)
    notifier = notifier_for(smtp_server())
    for number in range(4):
        notifier.send(make_message(id=f"alert-{number}"))
    assert list(notifier._accepted) == ["alert-2", "alert-3"]


@pytest.mark.parametrize(
    "options",
    [{"auth_code": ""}, {"auth_code": "  "}, {"auth_code": 5}, {"timeout": 0}, {"timeout": float("nan")},
     {"sender": "a@qq.com, b@qq.com"}, {"sender": "me@lab.edu"}, {"receiver": "nobody"},
     {"security": "tls"}, {"oauth2_file": "/nowhere/token.json"}],
    ids=str,
)  # fmt: skip
def test_what_cannot_work_is_refused_at_once(options):
    """A wrong argument is a ValueError with what was expected, before anything is sent."""
    given = {"sender": "me@qq.com", "receiver": "a@qq.com", "auth_code": CODE} | options
    with pytest.raises(ValueError, match="expected") as caught:
        EmailNotifier(given.pop("sender"), given.pop("receiver"), given.pop("auth_code"), **given)
    assert CODE not in str(caught.value)


def test_nobody_is_ever_asked_for_a_password(smtp_server, make_message, monkeypatch):
    """Neither the keyring nor a prompt is reached, with a code or without."""

    def asked(*_):
        raise AssertionError("somebody was asked")

    monkeypatch.setattr(builtins, "input", asked)
    monkeypatch.setattr(getpass, "getpass", asked)
    monkeypatch.setattr("yagmail.sender.handle_password", lambda user, password: password or asked())
    server = smtp_server(tls="none", auth=False)
    notifier_for(server, code=None).send(make_message())
    failure_of(notifier_for(smtp_server(), code=None).send, make_message())
    notifier_for(smtp_server()).send(make_message())


def test_this_machines_name_is_not_looked_up(smtp_server, make_message, monkeypatch):
    """No look-up of this machine's own name, which has no time-out, stands before the greeting."""

    def slow(*_):
        raise AssertionError("the machine's name was looked up")

    server = smtp_server()
    monkeypatch.setattr(socket, "getfqdn", slow)
    notifier_for(server).send(make_message())
    assert len(server.mails) == 1


def state_of_logging():
    loggers = {"": logging.getLogger(), **logging.Logger.manager.loggerDict}
    return {
        name: (list(log.handlers), log.level, log.propagate, log.disabled, list(log.filters))
        for name, log in loggers.items()
        if isinstance(log, logging.Logger)
    }


@pytest.mark.parametrize("configured", [False, True])
def test_all_loggers_are_as_before(smtp_server, make_message, capfd, configured):
    """No call changes a handler, level or flag of any logger, yagmail's own included, and none prints."""
    server = smtp_server(faults=Faults(data="554 no"))
    notifier, log = notifier_for(server), logging.getLogger("yagmail.log")
    mine = logging.NullHandler()
    if configured:
        log.addHandler(mine)
        log.setLevel(logging.WARNING)
        log.propagate = False
    handlers = log.handlers
    try:
        notifier.verify()  # everything is imported once
        before = state_of_logging()
        notifier.verify()
        failure_of(notifier.send, make_message())
        assert state_of_logging() == before
        assert log.handlers is handlers
        assert log.handlers == [mine] * configured
        assert log.level == (logging.WARNING if configured else logging.NOTSET)
        assert log.propagate is not configured
    finally:
        log.removeHandler(mine)
        log.setLevel(logging.NOTSET)
        log.propagate = True
    assert capfd.readouterr() == ("", "")


def test_yagmail_says_nothing(smtp_server, make_message, caplog):
    """yagmail's own lines, which name server and account, appear nowhere, also where all is logged."""
    caplog.set_level(logging.DEBUG)
    server = smtp_server(faults=Faults(data="554 no"))
    failure_of(notifier_for(server).send, make_message())
    assert [record for record in caplog.records if record.name.startswith("yagmail")] == []


def test_threads_leave_the_loggers_alone_too(smtp_server, make_message):
    """Several concurrent notifiers leave yagmail's logger unchanged."""
    server, log = smtp_server(), logging.getLogger("yagmail.log")
    before = (list(log.handlers), log.level, log.propagate)
    threads = [
        threading.Thread(target=notifier_for(server).send, args=(make_message(id=f"alert-{number}"),))
        for number in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert len(server.mails) == 8
    assert (list(log.handlers), log.level, log.propagate) == before


ECHO = "you said {password}, that is {base64}"


@pytest.mark.parametrize(
    "faults",
    [Faults(login=f"535 {ECHO}"), Faults(login=f"454 {ECHO}"), Faults(login=f"999 {ECHO}"),
     Faults(mail=f"550 {CODE} {PLAIN}"), Faults(rcpt=f"550 {CODE} {LOGIN}"), Faults(data=f"554 {LOGIN}"),
     Faults(banner=f"554 {CODE}"), Faults(close="login"), Faults(hang="login"), Faults(offers_login=False)],
    ids=lambda faults: str(faults).replace(CODE, "code").replace(PLAIN, "plain").replace(LOGIN, "login"),
)  # fmt: skip
def test_the_code_is_nowhere(smtp_server, make_message, faults, caplog, capfd):
    """The code is in no error, cause, context, local variable, log, repr or output, whatever is echoed."""
    caplog.set_level(logging.DEBUG)
    server = smtp_server(faults=faults)
    notifier = notifier_for(server, timeout=0.5)
    error = failure_of(notifier.send, make_message())
    assert error.__cause__ is None
    assert error.__context__ is None
    frames = error.__traceback__.tb_next.tb_next  # without the test's own, which know the code
    shown = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    seen = ["".join(shown.format()), str(error), repr(error), repr(vars(error))]
    logging.getLogger("test").exception("it failed with %r", notifier)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("mail.")]
    seen += [repr(notifier), str(vars(notifier)), notifier.name, *ours, *capfd.readouterr()]
    for form in (CODE, PLAIN, LOGIN, PLAIN.rstrip("="), LOGIN.rstrip("=")):
        assert form not in "\n".join(seen)


def test_name_and_repr_say_who_gets_mail(smtp_server):
    """Logs can say to whom and through which server mail goes."""
    notifier = EmailNotifier("me@qq.com", ["a@qq.com", "b@163.com"], CODE)
    assert notifier.name == "email to a@qq.com, b@163.com"
    assert "smtp.qq.com:465 ssl" in repr(notifier)


def test_config_errors_are_of_the_family():
    """An unknown provider is a ConfigError, which is a ValueError."""
    with pytest.raises(ConfigError, match="smtp_host"):
        EmailNotifier("me@lab.edu", "a@qq.com", CODE)


def test_the_arguments_of_version_0_2_are_refused_with_where_they_belong():
    """A mode and a threshold after the code, as in 0.2, are refused, and nothing is sent."""
    with pytest.raises(ConfigError, match="comparison_mode and threshold belong to MonitorConfig"):
        EmailNotifier("a@qq.com", "b@qq.com", "xxxx", "lower", 0.004)
