"""Feishu's robot: its signature, its code, its limits and its card."""

from __future__ import annotations

import pytest
from robot_server import Feishu, reply

from auto_model_monitor import ConfigError, FeishuNotifier, Level, NotificationError
from auto_model_monitor.notifiers.feishu import LARGEST_BODY, signature

HOOK, SECRET = "CANARY-hook-4711", "CANARY-secret-4711"


def notifier_for(server, clock, secret=None, **options):
    return FeishuNotifier(HOOK, secret, base=server.url, clock=clock, **options)


def error_of(notifier, message):
    with pytest.raises(NotificationError) as caught:
        notifier.send(message)
    return caught.value


def test_the_signature_is_the_documented_one():
    """The time and the secret are the key, the message is empty; by openssl dgst -macopt hexkey:KEY."""
    assert signature("1599360473", "demo") == "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


def test_a_signed_card_is_accepted(robot_server, make_message, clock):
    """The sign stands in the body, and the card holds the subject, the text and the level's colour."""
    server = robot_server(Feishu(SECRET, now=clock.now().timestamp()))
    message = make_message(level=Level.CRITICAL)
    notifier_for(server, clock, SECRET, at_users=["ou_1"], at_all=True).send(message)
    card = server.requests[0].json["card"]
    assert card["header"] == {"title": {"tag": "plain_text", "content": message.subject}, "template": "red"}
    assert card["elements"][0]["text"] == {"tag": "plain_text", "content": message.text}
    assert card["elements"][1]["content"] == "<at id=ou_1></at><at id=all></at>"


def test_a_wrong_sign_is_an_error_although_http_says_200(robot_server, make_message, clock):
    """The code of a 200 answer decides, and the error contains the remedy."""
    server = robot_server(Feishu("other", now=clock.now().timestamp()))
    error = error_of(notifier_for(server, clock, SECRET), make_message())
    assert (error.permanent, error.needs_person) == (False, False)  # the clock may be the cause
    assert "19021" in str(error)
    assert "clock" in str(error)


@pytest.mark.parametrize(
    ("answer", "status", "permanent"),
    [
        ({"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}, 200, True),
        ({"code": 19022, "msg": "Ip Not Allowed"}, 200, False),
        ({"code": 19024, "msg": "Key Words Not Found"}, 200, False),
        ({"code": 9499, "msg": "Bad Request", "data": {}}, 400, True),
        ({"code": 9499, "msg": "too many request", "data": {}}, 400, False),
        (
            {"code": 11232, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"},
            200,
            False,
        ),
        ({"code": 99991400, "msg": "request trigger frequency limit"}, 400, False),
        ({"StatusCode": 1, "StatusMessage": "?"}, 200, False),
        ({"code": 10002, "msg": "internal error"}, 500, False),
        ({"msg": "success"}, 200, False),
        ({"code": 0}, 502, False),
    ],
)
def test_each_verdict(robot_server, make_message, clock, answer, status, permanent):
    """What the robot's settings or content cause lasts; what time or an unknown code causes may pass."""
    server = robot_server(lambda _: reply(answer, status))
    assert error_of(notifier_for(server, clock), make_message()).permanent is permanent


def test_the_answer_of_old_is_read_too(robot_server, make_message, clock):
    """StatusCode 0 without code is a success."""
    server = robot_server(lambda _: reply({"StatusCode": 0, "StatusMessage": "success"}))
    notifier_for(server, clock).send(make_message())


def test_five_a_second_and_a_hundred_a_minute(robot_server, make_message, clock):
    """The sixth in a second and the 101st in a minute are refused here, for later."""
    server = robot_server(Feishu())
    notifier = notifier_for(server, clock)
    for _ in range(20):
        for _ in range(5):
            notifier.send(make_message())
        assert not error_of(notifier, make_message()).permanent
        clock.advance(1)
    assert "40 s" in str(error_of(notifier, make_message()))
    assert len(server.requests) == 100


@pytest.mark.parametrize("text", ["语" * 50_000, '"\\\n' * 20_000])
def test_a_long_text_is_cut_and_says_so(robot_server, make_message, clock, text):
    """The body stays within Feishu's limit, and ends with a note that it was cut."""
    server = robot_server(Feishu())
    notifier_for(server, clock).send(make_message(text=text))
    (request,) = server.requests
    assert LARGEST_BODY - 30 < len(request.body) <= LARGEST_BODY
    assert request.json["card"]["elements"][0]["text"]["content"].endswith("cut: too long）")


def test_a_file_name_cannot_write_markdown(robot_server, make_message, clock):
    """What comes from outside stands in plain text only, and nothing else is there."""
    server = robot_server(Feishu())
    evil = "[x](http://evil) <at id=all></at> **b**"
    notifier_for(server, clock).send(make_message(subject=evil, text=evil))
    card = server.requests[0].json["card"]
    assert card["header"]["title"] == {"tag": "plain_text", "content": evil}
    assert card["elements"] == [{"tag": "div", "text": {"tag": "plain_text", "content": evil}}]


@pytest.mark.parametrize(
    "arguments",
    [
        {"hook_or_url": ""},
        {"hook_or_url": "CANARY/x"},
        {"hook_or_url": "ftp://CANARY/x"},
        {"hook_or_url": None},
        {"hook_or_url": "a", "at_users": ["x></at><at id=all"]},
    ],
)
def test_what_cannot_work_is_refused_early(arguments):
    """A hook that is none and a member who is none are ConfigErrors without secrets."""
    with pytest.raises(ConfigError) as caught:
        FeishuNotifier(**arguments)
    assert "CANARY" not in str(caught.value)
