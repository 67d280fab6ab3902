"""Text messages through Alibaba Cloud: the signature, the sentence, and what a refusal means."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import quote

import pytest
from robot_server import AliyunSMS, DingTalk, reply

from auto_model_monitor import ConfigError, Level, NotificationError, notifier_from_url
from auto_model_monitor.delivery import DeliveryQueue
from auto_model_monitor.notifiers import AliyunSMSNotifier, DingTalkNotifier
from auto_model_monitor.notifiers.aliyun_sms import canonical_query, signature
from auto_model_monitor.notifiers.leveled import LeveledNotifier

SECRET = "CANARY+/secret4711"


@pytest.fixture
def gateway(robot_server, clock):
    return robot_server(AliyunSMS(SECRET, now=clock.now().timestamp()))


def notifier_for(server, clock, **changes):
    options = {"numbers": ["13800000000"], "sign_name": "模型监控", "template": "SMS_4711", **changes}
    key, secret = options.pop("key", "LTAICANARY"), options.pop("secret", SECRET)
    return AliyunSMSNotifier(key, secret, base=server.url, clock=clock, **options)


def error_of(notifier, message):
    with pytest.raises(NotificationError) as caught:
        notifier.send(message)
    return caught.value


def test_the_signature_is_the_documented_one():
    """By openssl, step by step as the page says, for a request made up here."""
    headers = {
        "host": "dysmsapi.aliyuncs.com",
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-acs-date": "2026-11-28T00:00:00Z",
        "x-acs-signature-nonce": "4711",
        "x-acs-version": "2017-05-25",
    }
    query = canonical_query({"SignName": "模型 监控", "PhoneNumbers": "13800000000"})
    assert query == "PhoneNumbers=13800000000&SignName=%E6%A8%A1%E5%9E%8B%20%E7%9B%91%E6%8E%A7"
    assert (
        signature(headers, query, "testsecret")
        == "58f07837ebf0b28f4094b2afa2e90f90f9c1f75f6ea4afcf16242464e69826be"
    )


def test_a_message_is_one_short_sentence_to_each_number(gateway, clock, make_message):
    """The gateway accepts the signature, and each number gets the subject without its mark, cut to 35."""
    message = make_message(subject=f"🚨 模型credit准确率低于90%, 发出预警 {'很长' * 30} http://x.y/z")
    notifier_for(gateway, clock, numbers=["13800000000", "+8613900000000"]).send(message)
    assert [number for number, _ in gateway.judge.sent] == ["13800000000", "+8613900000000"]
    text = gateway.judge.sent[0][1]["text"]
    assert text.startswith("模型credit准确率低于90%, 发出预警")
    assert len(text) == 35


def test_a_template_may_have_several_variables(gateway, clock, make_message):
    """Each variable of the template is a fact of the message; one that is missing is a dash."""
    message = replace(make_message(), facts={"model": "credit", "score": 0.8734567891})
    notifier_for(gateway, clock, variables=["model", "score", "threshold"]).send(message)
    assert gateway.judge.sent[0][1] == {"model": "credit", "score": "0.873457", "threshold": "-"}


@pytest.mark.parametrize(
    ("changes", "code", "hint"),
    [
        ({"secret": "another"}, "SignatureDoesNotMatch", "AccessKey"),
        ({"key": "unknown"}, "InvalidAccessKeyId", "AccessKey"),
        ({"sign_name": "别的"}, "isv.SMS_SIGNATURE_ILLEGAL", "sign="),
        ({"template": "SMS_1"}, "isv.SMS_TEMPLATE_ILLEGAL", "template="),
    ],
)
def test_what_a_person_has_to_mend_is_refused_for_good_with_the_remedy(
    gateway, clock, make_message, changes, code, hint
):
    """A wrong account, signature or template is not tried again; the error names what to check, no secret."""
    error = error_of(notifier_for(gateway, clock, **changes), make_message())
    assert error.permanent
    assert code in str(error)
    assert hint in str(error)
    assert SECRET not in str(error)
    assert "13800000000" not in str(error)


@pytest.mark.parametrize(
    "code",
    [
        "isv.BUSINESS_LIMIT_CONTROL",
        "isv.DAY_LIMIT_CONTROL",
        "Throttling.User",
        "isp.SYSTEM_ERROR",
        "isv.AMOUNT_NOT_ENOUGH",
        "InvalidTimeStamp.Expired",
    ],
)
def test_what_passes_is_tried_again(gateway, clock, make_message, code):
    """Limits of quantity, an empty account, a wrong clock and the service's troubles are not for good."""
    gateway.replies.append(reply({"Code": code, "Message": "later"}, 400 if "Time" in code else 200))
    assert not error_of(notifier_for(gateway, clock), make_message()).permanent


