"""The webhook: its schema, its signature, and what each answer means."""

from __future__ import annotations

import json

import pytest
from robot_server import Reply, Webhook

from auto_model_monitor import ConfigError, Level, NotificationError, WebhookNotifier
from auto_model_monitor.notifiers.webhook import signature

SECRET = "CANARY-secret-4711"


def test_the_schema_is_the_documented_one(robot_server, make_message, clock):
    """Each key of the docstring is there, with its type, and the id is the idempotency key."""
    server = robot_server()
    facts = {
        "metric": "val_loss",
        "score": 0.003,
        "best": float("nan"),
        "gain": float("-inf"),
        "epoch": 3,
        "no": None,
    }
    message = make_message(level=Level.CRITICAL, facts=facts, subject="a\nb \ud800", text="c\r\nd")
    WebhookNotifier(f"{server.url}/hook", clock=clock).send(message)
    (request,) = server.requests
    assert json.loads(request.body, parse_constant=pytest.fail) == {
        "version": 1,
        "id": message.id,
        "time": "2026-11-20T12:34:56+08:00",
        "level": "critical",
        "subject": "a b \ufffd",
        "text": "c\nd",
        "facts": {
            "metric": "val_loss", "score": 0.003, "best": "nan", "gain": "-inf", "epoch": 3, "no": None
        },
    }  # fmt: skip
    assert request.headers["idempotency-key"] == message.id
    assert "x-auto-model-monitor-signature" not in request.headers


def test_the_signature_is_the_documented_one(robot_server, make_message, clock):
    """A receiver that follows the docstring accepts it, and one with another secret does not."""
    server = robot_server(Webhook(SECRET))
    WebhookNotifier(server.url, SECRET, clock=clock).send(make_message())
    assert server.requests[0].headers["x-auto-model-monitor-timestamp"] == str(int(clock.now().timestamp()))
    with pytest.raises(NotificationError, match="401") as caught:
        WebhookNotifier(server.url, "another", clock=clock).send(make_message())
    assert caught.value.permanent


def test_the_signature_is_what_openssl_computes():
    """A vector: printf '1600000000.{"a":1}' | openssl dgst -sha256 -hmac 'this is secret'."""
    expected = "sha256=d2c5429ccb1cb325eb2a8f04178472f3665d94d5426d71d7418514b40a14d204"
    assert signature("1600000000", b'{"a":1}', "this is secret") == expected


def test_a_user_and_a_password_become_basic_authorisation(robot_server, make_message):
    """They leave the address for the header that is made for them."""
    server = robot_server()
    url = server.url.replace("://", "://me:p%40ss@")
    WebhookNotifier(f"{url}/hook?a=1", headers={"X-Room": "7"}).send(make_message())
    (request,) = server.requests
    assert request.headers["authorization"] == "Basic bWU6cEBzcw=="
    assert request.headers["x-room"] == "7"
    assert request.target == "/hook?a=1"


def test_retry_after_is_kept(robot_server, make_message, clock):
    """After 429 with Retry-After nothing is sent before those seconds are over."""
    server = robot_server()
    server.replies = [Reply(429, b"", {"Retry-After": "120"})]
    notifier = WebhookNotifier(server.url, clock=clock)
    with pytest.raises(NotificationError, match="120 s") as caught:
        notifier.send(make_message())
    assert not caught.value.permanent
    clock.advance(119)
    with pytest.raises(NotificationError, match="1 s"):
        notifier.send(make_message())
    assert len(server.requests) == 1
    clock.advance(1)
    notifier.send(make_message())
    assert len(server.requests) == 2


def test_an_unusual_id_is_still_a_header(robot_server, make_message):
    """An id with line ends cannot add a header."""
    server = robot_server()
    WebhookNotifier(server.url).send(make_message(id="a\r\nX-Evil: 1"))
    assert "x-evil" not in server.requests[0].headers
    assert server.requests[0].json["id"] == "a\r\nX-Evil: 1"


@pytest.mark.parametrize(
    "options",
    [
        {"secret": ""},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"headers": {"X-A": "CANARY\r\nX-B: 1"}},
        {"headers": {"bad name": "1"}},
        {"headers": {"Content-Type": "text/plain"}},
        {"headers": {"X-Auto-Model-Monitor-Signature": "1"}},
        {"headers": {"X-A": "é"}},
    ],
)
def test_what_cannot_work_is_refused_early(options):
    """An empty secret, no time-out and headers that break the request are ConfigErrors without secrets."""
    with pytest.raises(ConfigError) as caught:
        WebhookNotifier("https://host/", **options)
    assert "CANARY" not in str(caught.value)
