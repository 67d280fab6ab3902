"""Messages as mails, read back by a parser that knows nothing of how they were written."""

from __future__ import annotations

from datetime import datetime, timezone
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auto_model_monitor import Message
from auto_model_monitor.core import Picture
from auto_model_monitor.notifiers.mime import SUBJECT_LIMIT, build_email
from auto_model_monitor.text.cleaning import for_body, for_header
from tests.campaigns import examples

HEADERS = ["From", "To", "Subject", "Date", "Message-ID", "X-Auto-Model-Monitor-Alert-Id",
           "Auto-Submitted", "Content-Type", "MIME-Version"]  # fmt: skip

any_text = st.text(st.characters(), max_size=400)  # surrogates and control characters too


def build(*, display_name=None, **changes):
    contents = {"id": "a" * 32, "time": datetime(2026, 11, 20, tzinfo=timezone.utc)}
    contents |= {"subject": "s", "text": "t", "html": "<p>h</p>"} | changes
    mail = build_email(
        Message(**contents), sender="me@qq.com", receivers=["a@qq.com"], display_name=display_name
    )
    return mail.as_bytes()


def read(raw):
    return message_from_bytes(raw, policy=policy.default)


def old_reader(raw, name):
    """How a reader of another make, without Python's newer parser, decodes a header."""
    return str(make_header(decode_header("".join(message_from_bytes(raw)[name].splitlines()))))


def content(raw, subtype):
    part = read(raw).get_body((subtype,))
    return part.get_payload(decode=True).decode().replace("\r\n", "\n")


@settings(max_examples=examples(300), deadline=None)
@given(any_text, any_text, any_text, st.text(st.characters(), max_size=60))
@example("x\nBcc: evil@x.com", "\n\n  a \n b", "<b>\0</b>", 'a"b\\c')
@example("=?utf-8?b?YQ==?= 100%", ".\n..\nFrom me", "x" * 3000, "名")
def test_anything_becomes_a_well_formed_mail_that_reads_back(subject, text, html, name):
    """Whatever a message holds, the mail is ASCII in short lines, without a stray header, and reads back."""
    raw = build(subject=subject, text=text, html=html, display_name=name)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert not set(b"\r\n") & set(raw.replace(b"\r\n", b""))
    mail = read(raw)
    assert sorted(mail.keys()) == sorted(HEADERS)
    assert mail["Subject"] == old_reader(raw, "Subject") == for_header(subject, SUBJECT_LIMIT)
    assert mail["From"].addresses[0].addr_spec == "me@qq.com"
    for subtype, given_text in (("plain", text), ("html", html)):
        expected = for_body(given_text)
        assert content(raw, subtype) == expected + "\n" * (not expected.endswith("\n"))


@pytest.mark.parametrize(
    ("subject", "arrives"),
    [
        ("模型监控通知：val_loss 0.003 低于阈值 0.004", "模型监控通知：val_loss 0.003 低于阈值 0.004"),
        ("a\r\nBcc: evil@x.com", "a Bcc: evil@x.com"),
        ("a\n\n  b\tc\0d", "a b c\ufffdd"),
        ("x" * 500, "x" * 500),
        ("验证损失 loss " * 40, ("验证损失 loss " * 40).strip()),
        ("👩‍🔬🎉 val_loss 0.003 🎉" * 20, "👩‍🔬🎉 val_loss 0.003 🎉" * 20),
        ("epoch_\udcff\udcfe.pt", "epoch_\ufffd\ufffd.pt"),
        ("=?utf-8?q?not=20decoded?=", "=?utf-8?q?not=20decoded?="),
        ("  spaces   inside  ", "spaces inside"),
        ("", ""),
    ],
)
def test_subject_arrives_on_one_line(subject, arrives):
    """Newlines, NUL, 500 characters, emoji, Chinese and undecodable names arrive, on one line."""
    raw = build(subject=subject)
    assert read(raw)["Subject"] == old_reader(raw, "Subject") == arrives
    assert read(raw)["Bcc"] is None


def test_subject_ends_somewhere():
    """A subject of a million characters is cut and the mail still goes out."""
    assert len(read(build(subject="x" * 1_000_000))["Subject"]) == 1000


@pytest.mark.parametrize("name", ["Model Monitor", "模型监控", "a, b <c@d>", 'the "best" \\ one', "=?x?="])
def test_display_name_is_encoded_as_rfc_2047_asks(name):
    """A display name is quoted or base64-encoded, beside the bare address of the login."""
    raw = build(display_name=name)
    address = read(raw)["From"].addresses[0]
    assert (address.display_name, address.addr_spec) == (name, "me@qq.com")
    line = raw.split(b"\r\n")[0]
    assert line.endswith(b"me@qq.com>")
    assert name.isascii() or b"=?utf-8?b?" in line


