"""Tests of what the queue itself has to say: digests, and what one channel refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import (
    Alert,
    AlertKind,
    Comparison,
    ConfigError,
    Level,
    MemoryOutbox,
    Message,
    ModelMonitor,
    MonitorConfig,
    Reading,
    Renderer,
)
from auto_model_monitor.rendering.delivery_messages import DeliveryMessageRenderer
from tests.event_alerts import ALL, TIME
from tests.fakes import FakeClock, RecordingNotifier, permanent

PLACE = {"host": "gpu-01", "watch_dir": "/data/runs/exp1"}


def hits(*values, language="zh", metric="val_loss", comparison=Comparison.LOWER):
    """Return the messages of hits, seven minutes apart."""
    renderer = Renderer(language=language)
    return [
        renderer.render(
            Alert(
                rule="threshold",
                time=TIME + timedelta(minutes=7 * number),
                reading=Reading(metric=metric, value=value, name=f"epoch_{number}_{value}.pt", epoch=number),
                comparison=comparison,
                threshold=0.004,
            )
        )
        for number, value in enumerate(values)
    ]


ZH = """\
3 条通知，最好 val_loss 0.0029。

20:34:12  val_loss 0.0029  epoch_0_0.0029.pt
20:41:12  val_loss 0.0031  epoch_1_0.0031.pt
20:34:12  训练完成：train.py，用时 3 小时 26 分钟  epoch_41_val_loss_0.0052.pt

检测时间：2026-11-20 20:34:12 UTC+08:00
主机：gpu-01
目录：/data/runs/exp1"""
EN = """\
3 messages, best val_loss 0.0029.

20:34:12  val_loss 0.0029  epoch_0_0.0029.pt
20:41:12  val_loss 0.0031  epoch_1_0.0031.pt
20:34:12  Training finished: train.py, after 3 h 26 min  epoch_41_val_loss_0.0052.pt

