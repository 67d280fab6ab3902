"""DingTalk's robot: its signature, its errcode, its limits and its Markdown."""

from __future__ import annotations

import pytest
from robot_server import DingTalk, Reply, reply

from auto_model_monitor import ConfigError, DingTalkNotifier, NotificationError
from auto_model_monitor.notifiers.dingtalk import LARGEST_BODY, signature

TOKEN, SECRET = "CANARYtoken4711", "SECCANARY+/=4711"


def notifier_for(server, clock, secret=None, **options):
    return DingTalkNotifier(TOKEN, secret, base=server.url, clock=clock, **options)


def error_of(notifier, message):
    with pytest.raises(NotificationError) as caught:
        notifier.send(message)
    return caught.value


def test_the_signature_is_the_documented_one():
    r"""The page's algorithm and secret, by openssl: printf 'STAMP\nSECRET' | openssl dgst -hmac SECRET."""
    assert signature("1600000000000", "this is secret") == "MYEtKC4/NfMR1l4prX++ai6oOf70X1xOf6UlnyUhJH4="


def test_a_signed_message_is_accepted(robot_server, make_message, clock):
    """The sign is in the URL, encoded exactly once, for twenty different minutes."""
    server = robot_server(DingTalk(SECRET))
    notifier = notifier_for(server, clock, SECRET)
    for _ in range(20):
        server.judge.now = clock.now().timestamp()
        notifier.send(make_message())
        clock.advance(61)
    assert any("%2B" in request.target for request in server.requests)
    assert not any("%25" in request.target for request in server.requests)


def test_a_wrong_sign_is_an_error_although_http_says_200(robot_server, make_message, clock):
    """The errcode of a 200 answer decides, and the error contains what to compare."""
    server = robot_server(DingTalk("SECother", now=clock.now().timestamp()))
    error = error_of(notifier_for(server, clock, SECRET), make_message())
    assert not error.permanent
    assert error.needs_person
    assert "310000" in str(error)
    assert "signing secret" in str(error)


@pytest.mark.parametrize(
    ("reason", "remedy", "needs_person", "only_this"),
    [
        ("invalid timestamp", "clock", False, False),
        ("description:timestamp不合法;solution:请检查时间", "clock", False, False),
        ("keywords not in content, more: [https://ding-doc.dingtalk.com]", "keyword", True, True),
        ("description:关键词不匹配;solution:请联系群管理员查看此机器人的关键词", "keyword", True, True),
        ("ip 192.0.2.1 not in whitelist", "IP", True, False),
        ("description:机器人发送者IP不在白名单", "IP", True, False),
        ("sign not match, more: [https://ding-doc.dingtalk.com]", "secret", True, False),
        ("description:机器人签名不匹配", "secret", True, False),
        ("something new", "security settings", True, False),
    ],
)
def test_a_security_setting_is_tried_again(
    robot_server, make_message, clock, reason, remedy, needs_person, only_this
):
    """310000 is never final: the clock or a person removes the cause; a keyword blocks its message alone."""
    server = robot_server(lambda _: reply({"errcode": 310000, "errmsg": reason}))
    error = error_of(notifier_for(server, clock), make_message())
    assert (error.permanent, error.needs_person, error.only_this) == (False, needs_person, only_this)
    assert remedy in str(error)


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        ({"errcode": 310000, "errmsg": "keywords not in content"}, False),
        ({"errcode": 310000, "errmsg": "ip 192.0.2.1 not in whitelist"}, False),
        ({"errcode": 400102, "errmsg": "机器人已停用"}, False),
        ({"errcode": 300005, "errmsg": "token is not exist"}, True),
        ({"errcode": -1, "errmsg": "系统繁忙"}, False),
        ({"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}, False),
        ({"errcode": 660026, "errmsg": "flow control"}, False),
        ({"errcode": 88, "errmsg": "ding talk error"}, False),
        ({"errcode": "0"}, False),
        ({"errcode": True}, False),
        ({}, False),
        ([], False),
    ],
)
def test_each_verdict(robot_server, make_message, clock, answer, permanent):
    """What the robot's settings or content cause lasts; what time or an unknown code causes may pass."""
    server = robot_server(lambda _: reply(answer))
    assert error_of(notifier_for(server, clock), make_message()).permanent is permanent


@pytest.mark.parametrize("body", [b"", b"<html>login</html>", b"\xff\xfe", b'{"errcode":', b"[" * 30_000])
def test_an_answer_without_a_verdict_is_no_success(robot_server, make_message, clock, body):
    """A page of some portal with status 200 has not delivered anything."""
    server = robot_server(lambda _: Reply(200, body))
    assert not error_of(notifier_for(server, clock), make_message()).permanent


