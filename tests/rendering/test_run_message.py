"""The mails about the start and the end of a wrapped command."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from auto_model_monitor.core.alerts import Alert, AlertKind, Level
from auto_model_monitor.core.comparison import Comparison
from auto_model_monitor.core.metric_history import Point
from auto_model_monitor.core.readings import Reading
from auto_model_monitor.i18n import Language
from auto_model_monitor.rendering import Renderer
from auto_model_monitor.text.cleaning import without_secrets

TIME = datetime(2026, 11, 28, 3, 14, tzinfo=timezone.utc)
FAILED: dict[str, Any] = {
    "name": "train.py",
    "command": "python train.py --lr 0.1",
    "ran_seconds": 8040.0,
    "exit_status": "1",
    "error": "GPU memory ran out",
    "confidence": "proof",
    "evidence": "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 448.00 MiB",
    "line": 812,
    "rank": "3",
    "frame": "train.py:22 in step: loss.backward()",
    "remedy": "Use a smaller batch.",
    "also_seen": "a rank did not come to a collective",
    "checkpoint": "out/checkpoint-1500",
    "checkpoint_seconds": 180.0,
    "last.val_loss": 0.31,
    "best.val_loss": 0.298,
    "best_epoch.val_loss": 9,
    "last.lr": 1e-5,
    "log": "the last\nlines",
    "log_file": "monitor_logs/runs/1/output.log",
}
ENDS = [
    (
        AlertKind.FINISHED,
        Level.INFO,
        {},
        "train.py finished after 2 h 14 min: val_loss 0.298",
        "train.py 已完成",
    ),
    (AlertKind.CRASHED, Level.CRITICAL, {}, "train.py failed: GPU memory ran out", "train.py 失败："),
    (
        *(AlertKind.INTERRUPTED, Level.WARNING, {"signal": "SIGINT", "signal_sender": "the terminal"}),
        *("train.py was interrupted after 2 h 14 min", "train.py 被中止"),
    ),
    (
        *(AlertKind.PREEMPTED, Level.WARNING, {"signal": "SIGTERM"}),
        *("train.py was ended by the system after 2 h 14 min", "train.py 被系统终止"),
    ),
    (
        *(AlertKind.TIMED_OUT, Level.WARNING, {"limit_seconds": 43200.0}),
        *("train.py reached its time limit of 12 h", "train.py 达到时限 12 小时"),
    ),
    (
        *(AlertKind.STOPPED, Level.INFO, {"stopped_by": "plateau 30"}),
        *("train.py was stopped by the rule plateau 30", "train.py 按规则 plateau 30 停止"),
    ),
    (AlertKind.STARTED, Level.INFO, {"rules": "nan, stalled 5x"}, "train.py has started", "train.py 已开始"),
]


def shown(page: str) -> str:
    """Return what a mail program shows of a page."""
    return html.unescape(re.sub("<[^>]+>", "", page.partition("<body")[2].partition(">")[2]))


@pytest.fixture
def alert() -> Callable[..., Alert]:
    """Build the alert about an end."""

    def build(kind: AlertKind, level: Level, details: dict[str, Any]) -> Alert:
        reading = Reading(metric="val_loss", value=0.298, name="output.log:9", epoch=9, in_log=True)
        values = enumerate((0.9, 0.5, 0.298, 0.31), 1)
        points = [Point(time=TIME, number=n, value=v, name=f"output.log:{n}", epoch=n) for n, v in values]
        return Alert(
            rule="end",
            time=TIME,
            kind=kind,
            level=level,
            reading=reading,
            comparison=Comparison.LOWER,
            previous_best=0.298,
            details={**FAILED, **details},
            history=points,
        )

    return build


@pytest.mark.parametrize(("kind", "level", "details", "english", "chinese"), ENDS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_end_has_a_sentence_and_a_card_in_both_languages(
    alert: Callable[..., Alert],
    language: Language,
    kind: AlertKind,
    level: Level,
    details: dict[str, Any],
    english: str,
    chinese: str,
):
    """The subject says how it ended; text and card hold all that is known, and no unfilled placeholder."""
    renderer = Renderer(language=language, watch_dir="/home/li/cifar", host="gpu3", process=7)
    message = renderer.render(alert(kind, level, details))
    assert (english if language == "en" else chinese) in message.subject
    assert message.subject.endswith("cifar@gpu3")
    for content in (message.text, shown(message.html)):
        assert "{" not in content
        for known in ("python train.py --lr 0.1", "0.298", *map(str, details.values())):
            assert known in content or known in ("43200.0",)
    assert message.facts["last.val_loss"] == 0.31


def test_a_failure_begins_with_what_to_do_and_why(alert: Callable[..., Alert]):
    """On a phone remedy, evidence and the own code come before the metrics, the last lines at the end."""
    message = Renderer(language="en").render(alert(AlertKind.CRASHED, Level.CRITICAL, {}))
    # The first line of a page is for lists of mails.
    for content in (message.text, shown(message.html).partition("Model monitor")[2]):
        marks = ("Use a smaller batch.", "Evidence in line 812 · proven · Rank 3", "train.py:22", "lines")
        places = [content.rindex(mark) if mark == "lines" else content.index(mark) for mark in marks]
        assert places == sorted(places)
        assert content.index("train.py:22") < content.index("0.298 (epoch 9)")
        assert "out/checkpoint-1500 (3 min before the end)" in content


def test_a_failure_without_any_metric_is_a_message_too(alert: Callable[..., Alert]):
    """A command that printed no number has time and exit status, and nothing about scores."""
    details = {key: value for key, value in FAILED.items() if "val" not in key and key != "last.lr"}
    bare = replace(alert(AlertKind.CRASHED, Level.CRITICAL, {}), reading=None, history=(), details=details)
    message = Renderer(language="en").render(bare)
    assert "Ran for: 2 h 14 min" in message.text
    assert "Best" not in message.text


def test_scores_of_the_text_are_named(alert: Callable[..., Alert]):
    """The best and the last score stand behind the name of their metric, in the text as in the subject."""
    english = Renderer(language="en").render(alert(AlertKind.FINISHED, Level.INFO, {}))
    assert "Best: val_loss 0.298\n" in english.text
    assert "Last: val_loss 0.31\n" in english.text
    assert ": val_loss 0.298" in english.subject
    chinese = Renderer(language="zh").render(alert(AlertKind.FINISHED, Level.INFO, {}))
    assert "：val_loss 0.298" in chinese.subject


def test_an_exit_status_alone_is_its_own_evidence(alert: Callable[..., Alert]):
    """The last lines of a killed command are shown once, and no line of them as evidence."""
    details = {"confidence": "exit code", "evidence": "epoch 3", "log": "epoch 3"}
    killed = alert(AlertKind.CRASHED, Level.CRITICAL, {**details, "exit_status": "137 (SIGKILL)"})
    killed = replace(killed, details={k: v for k, v in killed.details.items() if k != "line"})
    text = Renderer(language="en").render(killed).text
    assert text.count("epoch 3") == 1
    assert "from the exit status alone · Rank 3:\n137 (SIGKILL)" in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("HF_TOKEN=hf_abcdefghijklmnopqrstuv ok", "HF_TOKEN=*** ok"),
        ("api_key: 'sk-abc12345678901234567'", "api_key: '***'"),
        ("https://bob:s3cretpass@host/x", "https://bob:***@host/x"),
        ("--wandb-api-key 0123abcd4567", "--wandb-api-key ***"),
        ("num_tokens=102400 max_new_tokens=512", "num_tokens=102400 max_new_tokens=512"),
        ("http://localhost:8080/path", "http://localhost:8080/path"),
        ("tokenizer=LlamaTokenizerFast", "tokenizer=LlamaTokenizerFast"),
    ],
)
def test_secrets_in_an_output_are_hidden(text: str, shown: str):
    """Tokens, keys and passwords become ***, while counts of tokens and addresses stay."""
    assert without_secrets(text) == shown
