"""Tests of the mails about anything but a score beyond a threshold."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_model_monitor import Alert, AlertKind, Level, Message, Reading, Renderer
from tests.event_alerts import ALL, CHECKPOINT, TIME, disk, not_finite, occasion, stalled

PLACE = {"host": "gpu-01", "watch_dir": "/data/runs/exp1"}
OLD = "模型监控通知：val_loss 0.003 低于阈值 0.004"
SUBJECTS = {
    "zh": {
        "not_finite": "🚨 val_loss 变成了 NaN",
        "stalled": "⚠️ 已有 2 小时 5 分钟没有新的模型文件",
        "stalled_resolved": "↩️ 又有新的模型文件了，此前静默 2 小时 5 分钟",
        "plateau": "⚠️ val_loss 已连续 10 个模型文件没有改进，最好 0.0041",
        "diverged": "🚨 val_loss 正在偏离：最近的中位数 0.0163，最好曾为 0.0041",
        "diverged_resolved": "↩️ val_loss 已回到正常范围：最近的中位数 0.0043，最好 0.0041",
        "disk": "⚠️ 磁盘将满：/data/runs/exp1 只剩 4.21 GB，按目前速度约 3 小时 6 分钟后写满",
        "disk_resolved": "↩️ 磁盘空间已恢复：/data/runs/exp1 剩余 61.5 GB",
        "hit_resolved": "↩️ val_loss 0.0052 不再低于阈值 0.004",
        "gpu_idle": "⚠️ GPU 3 已空闲 30 分钟",
        "gpu_idle_resolved": "↩️ GPU 3 又在计算了",
        "gpu_memory": "⚠️ GPU 3 显存将满：已用 96.3%",
        "gpu_memory_resolved": "↩️ GPU 3 显存已有余量：已用 80%",
        "gpu_temperature": "⚠️ GPU 3 温度过高：88 °C",
        "gpu_temperature_resolved": "↩️ GPU 3 温度已回落：70 °C",
        "finished": "✅ 训练完成：train.py，用时 3 小时 26 分钟",
        "crashed": "🚨 训练出错中断：train.py，RuntimeError: CUDA out of memory",
        "interrupted": "⚠️ 训练被中止：train.py，已运行 3 小时 26 分钟",
        "undelivered": f"⚠️ dingtalk 拒收了一条通知：{OLD}",
    },
    "en": {
        "not_finite": "🚨 val_loss is NaN",
        "stalled": "⚠️ No new model file for 2 h 5 min",
        "stalled_resolved": "↩️ New model files again, after 2 h 5 min of silence",
        "plateau": "⚠️ val_loss has not improved for 10 checkpoints, best 0.0041",
        "diverged": "🚨 val_loss is diverging: recent median 0.0163, best so far 0.0041",
        "diverged_resolved": "↩️ val_loss is back to normal: recent median 0.0043, best 0.0041",
        "disk": "⚠️ The disk is nearly full: 4.21 GB free at /data/runs/exp1, "
        "full in about 3 h 6 min at the present rate",
        "disk_resolved": "↩️ The disk has room again: 61.5 GB free at /data/runs/exp1",
        "hit_resolved": "↩️ val_loss 0.0052 is no longer below 0.004",
        "gpu_idle": "⚠️ GPU 3 has been idle for 30 min",
        "gpu_idle_resolved": "↩️ GPU 3 is busy again",
        "gpu_memory": "⚠️ The memory of GPU 3 is nearly full: 96.3% in use",
        "gpu_memory_resolved": "↩️ The memory of GPU 3 has room again: 80% in use",
        "gpu_temperature": "⚠️ GPU 3 is hot: 88 °C",
        "gpu_temperature_resolved": "↩️ GPU 3 has cooled down: 70 °C",
        "finished": "✅ Training finished: train.py, after 3 h 26 min",
        "crashed": "🚨 Training crashed: train.py, RuntimeError: CUDA out of memory",
        "interrupted": "⚠️ Training interrupted: train.py, after 3 h 26 min",
        "undelivered": f"⚠️ dingtalk refuses a message: {OLD}",
    },
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ALL)
def test_the_subject_of_every_kind(language, name):
    """The subject states the urgency and the event; the content begins with the same sentence."""
    message = Renderer(language=language, **PLACE).render(ALL[name])
    subject, _, place = message.subject.rpartition(" · ")
    expected = SUBJECTS[language][name]
    assert place == "exp1@gpu-01"
    assert subject == expected or (subject[-1] == "…" and expected.startswith(subject[:-1]))
    assert len(message.subject) == 80 or subject == expected
    assert message.text.splitlines()[0].rstrip("。.") == expected.partition(" ")[2]
    assert message.level is ALL[name].level


STALLED_ZH = """\
已有 2 小时 5 分钟没有新的模型文件。

