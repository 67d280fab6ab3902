"""Refusals of mail servers: which are about quantity, and so for later, and which are for good."""

from __future__ import annotations

import pytest

from auto_model_monitor.notifiers.server_text import decoded
from auto_model_monitor.notifiers.smtp_answers import is_final

LATER = [
    "421 4.7.0 Too many connections",
    "450 4.2.1 The user you are trying to contact is receiving mail too quickly",
    "550 5.4.5 Daily user sending limit exceeded. - gsmtp",
    "550 5.4.5 Daily sending quota exceeded",
    "550-5.4.5 Daily user sending limit exceeded. For more information, see\n5.4.5 https://support.google.com",
    "550 5.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery",
    "552 5.2.2 The email account that you tried to reach is over quota",
    "552 5.2.2 mailbox size limit exceeded",
    "552 Mailbox full",
    "550 5.4.6 Unusual sending activity detected. Please try after sometime",
    "550 5.4.6 Unusual sending activity detected",
    "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    "554 5.2.0 SubmissionQuotaExceededException; the sender's submission quota was exceeded",
    "550 5.7.1 User has exceeded its 24-hour sending limit. Messages to 250 recipients out of 250 allowed",
    "550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit for sending email",
    "550 Domain example.com has exceeded the max emails per hour (51/50 (102%)) allowed. Message discarded.",
    "554 Daily message quota exceeded.",
    "550 5.7.0 Hourly limit of 100 reached",
    "550 Ratelimit exceeded for mailbox",
    "550 Ip frequency limited",
    "550 Domain frequency limited [x]. https://service.mail.qq.com/detail/122/172",
    "550 Mailbox unavailable or access denined",
    "554 MI:STC 发信人当天内累计邮件数量超过限制，当天不再接受该发信人的发信",
    "550 RP:TRC 发件人短时间内发送了大量信件",
    "554 HL:ITC The connection limit is reached",
    "550 发送频率过高，请稍后再试",
    "550 您今日的发信量已达上限",
    "550 超过每小时发信次数限制",
    "554 收件人邮箱已满",
    "550 Ihr Tageslimit wurde überschritten",
    "550 Zu viele Nachrichten, bitte später erneut versuchen",
    "550 Vous avez envoyé trop de messages, réessayez plus tard",
    "550 Ha superado el límite diario de envíos",
    "550 Limite diário de envio atingido",
    "550 Превышен лимит отправки писем за сутки",
    "550 1日の送信上限を超えました",
    "550 일일 발송 한도를 초과했습니다",
    "554 Temporarily rejected, greylisted",
    "550 Message rate too high, throttled",
    "550 User is over the quota. You can try again later.",
]
FINAL = [
    "501 5.1.3 Bad recipient address syntax, try again later",
    "501 too many arguments, limit exceeded",
    "550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking",
    "550 5.1.1 <a@b.c>: Recipient address rejected: User unknown, daily report follows",
    "550 5.1.2 Host or domain name not found",
    "550 5.1.10 RESOLVER.ADR.RecipientNotFound",
    "550 5.4.1 Recipient address rejected: Access denied",
    "550 5.2.3 Message exceeded the size limit",
    "552 5.2.3 Your message exceeded Google's message size limits",
    "552 5.3.4 Message size exceeds fixed limit",
    "552 5.3.4 Error: message file too big",
    "552 Message exceeds the limit",
    "552 too large",
    "552 Requested mail action aborted: exceeded mailsize limit",
    "550 邮件大小超过限制",
    "550 附件总大小超出 50 MB",
    "554 DT:SPM 163 smtp8, please see http://mail.163.com/help/help_spam_16.htm?ip=1.2.3.4&hostid=smtp8&time=1",
    "550 5.7.1 Spam score 12.3 exceeds limit 5, please try again later",
    "554 5.7.1 Message rejected under suspicion of SPAM",
    "550 该邮件被认为是垃圾邮件，超过限制",
    "550 Mail content denied. https://service.mail.qq.com/detail/122/171",
    "554 5.7.1 virus found",
    "550 No such user, check the address and try again",
    "550 user unknown",
    "550 5.2.1 The email account that you tried to reach is disabled",
    "553 Mail from must equal authorized user",
    "550 5.7.1 Relaying denied; see the frequently asked questions",
    "554 5.7.1 Access denied for 203.0.113.4.5.6",
    "550 5.6.0 Lone CR or LF in body",
    "550 Message header too long, limit exceeded",
    "550 Line length limit exceeded",
]


@pytest.mark.parametrize("answer", LATER)
def test_an_answer_about_quantity_is_for_later(answer):
    """A limit a day or an hour, a full mailbox, an unusual activity: the same mail may be accepted later."""
    assert not is_final(int(answer[:3]), answer[4:])


@pytest.mark.parametrize("answer", FINAL)
def test_an_answer_about_the_mail_is_final(answer):
    """A wrong address or form, a size, a verdict on the content: the same mail is refused again."""
    assert is_final(int(answer[:3]), answer[4:])


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("535 请使用授权码登录".encode("gbk"), "535 请使用授权码登录"),
        ("发送频率过高".encode("gb18030"), "发送频率过高"),
        ("邮箱镕".encode("gbk"), "邮箱镕"),
        ("发送频率过高".encode(), "发送频率过高"),
        ("发送频率过高".encode()[:-1], "发送频率过"),
        ("请稍后再试".encode("gbk")[:-1], "请稍后再"),
        ("Zugriff für Müller".encode("latin-1"), "Zugriff für Müller"),
        ("Déjà refusé".encode("cp1252"), "Déjà refusé"),
        (b"plain", "plain"),
        ("邮件".encode() + b"\xff" + "太大".encode(), "邮件\ufffd太大"),
        ("已是文本", "已是文本"),
    ],
)
def test_an_answer_is_readable_in_its_encoding(answer, text):
    """UTF-8, GBK and Latin-1 are read as what they are, also when the end is cut off."""
    assert decoded(answer) == text