def test_too_fast_closes_for_ten_minutes(robot_server, make_message, clock):
    """130101 stops every request for the ten minutes that DingTalk names."""
    body = {
        "status": 1111,
        "wait": 5,
        "source": "x5",
        "punish": "deny",
        "errcode": 130101,
        "errmsg": "send too fast",
    }
    server = robot_server(lambda _: reply(body))
    notifier = notifier_for(server, clock)
    error_of(notifier, make_message())
    clock.advance(599)
    assert "next message in 1 s" in str(error_of(notifier, make_message()))
    assert len(server.requests) == 1
    clock.advance(1)
    error_of(notifier, make_message())
    assert len(server.requests) == 2


def test_twenty_a_minute(robot_server, make_message, clock):
    """The 21st message within a minute is refused here, for later, and goes out when the minute is over."""
    server = robot_server(DingTalk())
    notifier = notifier_for(server, clock)
    for _ in range(20):
        notifier.send(make_message())
    error = error_of(notifier, make_message())
    assert not error.permanent
    assert len(server.requests) == 20
    clock.advance(60)
    notifier.send(make_message())
    assert len(server.requests) == 21


@pytest.mark.parametrize("text", ["语" * 50_000, '"\\*_\n' * 10_000, "😀" * 9_000])
def test_a_long_text_is_cut_and_says_so(robot_server, make_message, clock, text):
    """However it is escaped, the body stays within DingTalk's limit, uses it, and ends with a note."""
    server = robot_server(DingTalk())
    notifier_for(server, clock).send(make_message(text=text))
    (request,) = server.requests
    assert LARGEST_BODY - 30 < len(request.body) <= LARGEST_BODY
    assert request.json["markdown"]["text"].endswith("cut: too long）")


def test_mentions(robot_server, make_message, clock):
    """Numbers stand in the list and in the text; at_all is a field of its own."""
    server = robot_server(DingTalk())
    notifier_for(server, clock, at_mobiles=["13800000000"], at_all=True).send(make_message())
    content = server.requests[0].json
    assert content["at"] == {"atMobiles": ["13800000000"], "isAtAll": True}
    assert content["markdown"]["text"].endswith("@13800000000")


def test_a_file_name_cannot_write_markdown(robot_server, make_message, clock):
    """No link, picture, tag, heading, list or emphasis can be made by a name; the lines stay lines."""
    server = robot_server(DingTalk())
    evil = "# a\n[x](http://evil)\n![p](http://evil/p.png)\n<font color=red>r</font>\n"
    evil += "**b** _i_ `c`\n- l\n1. n\n    code"
    notifier_for(server, clock).send(make_message(subject="[s](http://evil) @all", text=evil))
    content = server.requests[0].json
    text = content["markdown"]["text"]
    assert not set("[]<>") & set(text)
    assert "\\# a  \n［x］(http://evil)  \n!［p］" in text
    assert "\\*\\*b\\*\\* \\_i\\_ \\`c\\`  \n\\- l  \n1\\. n  \n\u00a0\u00a0\u00a0\u00a0code" in text
    assert content["at"] == {"atMobiles": [], "isAtAll": False}


@pytest.mark.parametrize(
    "arguments",
    [
        {"token_or_url": ""},
        {"token_or_url": "CANARY token"},
        {"token_or_url": "SECCANARY@token"},
        {"token_or_url": "https://oapi.dingtalk.com/robot/send?CANARY=1"},
        {"token_or_url": "ftp://oapi.dingtalk.com/robot/send?access_token=CANARY"},
        {"token_or_url": None},
        {"token_or_url": "a", "at_mobiles": ["@all"]},
        {"token_or_url": "a", "timeout": -1},
    ],
)
def test_what_cannot_work_is_refused_early(arguments):
    """No token, an address without one, and no number are ConfigErrors without secrets."""
    with pytest.raises(ConfigError) as caught:
        DingTalkNotifier(**arguments)
    assert "CANARY" not in str(caught.value)


def test_the_whole_address_does_as_well(robot_server, make_message, clock):
    """The webhook address as DingTalk shows it can be given in place of the token, also with a sign."""
    server = robot_server(DingTalk(SECRET, now=clock.now().timestamp()))
    url = f"{server.url}/robot/send?access_token={TOKEN}"
    by_url = DingTalkNotifier(url, SECRET, clock=clock)
    by_url.send(make_message())
    assert len(server.requests) == 1
    assert by_url.name == notifier_for(server, clock).name
