"""Tests of what a message states about its origin: project, machine, watch, thread, colours."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import AlertKind, Level, Renderer
from auto_model_monitor.notifiers.mime import build_email
from auto_model_monitor.rendering.channel_test import channel_test_message
from auto_model_monitor.rendering.mail_card import ACCENTS, ON_DARK
from auto_model_monitor.rendering.origin import Origin
from tests.event_alerts import ALL
from tests.rendering.test_mail_card import Reader
from tests.rendering.test_rendering import lower

WATCH = {"watch_dir": "/home/li/cifar/checkpoints", "host": "gpu3.cluster.local", "process": 4242}


@pytest.mark.parametrize(
    ("directory", "project"),
    [
        ("/home/li/cifar", "cifar"),
        ("/home/li/cifar/checkpoints", "cifar"),
        ("/home/li/cifar/lightning_logs/version_12/checkpoints", "cifar"),
        ("/data/bert-base/output/checkpoint-500", "bert-base"),
        ("/home/li/yolo/runs/detect/train2/weights", "yolo"),
        ("/home/li/unet/saved_models", "unet"),
        ("/home/li/seg/work_dirs/pspnet_r50", "pspnet_r50"),
        ("/home/li/gan/logs/2026-11-20_20-34", "gan"),
        ("/data/runs/exp1", "exp1"),
        ("/checkpoints", "checkpoints"),
        ("/", ""),
        ("", ""),
    ],
)
def test_a_project_is_the_directory_that_a_person_named(directory: str, project: str) -> None:
    """The names that frameworks give to directories say nothing about the project."""
    assert Origin(watch_dir=directory).project == project


def test_a_subject_begins_with_what_happened_and_names_the_project() -> None:
    """The default subject is the one that the requirements give, in both languages."""
    zh, en = (Renderer(language=language, **WATCH).render(lower()).subject for language in ("zh", "en"))
    assert zh == "✅ val_loss 0.003 低于阈值 0.004 · cifar@gpu3"
    assert en == "✅ val_loss 0.003 below 0.004 · cifar@gpu3"


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize("letter", ["x", "低", "🔥", "a b "])
def test_no_subject_is_longer_than_80_characters(language, name, letter) -> None:
    """Whatever is long in an alert, the subject keeps its mark, its place and 80 characters."""
    alert, long = ALL[name], letter * 300
    reading = alert.reading and replace(alert.reading, metric=long)
    details = {key: long if isinstance(value, str) else value for key, value in alert.details.items()}
    place = {"watch_dir": f"/home/{long}", "host": long, "process": 1}
    message = Renderer(language=language, **place).render(replace(alert, reading=reading, details=details))
    assert len(message.subject) <= 80
    assert message.subject[:1] in "✅⚠🚨↩"
    assert " · " in message.subject


def test_a_long_metric_leaves_the_numbers_in_the_subject() -> None:
    """Of a long name only the beginning is shown; score and threshold are not cut."""
    alert = lower()
    alert = replace(alert, reading=replace(alert.reading, metric="val_" + "x" * 200))
    subject = Renderer(language="en", **WATCH).render(alert).subject
    assert re.fullmatch(r"✅ val_x+… 0\.003 below 0\.004 · cifar@gpu3", subject)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("process 4242 on gpu3.cluster.local", "at most every 6h")),
        ("zh", ("进程 4242", "at most every")),
    ],
)
@pytest.mark.parametrize("name", ["hit", *sorted(ALL)])
def test_the_footer_names_the_watch_and_how_to_end_it(language, words, name) -> None:
    """Every default mail names directory, process and machine of the watch, and what to do."""
    message = Renderer(language=language, **WATCH).render(ALL.get(name) or lower())
    read = re.sub(r"[\u200b\u2060]", "", Reader(message.html).text)
    for word in (*words, "/home/li/cifar/checkpoints"):
        assert word in message.text
        assert word in read


def test_a_users_own_text_has_no_footer() -> None:
    """A template is the whole mail."""
    message = Renderer(content_template="score {score}", **WATCH).render(lower())
    assert message.text == "score 0.003"
    assert "4242" not in message.html


def test_a_list_of_mails_shows_more_than_the_subject() -> None:
    """The HTML begins with a hidden line of what the subject does not contain."""
    html = Renderer(language="en", **WATCH).render(lower(previous=0.0035)).html
    (hidden,) = re.findall(r"<body[^>]*>\s*<div style=\"display:none[^>]*>(.*?)</div>", html)
    assert "Previous best" in hidden
    assert "lower by" in hidden


def test_a_score_in_a_template_has_six_digits_unless_it_asks_for_more() -> None:
    """``{score}`` shows no noise of the arithmetic; a format specification does as it says."""
    alert = lower(10 / 3)
    assert Renderer(content_template="{score}").render(alert).text == "3.33333"
    assert Renderer(content_template="{score:.9f}").render(alert).text == "3.333333333"


def test_a_score_that_is_barely_beyond_does_not_look_like_the_threshold() -> None:
    """0.0039999999 below 0.004 is not written as 0.004 below 0.004."""
    subject = Renderer(language="en").render(lower(0.0039999999)).subject
    assert subject == "✅ val_loss 0.0039999999 below 0.004"


def test_mails_of_one_watch_are_one_thread() -> None:
    """All mails of a watch refer to one ID, those of another directory or machine to another."""

    def thread(**changes: object) -> str:
        message = Renderer(language="en", **{**WATCH, **changes}).render(lower())
        mail = build_email(message, sender="me@qq.com", receivers=["you@qq.com"])
        assert mail["In-Reply-To"] == mail["References"]
        return str(mail["References"])

    assert re.fullmatch(r"<watch\.[0-9a-f]{32}@qq\.com>", thread())
    assert thread() == thread(process=1)
    assert len({thread(), thread(host="gpu4"), thread(watch_dir="/home/li/mnist")}) == 3
    message = channel_test_message("en", host="gpu3", time=datetime.now(timezone.utc))
    assert build_email(message, sender="me@qq.com", receivers=["you@qq.com"])["References"] is None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_test_mail_is_a_card(language) -> None:
    """The test of a channel looks as an alert does, and states what it is."""
    message = channel_test_message(language, host="gpu3", time=datetime(2026, 11, 20, tzinfo=timezone.utc))
    assert message.subject == {"zh": "✅ 测试邮件 · gpu3", "en": "✅ Test mail · gpu3"}[language]
    assert "2026-11-20 00:00:00 UTC" in Reader(message.html).text.replace("\u2060", "")
    assert "<table" in message.html
    assert message.level is Level.INFO


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_colour_of_text_can_be_read() -> None:
    """An accent has a contrast of 4.5 on white, and its dark variant on every usual dark ground."""
    assert set(ACCENTS) == set(ON_DARK)
    for accent, colour in ACCENTS.items():
        assert contrast(colour, "#ffffff") >= 4.5, accent
        for ground in ("#000000", "#121212", "#1e1e1e", "#2b2b2b"):
            assert contrast(ON_DARK[accent], ground) >= 4.5, (accent, ground)


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=300))
def test_any_place_makes_a_subject_of_one_short_line(directory: str, host: str, sentence: str) -> None:
    """Whatever a directory or a machine is called, a subject is one line of at most 80 characters."""
    subject = Origin(watch_dir=directory, host=host).subject("🚨", sentence)
    assert len(subject) <= 80
    assert "\n" not in subject


def test_nan_and_factor_are_written_as_people_write_them() -> None:
    """Sentences say "is NaN" and "is diverging", and a factor is a multiple."""
    render = Renderer(language="en", **WATCH).render
    assert render(ALL["not_finite"]).subject.startswith("🚨 val_loss is NaN · ")
    assert "is diverging" in render(ALL["diverged"]).subject
    assert re.search(r"Limit: \d+×", render(ALL["diverged"]).text)
    assert ALL["diverged"].kind is AlertKind.DIVERGED