def test_long_display_name_is_split_into_words():
    """A name longer than one encoded word takes several, which a reader joins."""
    name = "模型监控" * 10
    raw = build(display_name=name)
    assert old_reader(raw, "From").replace(" ", "") == f"{name}<me@qq.com>"
    assert all(len(line) <= 78 for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n"))


def test_without_a_display_name_from_is_the_bare_address():
    """From is the address of the login and nothing else."""
    assert build().startswith(b"From: me@qq.com\r\n")


def test_identity_is_the_messages_and_does_not_change():
    """A message has one Message-ID on every attempt, others another, and the alert's id is a header."""
    first, again, other = (read(build(id=i)) for i in ("0" * 32, "0" * 32, "1" * 32))
    assert first["Message-ID"] == again["Message-ID"] == f"<{'0' * 32}@qq.com>" != other["Message-ID"]
    assert first["X-Auto-Model-Monitor-Alert-Id"] == "0" * 32
    assert first["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("strange", ["", "a b", "x\r\nBcc: y", "é", "\udcff", "a" * 500, "<a@b>"])
def test_a_strange_id_still_makes_a_message_id(strange):
    """An id that a header cannot carry is replaced by its digest, the same each time."""
    first, again = read(build(id=strange)), read(build(id=strange))
    assert first["Message-ID"] == again["Message-ID"]
    assert not first["Message-ID"].defects
    assert sorted(first.keys()) == sorted(HEADERS)


def test_ids_of_other_kinds_stay_legible():
    """An id of letters, digits, dots and dashes is used unchanged."""
    assert read(build(id="alert-2026.1_a"))["X-Auto-Model-Monitor-Alert-Id"] == "alert-2026.1_a"


def test_date_is_the_alerts_time_with_its_zone(make_message):
    """Date is when the alert was seen, in the zone in which it was seen."""
    mail = build_email(make_message(), sender="me@qq.com", receivers=["a@qq.com"])
    assert mail["Date"] == "Fri, 20 Nov 2026 12:34:56 +0800"


def test_blank_lines_and_leading_spaces_survive():
    """Both parts keep each blank line, each leading space and each trailing space."""
    text = "\n\n  first\n\n\n    indented  \n\ttab\n.\n"
    raw = build(text=text, html=f"<pre>{text}</pre>")
    assert content(raw, "plain") == text
    assert content(raw, "html") == f"<pre>{text}</pre>\n"


def test_a_line_that_is_an_existing_file_stays_text(tmp_path, monkeypatch):
    """The name of an existing file is text, in both parts, and nothing is attached."""
    (tmp_path / "epoch_1.pt").write_bytes(b"weights")
    monkeypatch.chdir(tmp_path)
    names = f"/etc/passwd\nepoch_1.pt\n{tmp_path / 'epoch_1.pt'}"
    for text in (names, "epoch_1.pt", "/etc/passwd"):
        raw = build(text=text, html=text)
        assert not list(read(raw).iter_attachments())
        assert content(raw, "plain") == content(raw, "html") == text + "\n"


def test_markup_and_stylesheets_are_passed_on_untouched():
    """The HTML part is neither rewritten nor fetched, and the text part is not markup."""
    page = '<link rel=stylesheet href="http://127.0.0.1:9/x.css"><p>a &lt; b &amp; "c"</p>'
    raw = build(text='<b>"a" & b</b>', html=page)
    assert content(raw, "html") == page + "\n"
    assert content(raw, "plain") == '<b>"a" & b</b>\n'


def test_many_receivers_are_all_in_to():
    """To names every receiver, however many, folded between addresses."""
    receivers = [f"someone.with.a.long.name.{i}@example.com" for i in range(40)]
    message = Message(id="a" * 32, time=datetime.now(timezone.utc), subject="s", text="t", html="h")
    raw = build_email(message, sender="me@qq.com", receivers=receivers).as_bytes()
    assert [address.addr_spec for address in read(raw)["To"].addresses] == receivers


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=3))
@settings(max_examples=examples(30), deadline=None)
def test_pictures_stand_beside_the_html_that_names_them(pngs):
    """Each picture is an inline part beside the HTML, under its content-ID, byte by byte."""
    pictures = tuple(Picture(cid=f"curve.{n}@host", png=png) for n, png in enumerate(pngs))
    raw = build(html='<img src="cid:curve.0@host">', pictures=pictures)
    mail = read(raw)
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    plain, related = mail.iter_parts()
    assert [mail.get_content_subtype(), plain.get_content_subtype()] == ["alternative", "plain"]
    html, *parts = related.iter_parts()
    assert (related.get_content_subtype(), html.get_content_subtype()) == ("related", "html")
    for picture, part in zip(pictures, parts, strict=True):
        assert (part.get_content_type(), part.get_content_disposition()) == ("image/png", "inline")
        assert part["Content-ID"] == f"<{picture.cid}>"
        assert part.get_content() == picture.png
    assert not list(mail.iter_attachments())
    assert content(raw, "html") == '<img src="cid:curve.0@host">\n'


def test_without_pictures_the_mail_is_what_it_was():
    """A message without pictures has two parts."""
    assert [part.get_content_type() for part in read(build()).iter_parts()] == ["text/plain", "text/html"]