Time: 2026-11-20 20:34:12 UTC+08:00
Host: gpu-01
Directory: /data/runs/exp1"""


@pytest.mark.parametrize(
    ("language", "subject", "text"),
    [
        ("zh", "📬 3 条通知，最好 val_loss 0.0029 · exp1@gpu-01", ZH),
        ("en", "📬 3 messages, best val_loss 0.0029 · exp1@gpu-01", EN),
    ],
)
def test_a_digest_to_the_letter(language, subject, text):
    """A digest names how many there are and the best, and has a line for each, also on its card."""
    parts = [*hits(0.0029, 0.0031, language=language), Renderer(language=language).render(ALL["finished"])]
    message = DeliveryMessageRenderer(language=language, **PLACE).digest(parts)
    assert (message.subject, message.text, message.level) == (subject, text, Level.INFO)
    assert message.html.count("<tr>") >= 4
    assert (message.facts["rule"], message.facts["count"], message.facts["score"]) == ("digest", 3, 0.0029)
    assert message.time == parts[-1].time


def test_where_there_is_no_best_a_digest_names_the_latest():
    """Of two metrics, and of no scores at all, no best is claimed."""
    words = DeliveryMessageRenderer(language="en")
    two = hits(0.003, language="en") + hits(0.9, language="en", metric="acc", comparison=Comparison.HIGHER)
    assert words.digest(two).subject == "📬 2 messages, the latest: acc 0.9"
    renderer = Renderer(language="en")
    over = [renderer.render(ALL["finished"]), renderer.render(ALL["stalled_resolved"])]
    told = "New model files again, after 2 h 5 min of silence"
    assert words.digest(over).subject == f"📬 2 messages, the latest: {told}"
    assert "score" not in words.digest(over).facts


def test_the_best_is_the_best_and_not_the_last():
    """What improves upwards is compared upwards."""
    rising = hits(0.91, 0.95, 0.93, metric="acc", comparison=Comparison.HIGHER)
    assert DeliveryMessageRenderer().digest(rising).facts["score"] == 0.95


def test_the_same_messages_make_the_same_digest():
    """A retry of the same set has the same id, in whatever order; another set has another."""
    words, parts = DeliveryMessageRenderer(), hits(0.003, 0.0029, 0.0028)
    same = words.digest(parts)
    assert same.id == words.digest(parts[::-1]).id
    assert same.id != words.digest(parts[:2]).id
    assert same == words.digest(parts)
    assert len(same.id) == 32


def test_a_digest_of_thousands_lists_the_latest():
    """A digest lists a hundred lines and counts the others."""
    message = DeliveryMessageRenderer(language="en").digest(hits(0.003) * 1500)
    assert message.text.count("val_loss 0.003  ") == 100
    assert "1400 earlier ones are not listed" in message.text
    assert len(message.html) < 150_000


def test_days_are_told_apart():
    """Where the messages are of several days, their times have a date."""
    first, second = hits(0.003, 0.0029)
    text = DeliveryMessageRenderer().digest([first, replace(second, time=TIME + timedelta(days=1))]).text
    assert "11-20 20:34  val_loss 0.003" in text
    assert "11-21 20:34  val_loss 0.0029" in text


def test_hostile_subjects_stay_text_on_one_line():
    """A subject with markup, line ends and marks of direction forges neither a line nor an element."""
    evil = "</td><script>x</script>\r\nBcc: a@b\u2028\u202egnp"
    message = Message(id="x", time=TIME, subject=evil, text="", html="", facts={"filename": f"{evil}.pt"})
    digest = DeliveryMessageRenderer(language="en").digest([message, message])
    assert "<script" not in digest.html
    assert len(digest.subject.splitlines()) == 1
    assert [line for line in digest.text.splitlines() if line.startswith("Bcc")] == []
    assert "\u202e" not in digest.text + digest.html


def test_what_was_refused_is_told_with_where_and_why():
    """The message names the channel, the subject and the reason, as a warning."""
    alert = Alert(rule="undelivered", time=TIME, kind=AlertKind.UNDELIVERED, level=Level.WARNING)
    refused = hits(0.003, language="en")[0]
    message = DeliveryMessageRenderer(language="en", **PLACE).undelivered(
        alert, "wecom", refused, "93000 invalid"
    )
    assert message.subject == f"⚠️ wecom refuses a message: {refused.subject} · exp1@gpu-01"
    assert "Error: 93000 invalid" in message.text.splitlines()
    assert (message.level, message.facts["rule"]) == (Level.WARNING, "undelivered")


_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
_FACTS = st.dictionaries(
    st.sampled_from(["score", "metric", "filename", "comparison", "kind", "resolved"]) | _TEXT,
    st.none()
    | _TEXT
    | st.floats()
    | st.integers()
    | st.booleans()
    | st.sampled_from(["hit", "lower", "higher", 10**400]),
)
_MESSAGES = st.builds(
    Message,
    id=_TEXT,
    time=st.datetimes(timezones=st.none() | st.timezones()),
    subject=_TEXT,
    text=_TEXT,
    html=_TEXT,
    level=st.sampled_from(Level),
    facts=_FACTS,
)


@given(st.lists(_MESSAGES, min_size=1, max_size=5), st.sampled_from(["zh", "en"]))
def test_whatever_is_gathered_a_digest_can_be_sent(messages, language):
    """No message, however strange its subject, times and facts, keeps a digest from going out."""
    digest = DeliveryMessageRenderer(language=language).digest(messages)
    assert len(digest.subject.splitlines()) == 1
    for part in (digest.subject, digest.text, digest.html):
        part.encode()
    json.dumps(dict(digest.facts), allow_nan=False)


@pytest.fixture
def monitor(tmp_path):
    """Make a monitor of a directory with the notifiers that are given."""

    def make(notifiers, **options):
        folder = tmp_path / "ckpts"
        folder.mkdir()
        config = MonitorConfig(folder, 0.004, log_dir=tmp_path / "logs", language="en")
        return folder, ModelMonitor(config, notifiers=notifiers, outbox=MemoryOutbox(), **options)

    return make


def test_a_monitor_gathers_what_is_not_urgent(monitor):
    """With ``digest`` two improvements make one mail."""
    notifier = RecordingNotifier()
    folder, watch = monitor([notifier], digest=3600)
    for value in (0.003, 0.002):
        (folder / f"e_val_loss_{value}.pt").touch()
        watch.check()
    watch.stop()
    (message,) = notifier.sent
    assert message.subject.startswith("📬 2 messages, best val_loss 0.002 · test_a_monitor_gath")
    assert f"Directory: {folder}" in message.text


def test_a_monitor_tells_the_others_what_one_channel_refuses(monitor):
    """Without being asked for it, a monitor has words for what was refused for good."""
    bad, good = RecordingNotifier("bad", [permanent("550 no such user")]), Listener("good")
    folder, watch = monitor([bad, good])
    (folder / "e_val_loss_0.003.pt").touch()
    watch.check()
    assert good.told.wait(100)
    watch.stop()


class Listener(RecordingNotifier):
    """Signals when it receives the notice of a refused message."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.told = Event()

    def send(self, message: Message) -> None:
        super().send(message)
        if "bad refuses a message" in message.subject:
            self.told.set()


@pytest.mark.parametrize("digest", [-1, float("nan"), float("inf")])
def test_a_digest_needs_a_number_of_seconds(tmp_path, digest):
    """What is no such number is refused when the monitor is made."""
    with pytest.raises(ConfigError, match="digest: expected a number of seconds"):
        ModelMonitor(MonitorConfig(tmp_path, 0.004), digest=digest, clock=FakeClock())