静默时长：2 小时 5 分钟
通常间隔：10 分钟
告警界限：34 分钟

最后的文件：epoch_41_val_loss_0.0052.pt
检测时间：2026-11-20 20:34:12 UTC+08:00
指标：val_loss
轮次：41
主机：gpu-01
目录：/data/runs/exp1"""

CRASHED_EN = """\
Training crashed: train.py, RuntimeError: CUDA out of memory.

Ran for: 3 h 26 min
Best so far: 0.0041

File: epoch_41_val_loss_0.0052.pt
Error: RuntimeError: CUDA out of memory
Time: 2026-11-20 20:34:12 UTC+08:00
Metric: val_loss
Epoch: 41
Host: gpu-01
Directory: /data/runs/exp1

Traceback (its end):
  File "train.py", line 88, in step
    loss.backward()
RuntimeError: CUDA out of memory

Last log lines:
epoch 41 loss 0.0052
epoch 42 …"""

DISK_ZH = """\
磁盘将满：/data/runs/exp1 只剩 4.21 GB，按目前速度约 3 小时 6 分钟后写满。

剩余空间：4.21 GB
约可用：3 小时 6 分钟
总空间：2 TB

检测时间：2026-11-20 20:34:12 UTC+08:00
主机：gpu-01
目录：/data/runs/exp1"""


@pytest.mark.parametrize(
    ("language", "name", "text"),
    [("zh", "stalled", STALLED_ZH), ("en", "crashed", CRASHED_EN), ("zh", "disk", DISK_ZH)],
)
def test_the_content_to_the_letter(language, name, text):
    """The default content is this."""
    assert Renderer(language=language, **PLACE).render(ALL[name]).text == text


class _Body(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.feed(html[html.index("<body") :])

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", ALL)
def test_the_card_says_all_that_the_text_says(language, name):
    """Every label and every value of the text stand on the card."""
    message = Renderer(language=language, **PLACE).render(ALL[name])
    read = _Body(message.html).text
    for line in message.text.replace("：", ": ").splitlines()[1:]:
        for piece in line.split(": "):
            assert piece.strip(" :") in read.replace("：", ": ")


@pytest.mark.parametrize(
    ("name", "colour"),
    [
        ("stalled", "#9c6300"),
        ("stalled_resolved", "#15805d"),
        ("not_finite", "#d92323"),
        ("diverged_resolved", "#15805d"),
        ("finished", "#15805d"),
        ("crashed", "#d92323"),
    ],
)
def test_the_colour_says_how_urgent_it_is(name, colour):
    """Amber is a warning, red is critical, and what is over is as calm as good news."""
    html = Renderer().render(ALL[name]).html
    found = {shade for shade in ("#9c6300", "#15805d", "#d92323") if shade in html}
    assert found == {colour}


def test_what_is_not_known_is_left_out():
    """A disk that does not fill has no hours left, and nothing stands for them."""
    message = Renderer(language="en").render(disk(hours=None))
    assert message.subject == "⚠️ The disk is nearly full: 4.21 GB free at /data/runs/exp1"
    assert "Full in" not in message.text
    never = replace(stalled(), reading=None, details={"silent_seconds": 60.0})
    assert Renderer(language="en").render(never).text.splitlines()[:4] == [
        "No new model file for 1 min.",
        "",
        "Silent for: 1 min",
        "",
    ]


@pytest.mark.parametrize("name", ALL)
def test_a_users_words_are_for_hits_alone(name):
    """A template or a generator that praises a score does not word an alarm."""

    def generator(score, filename):
        raise AssertionError

    plain = Renderer().render(ALL[name])
    own = Renderer(subject_template="hurray", content_template="{score:.6f}", content_generator=generator)
    assert own.render(ALL[name]) == plain


def test_programs_get_the_facts_of_the_kind():
    """What a channel for programs sends names the kind, the level, and every fact, as JSON can hold them."""
    facts = Renderer().render(stalled()).facts
    assert facts["kind"] == "stalled"
    assert (facts["level"], facts["resolved"], facts["silent_seconds"]) == ("warning", False, 7500.0)
    assert (facts["filename"], facts["epoch"], facts["timestamp"]) == (
        CHECKPOINT.name,
        41,
        "2026-11-20T20:34:12+08:00",
    )
    assert Renderer().render(not_finite(math.inf)).facts["score"] == "inf"
    for alert in ALL.values():
        json.dumps(dict(Renderer().render(alert).facts), allow_nan=False)


def test_a_refused_message_is_told_with_the_reason():
    """The others report what one notifier refuses, with its subject and the provider's reason."""
    refused = Message(id="m", time=TIME, subject="the subject", text="", html="")
    alert = occasion(AlertKind.UNDELIVERED, reading=None, comparison=None)
    message = Renderer(language="en").undelivered(alert, "wecom", refused, "93000 invalid webhook url")
    assert message.subject == "⚠️ wecom refuses a message: the subject"
    assert "Error: 93000 invalid webhook url" in message.text.splitlines()
    assert message.facts["rule"] == "undelivered"
    assert message.id == alert.id


