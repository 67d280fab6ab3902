"""WeCom's robot: its errcode, its limits and its Markdown."""

from __future__ import annotations

import pytest
from robot_server import Reply, WeCom, reply

from auto_model_monitor import ConfigError, NotificationError, WeComNotifier
from auto_model_monitor.notifiers.wecom import LARGEST_CONTENT

KEY = "CANARY-key-4711"


def notifier_for(server, clock, key=KEY, **options):
    return WeComNotifier(key, base=server.url, clock=clock, **options)


def error_of(notifier, message):
    with pytest.raises(NotificationError) as caught:
        notifier.send(message)
    return caught.value


def test_a_message_is_accepted(robot_server, make_message, clock):
    """The key stands in the URL, and the Markdown holds the subject, the text and who is mentioned."""
    server = robot_server(WeCom())
    notifier_for(server, clock, at_users=["zhang.san"]).send(
        make_message(subject="val_loss", text="a\n\n  b")
    )
    assert server.requests[0].json["markdown"]["content"] == "**val_loss**\na\n\n  b\n<@zhang.san>"


def test_a_wrong_key_is_an_error_although_http_says_200(robot_server, make_message, clock):
    """The errcode of a 200 answer decides, and the error contains the remedy."""
    server = robot_server(WeCom())
    error = error_of(notifier_for(server, clock, "another"), make_message())
    assert error.permanent
    assert "93000" in str(error)
    assert "webhook address" in str(error)


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        ({"errcode": 45009, "errmsg": "api freq out of limit"}, False),
        ({"errcode": -1, "errmsg": "system error"}, False),
        ({"errcode": 6000, "errmsg": "data version conflict"}, False),
        ({"errcode": 60020, "errmsg": "not allow to access from your ip"}, False),
        ({"errcode": 93004, "errmsg": "机器人被停用"}, False),
        ({"errcode": 40008, "errmsg": "invalid message type"}, True),
        ({"errcode": 40058, "errmsg": "invalid Request Parameter"}, True),
        ({"errmsg": "ok"}, False),
    ],
)
def test_each_verdict(robot_server, make_message, clock, answer, permanent):
    """What the key or the content causes lasts; what time or an unknown code causes may pass."""
    server = robot_server(lambda _: reply(answer))
    assert error_of(notifier_for(server, clock), make_message()).permanent is permanent


def test_too_fast_closes_for_a_minute(robot_server, make_message, clock):
    """After 45009 nothing is sent for a minute."""
    server = robot_server(lambda _: reply({"errcode": 45009, "errmsg": "api freq out of limit"}))
    notifier = notifier_for(server, clock)
    error_of(notifier, make_message())
    clock.advance(59)
    error_of(notifier, make_message())
    assert len(server.requests) == 1


def test_retry_after_is_kept(robot_server, make_message, clock):
    """After HTTP 503 with Retry-After nothing is sent before those seconds are over."""
    server = robot_server(WeCom())
    server.replies = [Reply(503, b"", {"Retry-After": "30"})]
    notifier = notifier_for(server, clock)
    assert "30 s" in str(error_of(notifier, make_message()))
    clock.advance(29)
    error_of(notifier, make_message())
    clock.advance(1)
    notifier.send(make_message())
    assert len(server.requests) == 2


@pytest.mark.parametrize("text", ["语" * 5_000, "[*" * 5_000, "a\n" * 5_000])
def test_a_long_text_is_cut_and_says_so(robot_server, make_message, clock, text):
    """The Markdown stays within 4096 bytes, uses them, keeps the mention, and ends with a note."""
    server = robot_server(WeCom())
    notifier_for(server, clock, at_users=["a"]).send(make_message(text=text))
    content = server.requests[0].json["markdown"]["content"]
    assert LARGEST_CONTENT - 10 < len(content.encode()) <= LARGEST_CONTENT
    assert content.endswith("cut: too long）\n<@a>")


def test_a_file_name_cannot_write_markdown(robot_server, make_message, clock):
    """No mention, link, tag, heading, quote, emphasis or code can be made by a name."""
    server = robot_server(WeCom())
    evil = '<@all> [x](http://evil)\n# h\n> q\n**b** `c` <font color="warning">f</font>'
    notifier_for(server, clock).send(make_message(subject="<@all>", text=evil))
    content = server.requests[0].json["markdown"]["content"]
    title, _, rest = content.partition("\n")
    assert title == "**＜@all＞**"
    assert not set("<>[]*`#") & set(rest)


@pytest.mark.parametrize(
    "arguments",
    [
        {"key_or_url": ""},
        {"key_or_url": "CANARY&x"},
        {"key_or_url": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?CANARY=1"},
        {"key_or_url": None},
        {"key_or_url": "a", "at_users": ["a><@all"]},
    ],
)
def test_what_cannot_work_is_refused_early(arguments):
    """A key that is none and a member who is none are ConfigErrors without secrets."""
    with pytest.raises(ConfigError) as caught:
        WeComNotifier(**arguments)
    assert "CANARY" not in str(caught.value)