def test_a_url_describes_it(gateway, make_message, clock):
    """The URL holds account, signature, template and numbers; nothing of it is shown."""
    account = f"LTAICANARY:{quote(SECRET, safe='')}"
    rest = (
        f"sign={quote('模型监控')}&template=SMS_4711&to=13800000000,13900000000&endpoint={quote(gateway.url)}"
    )
    notifier = notifier_from_url(f"aliyun-sms://{account}@?{rest}")
    assert SECRET not in repr(vars(notifier)) + repr(notifier)
    gateway.judge.now = time.time()
    notifier.send(make_message())
    assert [number for number, _ in gateway.judge.sent] == ["13800000000", "13900000000"]


@pytest.mark.parametrize(
    "url",
    [
        "aliyun-sms://",
        f"aliyun-sms://id:{SECRET}@example.org?sign=a&template=SMS_1&to=13800000000",
        f"aliyun-sms://id:{SECRET}@?template=SMS_1&to=13800000000",
        f"aliyun-sms://id:{SECRET}@?sign=a&to=13800000000",
        f"aliyun-sms://id:{SECRET}@?sign=a&template=SMS_1",
        f"aliyun-sms://id:{SECRET}@?sign=a&template=SMS_1&to=me@example.org",
        f"aliyun-sms://id:{SECRET}@?sign=a&template=SMS_1&to=13800000000&vars=code",
        f"aliyun-sms://id:{SECRET}@?sign=a&template=SMS_1&to=13800000000&min_level=loud",
    ],
)
def test_a_url_that_cannot_work_is_refused(url):
    """What is missing or wrong in the URL is named when the monitor is made, without the secret."""
    with pytest.raises(ConfigError) as caught:
        notifier_from_url(url)
    assert SECRET not in str(caught.value)
    assert "expected" in str(caught.value)


def test_levels_choose_the_channel(robot_server, clock, make_message):
    """A warning goes to the robot alone, a critical message to the robot and the telephone (S3.28)."""
    gateway = robot_server(AliyunSMS(SECRET, now=clock.now().timestamp()))
    robot = robot_server(DingTalk(token="t"))
    phone = LeveledNotifier(notifier_for(gateway, clock), Level.CRITICAL)
    queue = DeliveryQueue([DingTalkNotifier("t", base=robot.url, clock=clock), phone], clock)
    assert queue.names_for(Level.WARNING) == queue.names[:1]
    assert queue.names_for(Level.CRITICAL) == queue.names


@pytest.mark.parametrize(
    "url", ["dingtalk://TOKEN?min_level=warning&secret=S", "jsons://h/p?a=1&min_level=warning"]
)
def test_any_url_takes_a_level(url):
    """``min_level`` stands in the URL of every channel, and the rest of it is unchanged."""
    notifier = notifier_from_url(url)
    assert notifier.min_level is Level.WARNING
    plain = notifier_from_url(url.replace("min_level=warning&", "").replace("&min_level=warning", ""))
    assert notifier.name == plain.name
