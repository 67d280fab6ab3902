"""Google's OAuth2: a file instead of a code, and no prompt at a terminal."""

from __future__ import annotations

import builtins
import json
import threading
import traceback
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs

import pytest

from auto_model_monitor import AuthenticationError, ConfigError, EmailNotifier, NotificationError
from auto_model_monitor.notifiers import oauth2

FILE = {
    "email_address": "me@gmail.com",
    "google_client_id": "id-1",
    "google_client_secret": "CANARY-secret",
    "google_refresh_token": "CANARY-refresh",
}


@pytest.fixture
def google(monkeypatch):
    """A token endpoint on loopback: ``google.answer`` is (status, body), ``google.forms`` what was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            size = int(self.headers["Content-Length"])
            self.server.forms.append(parse_qs(self.rfile.read(size).decode()))
            if self.server.answer is None:
                self.server.released.wait(20)
                return
            status, body = self.server.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.forms, server.released = [], threading.Event()
    server.answer = (200, {"access_token": "CANARY-access", "expires_in": 3599})
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    monkeypatch.setattr(oauth2, "TOKEN_URL", f"http://127.0.0.1:{server.server_port}/token")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(builtins, "input", lambda *_: pytest.fail("somebody was asked"))
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()


def file_with(tmp_path, content):
    path = tmp_path / "oauth2.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def notifier_for(server, path, **options):
    given = {"host": "localhost", "port": server.port, "security": "ssl", "timeout": 5.0} | options
    return EmailNotifier("me@gmail.com", "a@qq.com", None, oauth2_file=path, **given)


def test_a_mail_goes_out_with_a_fresh_token(smtp_server, google, tmp_path, make_message):
    """The refresh token becomes an access token, with which the server lets the mail in."""
    server = smtp_server(accounts={"me@gmail.com": "CANARY-access"})
    notifier_for(server, file_with(tmp_path, FILE)).send(make_message())
    assert len(server.mails) == 1
    assert google.forms[0]["refresh_token"] == ["CANARY-refresh"]
    assert google.forms[0]["grant_type"] == ["refresh_token"]


def test_a_refused_token_is_an_authentication_error(smtp_server, google, tmp_path):
    """A refusal of XOAUTH2 is reported without the token that the server echoes."""
    server = smtp_server(accounts={})
    server.faults.login = "535 no {password}"
    with pytest.raises(AuthenticationError, match="create the oauth2_file again") as caught:
        notifier_for(server, file_with(tmp_path, FILE)).verify()
    assert not caught.value.permanent
    check_nothing_shows(caught.value)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, {"error": "invalid_grant"}), AuthenticationError),
        ((401, {"error": "invalid_client"}), AuthenticationError),
        ((503, {}), NotificationError),
        ((200, {"no": "token"}), NotificationError),
        ((200, ["x"]), NotificationError),
        (None, NotificationError),
    ],
    ids=str,
)
def test_google_may_refuse_or_fail_or_be_silent(smtp_server, google, tmp_path, answer, kind):
    """A refused refresh token is an AuthenticationError, all else may pass; no mail server is bothered."""
    google.answer = answer
    server = smtp_server()
    with pytest.raises(NotificationError) as caught:
        notifier_for(server, file_with(tmp_path, FILE), timeout=60.0 if answer else 0.5).verify()
    assert type(caught.value) is kind
    assert not caught.value.permanent
    assert server.connections == 0
    check_nothing_shows(caught.value)


def check_nothing_shows(error):
    assert error.__cause__ is None
    assert error.__context__ is None
    # From the first frame that is not the test's own.
    frames = error.__traceback__.tb_next
    shown = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    assert "CANARY" not in "".join(shown.format())


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("not json", "is not JSON"),
        ({"installed": {"client_id": "x", "client_secret": "y"}}, "lacks"),
        ({**FILE, "google_refresh_token": ""}, "lacks google_refresh_token"),
        ({**FILE, "google_client_id": 5}, "lacks google_client_id"),
        ([1], "lacks"),
    ],
    ids=str,
)
def test_an_unfinished_file_is_refused_at_once(tmp_path, google, content, problem):
    """A file that yagmail would complete at a terminal is a ConfigError that names what it lacks."""
    with pytest.raises(ConfigError, match=problem) as caught:
        EmailNotifier("me@gmail.com", "a@qq.com", None, oauth2_file=file_with(tmp_path, content))
    check_nothing_shows(caught.value)


def test_oauth2_needs_tls_from_the_first_byte(tmp_path):
    """With OAuth2 only security="ssl" is taken."""
    path = file_with(tmp_path, FILE)
    with pytest.raises(ConfigError, match="smtp_security='ssl'"):
        EmailNotifier("me@gmail.com", "a@qq.com", None, oauth2_file=path, port=587)


def test_a_file_that_vanishes_is_a_notification_error(smtp_server, google, tmp_path, make_message):
    """A file that is gone when the mail goes out may come back."""
    path = file_with(tmp_path, FILE)
    notifier = notifier_for(smtp_server(), path)
    path.unlink()
    with pytest.raises(NotificationError, match="oauth2_file"):
        notifier.send(make_message())
