"""What every notifier promises, whatever it sends through."""

from __future__ import annotations

import json
import logging
import pickle
import threading
import traceback
from importlib.util import find_spec

import pytest
from robot_server import AliyunSMS, DingTalk, Feishu, Reply, Webhook, WeCom

from auto_model_monitor import (
    AppriseNotifier,
    DingTalkNotifier,
    EmailNotifier,
    FeishuNotifier,
    Level,
    MailboxNotifier,
    NotificationError,
    Notifier,
    WebhookNotifier,
    WeComNotifier,
)
from auto_model_monitor.notifiers import AliyunSMSNotifier

CANARY = "CANARY4711secret"
needs_apprise = pytest.mark.skipif(find_spec("apprise") is None, reason="needs the extra apprise")
HOSTILE = [
    "",
    " ",
    "a\nb\r\nc\x00\x1b[31m\u2028\u202e",
    "\ud800",
    "😀" * 300,
    "<script>alert(1)</script>",
    "[x](http://evil) <@all> <at id=all></at> **b** `c` _d_ | e",
    '{"a": "\\u0000"}',
    "%s %(a)s {0} {a}",
]

WEB = {
    "webhook": (
        lambda url, clock: WebhookNotifier(f"{url}/{CANARY}?a={CANARY}", CANARY, clock=clock),
        lambda now: Webhook(CANARY),
    ),
    "dingtalk": (
        lambda url, clock: DingTalkNotifier(CANARY, f"SEC{CANARY}", base=url, clock=clock),
        lambda now: DingTalk(f"SEC{CANARY}", token=CANARY, now=now),
    ),
    "feishu": (
        lambda url, clock: FeishuNotifier(CANARY, CANARY, base=url, clock=clock),
        lambda now: Feishu(CANARY, hook=CANARY, now=now),
    ),
    "wecom": (
        lambda url, clock: WeComNotifier(CANARY, base=url, clock=clock),
        lambda now: WeCom(key=CANARY),
    ),
    "aliyun-sms": (
        lambda url, clock: AliyunSMSNotifier(
            "LTAICANARY",
            CANARY,
            numbers=["13800000000"],
            sign_name="模型监控",
            template="SMS_4711",
            base=url,
            clock=clock,
        ),
        lambda now: AliyunSMS(CANARY, now=now),
    ),
    "apprise": (
        lambda url, clock: AppriseNotifier(
            f"json://me:{CANARY}@{url.partition('://')[2]}/{CANARY}", timeout=200.0
        ),
        lambda now: Webhook(),
    ),
}
NAMES = [pytest.param(name, marks=needs_apprise if name == "apprise" else ()) for name in WEB]


@pytest.fixture(params=NAMES)
def channel(request, robot_server, clock):
    """A notifier and the server that it sends to."""
    build, judge = WEB[request.param]
    server = robot_server(judge(clock.now().timestamp()))
    return build(server.url, clock), server


def test_it_is_a_notifier(channel, make_message):
    """It has a name without line ends, and sends a message, again on request, without an error."""
    notifier: Notifier = channel[0]
    assert notifier.name
    assert notifier.name.isprintable()
    assert notifier.send(make_message()) is None
    notifier.send(make_message(id="another"))
    assert len(channel[1].requests) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_sent(channel, make_message, clock, text):
    """Whatever stands in a subject or a text, the message is well formed and accepted, in every level."""
    notifier, server = channel
    for number, level in enumerate(Level):
        notifier.send(make_message(id=f"id-{number}", subject=text or "s", text=text or "t", level=level))
        clock.advance(1)
    assert len(server.requests) == 3
    for request in server.requests:
        assert json.loads(request.query.get("TemplateParam") or request.body)
        assert request.headers["content-type"].startswith("application/json")


def error_of(notifier, message):
    try:
        notifier.send(message)
    except NotificationError as error:
        return error
    return None


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404, 429, 500, 503])
def test_a_refusal_is_a_notification_error_without_secrets(channel, make_message, caplog, capfd, status):
    """Whatever is answered, with the secrets quoted, no error, chain, log, name or repr shows one."""
    notifier, server = channel
    echo = f"{CANARY} {server.requests} SEC{CANARY}".encode()
    server.judge = lambda request: Reply(
        status, echo + request.target.encode(), {"Location": f"http://x/{CANARY}"}
    )
    with caplog.at_level(logging.DEBUG):
        error = error_of(notifier, make_message())
    assert error is None or (error.__cause__ is None and error.__context__ is None)
    assert error is not None or status == 200
    shown = "".join(traceback.format_exception(error)) + repr(error) if error else ""
    shown += caplog.text + notifier.name + repr(notifier) + repr(vars(notifier)) + "".join(capfd.readouterr())
    assert CANARY not in shown


def test_a_server_that_is_away_may_come_back(channel, make_message, clock):
    """No connection is never for good, and the same notifier delivers once the server is there."""
    notifier, server = channel
    server.replies = [Reply(503)]
    with pytest.raises(NotificationError) as caught:
        notifier.send(make_message())
    assert not caught.value.permanent
    clock.advance(600)
    server.judge.now = clock.now().timestamp()
    notifier.send(make_message())


def test_it_cannot_be_written_to_disk(channel):
    """A notifier that holds a secret refuses to be pickled."""
    with pytest.raises((TypeError, pickle.PicklingError, AttributeError)):
        pickle.dumps(channel[0])


def test_two_threads_may_send_at_once(channel, make_message):
    """A notifier that is used by two threads loses nothing."""
    notifier, server = channel
    errors = []

    def send(number):
        try:
            notifier.send(make_message(id=f"id-{number}"))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert errors == []
    assert len(server.requests) == 4


def test_mail_keeps_the_same_promises(smtp_server, make_message):
    """The notifier that sends mail takes every hostile text too."""
    server = smtp_server()
    notifier: Notifier = EmailNotifier(
        "me@qq.com", "a@qq.com", CANARY, host="localhost", port=server.port, security=server.tls
    )
    for number, text in enumerate(HOSTILE):
        notifier.send(make_message(id=f"id-{number}", subject=text, text=text))
    assert len(server.mails) == len(HOSTILE)
    assert CANARY not in notifier.name + repr(notifier) + repr(vars(notifier))


def test_a_mailbox_keeps_the_same_promises(tmp_path, make_message):
    """The notifier without a network takes every hostile text too."""
    mailbox: Notifier = MailboxNotifier(tmp_path)
    for number, text in enumerate(HOSTILE):
        mailbox.send(make_message(id=f"id-{number}", subject=text, text=text))
    assert len(list(tmp_path.iterdir())) == len(HOSTILE)
