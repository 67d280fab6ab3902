"""Notifiers from URLs: which one, with what, and nothing of it shown."""

from __future__ import annotations

import traceback

import pytest
from robot_server import DingTalk, Feishu, Webhook, WeCom

from auto_model_monitor import (
    ConfigError,
    DingTalkNotifier,
    FeishuNotifier,
    NotificationError,
    WebhookNotifier,
    WeComNotifier,
    notifier_from_url,
)
from auto_model_monitor.notifiers import urls
from auto_model_monitor.notifiers.urls import masked

CANARY = "CANARY4711"


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        (f"dingtalk://{CANARY}?secret=SEC1&at=13800000000,all", DingTalkNotifier, "dingtalk robot "),
        (f"DingTalk://{CANARY}/", DingTalkNotifier, "dingtalk robot "),
        (
            f"https://oapi.dingtalk.com/robot/send?access_token={CANARY}&secret=S",
            DingTalkNotifier,
            "dingtalk robot ",
        ),
        (f"feishu://{CANARY}-a-b?secret=x&at=ou_1", FeishuNotifier, "feishu robot "),
        (f"lark://{CANARY}", FeishuNotifier, "feishu robot "),
        (f"https://open.feishu.cn/open-apis/bot/v2/hook/{CANARY}-a", FeishuNotifier, "feishu robot "),
        (f"https://open.larksuite.com/open-apis/bot/v2/hook/{CANARY}", FeishuNotifier, "feishu robot "),
        (f"wecom://{CANARY}-b?at=zhang", WeComNotifier, "wecom robot "),
        (f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={CANARY}", WeComNotifier, "wecom robot "),
        (f"json://host:8080/{CANARY}?secret={CANARY}", WebhookNotifier, "webhook http://host:8080 "),
        (f"jsons://me:{CANARY}@host/?timeout=3", WebhookNotifier, "webhook https://host "),
        (f"https+json://host/{CANARY}", WebhookNotifier, "webhook https://host "),
    ],
)
def test_each_scheme_has_its_notifier(url, kind, name):
    """The scheme names the channel, and neither name nor repr nor attributes show a secret."""
    notifier = notifier_from_url(url)
    assert type(notifier) is kind
    assert notifier.name.startswith(name)
    shown = notifier.name + repr(notifier) + repr(vars(notifier)) + masked(url)
    assert CANARY not in shown


@pytest.mark.parametrize("secret", ["SECa+b/c=", "SECa%2Bb/c=", "SECa%2Bb%2Fc%3D"])
def test_a_secret_is_read_as_it_is_meant(robot_server, make_message, clock, monkeypatch, secret):
    """A plus in a secret is a plus, encoded or not."""
    from auto_model_monitor.notifiers import robots

    server = robot_server(DingTalk("SECa+b/c=", token=CANARY, now=clock.now().timestamp()))
    monkeypatch.setattr(robots, "SystemClock", lambda: clock)
    monkeypatch.setattr(DingTalkNotifier.__init__, "__kwdefaults__", _with_base(DingTalkNotifier, server.url))
    notifier_from_url(f"dingtalk://{CANARY}?secret={secret}").send(make_message())
    assert len(server.requests) == 1


def _with_base(kind, base):
    return kind.__init__.__kwdefaults__ | {"base": base}


@pytest.mark.parametrize(
    ("kind", "judge", "url"),
    [
        (DingTalkNotifier, DingTalk(token=CANARY), f"dingtalk://{CANARY}"),
        (WeComNotifier, WeCom(key=CANARY), f"wecom://{CANARY}"),
    ],
)
def test_what_the_url_names_reaches_the_robot(robot_server, make_message, monkeypatch, kind, judge, url):
    """The token of the URL is the one that the provider sees."""
    server = robot_server(judge)
    monkeypatch.setattr(kind.__init__, "__kwdefaults__", _with_base(kind, server.url))
    notifier_from_url(url).send(make_message())
    assert len(server.requests) == 1