HELD_EN = "✅ acc 0.95 at or above 0.95"


def test_a_threshold_that_counts_says_so():
    """Where the threshold itself is a hit, the mail does not claim that the score is beyond it."""
    reading = Reading(metric="acc", value=0.95, name="a.pt", epoch=3)
    fields = {"threshold": 0.95, "reading": reading, "details": {"inclusive": True, "held_checkpoints": 3}}
    alert = occasion(AlertKind.HIT, Level.INFO, **fields)
    assert Renderer(language="en").render(replace_comparison(alert)).subject == HELD_EN
    text = Renderer(language="zh").render(replace_comparison(alert)).text
    assert text.startswith("检测到新的模型文件分数不低于阈值：\n")
    assert "连续个数：3" in text


def replace_comparison(alert: Alert) -> Alert:
    from auto_model_monitor import Comparison

    return replace(alert, comparison=Comparison.HIGHER)


_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
_KEYS = st.sampled_from(
    [
        "silent_seconds",
        "hours_left",
        "free_bytes",
        "recent_median",
        "name",
        "error",
        "traceback",
        "log",
        "path",
    ]
)
_ALERTS = st.builds(
    Alert,
    rule=_TEXT,
    time=st.datetimes(timezones=st.none() | st.timezones()),
    kind=st.sampled_from(AlertKind),
    level=st.sampled_from(Level),
    resolved=st.booleans(),
    reading=st.none() | st.builds(Reading, metric=_TEXT, value=st.floats(), name=_TEXT),
    threshold=st.none() | st.floats(),
    previous_best=st.none() | st.floats(),
    details=st.dictionaries(_KEYS | _TEXT, st.none() | _TEXT | st.floats() | st.integers(-(10**18), 10**18)),
)


@given(_ALERTS, st.sampled_from(["zh", "en"]))
def test_whatever_is_known_a_mail_can_be_sent(alert, language):
    """No alert, however little or strange what it knows, keeps a message from being rendered and sent."""
    message = Renderer(language=language).render(alert)
    assert message.subject.strip()
    assert len(message.subject.splitlines()) == 1
    for part in (message.subject, message.text, message.html):
        part.encode()
    json.dumps(dict(message.facts), allow_nan=False)