def test_the_webhook_s_own_parameters_stay(robot_server, make_message):
    """secret and timeout are taken out of the address; everything else stays as it was written."""
    server = robot_server(Webhook("s+1"))
    url = server.url.replace("http://", "json://") + "/hook/%2F?b=%2B+1&secret=s+1&a=&timeout=5"
    notifier_from_url(url).send(make_message())
    assert server.requests[0].target == "/hook/%2F?b=%2B+1&a="


def test_feishu_s_base_goes_with_the_scheme():
    """lark:// is the same robot at Lark's host."""
    feishu, lark = notifier_from_url("feishu://a"), notifier_from_url("lark://a")
    assert feishu._address.place == "https://open.feishu.cn"
    assert lark._address.place == "https://open.larksuite.com"
    assert Feishu().hook


@pytest.mark.parametrize(
    "url",
    [
        "",
        CANARY,
        f"://{CANARY}",
        None,
        "dingtalk://",
        f"dingtalk://SEC{CANARY}@token",
        f"dingtalk://{CANARY}?secrets={CANARY}",
        f"dingtalk://{CANARY}?timeout={CANARY}",
        f"dingtalk://{CANARY}?timeout=0",
        f"dingtalk://[{CANARY}",
        f"feishu://{CANARY}/b",
        "wecom://?key=a",
        f"wecom://a?secret={CANARY}",
        f"json:///{CANARY}",
        f"json://host/{CANARY} x",
        f"jsons://host:{CANARY}/",
        f"https://oapi.dingtalk.com/robot/send?token={CANARY}",
    ],
)
def test_what_cannot_work_is_a_config_error_without_secrets(url):
    """The error contains what was expected, and of the given URL only the scheme."""
    with pytest.raises(ConfigError) as caught:
        notifier_from_url(url)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert "expected" in str(caught.value)


def test_everything_else_is_apprise_s():
    """Other schemes belong to apprise, and one that it does not know is an immediate error."""
    pytest.importorskip("apprise")
    assert notifier_from_url(f"ntfy://{CANARY}").name.startswith("apprise ntfy ")
    with pytest.raises(ConfigError, match="apprise does not understand") as caught:
        notifier_from_url(f"nosuchservice://{CANARY}")
    assert CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"dingtalk://{CANARY}?secret={CANARY}", "dingtalk://***"),
        (f"json://me:{CANARY}@host:1/{CANARY}?a={CANARY}", "json://host/***"),
        (f"json://[{CANARY}", "json://***"),
        (f"tgram://{CANARY}/1", "tgram://***"),
        (CANARY, "***"),
    ],
)
def test_a_masked_url_may_be_shown(url, shown):
    """The scheme stays, and a webhook's host."""
    assert masked(url) == shown


def test_errors_of_a_channel_from_a_url_show_no_secret(robot_server, make_message):
    """What a send raises later holds nothing of the URL either."""
    server = robot_server(Webhook("another"))
    url = f"json://me:{CANARY}@localhost:{server.port}/{CANARY}?secret={CANARY}&key={CANARY}"
    with pytest.raises(NotificationError) as caught:
        notifier_from_url(url).send(make_message())
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert urls.masked(url) == "json://localhost/***"


@pytest.mark.parametrize(
    ("scheme", "meant"),
    [("dingding", "dingtalk"), ("dingtlak", "dingtalk"), ("weixin", "wecom"), ("sms", "aliyun-sms")],
)
def test_a_misspelt_scheme_names_the_one_that_was_meant(scheme, meant):
    """A scheme that is near one of ours, or another name of its service, is answered with ours."""
    with pytest.raises(ConfigError, match=f"got {scheme}://…; did you mean {meant}://…") as caught:
        notifier_from_url(f"{scheme}://SECRET")
    assert "SECRET" not in str(caught.value)
