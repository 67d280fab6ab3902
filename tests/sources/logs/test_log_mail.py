"""From a line that a training logs to the mail that a person gets, through a real mail server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from smtp_server import SMTPServer

from auto_model_monitor import (
    DefaultParser,
    DirectorySource,
    EmailNotifier,
    Monitor,
    PlateauRule,
    Renderer,
    Rule,
    Source,
    StalledRule,
    TrainingLogHandler,
    parse_rule,
)
from tests.fakes import FakeClock


@pytest.fixture
def server(smtp_server: Callable[..., SMTPServer]) -> SMTPServer:
    return smtp_server(tls="ssl")


@pytest.fixture
def watch(server: SMTPServer) -> Iterator[Callable[..., Monitor]]:
    monitors: list[Monitor] = []

    def start(source: Source, rule: Rule, clock: FakeClock, language: str = "zh") -> Monitor:
        notifier = EmailNotifier("me@qq.com", "me@qq.com", "code", host=server.host, port=server.port)
        renderer = Renderer(language=language)  # type: ignore[arg-type]
        monitors.append(Monitor(source, [rule], [notifier], renderer=renderer, clock=clock, log_dir=None))
        return monitors[-1]

    yield start
    for monitor in monitors:
        monitor.close(10)


def log(handler: TrainingLogHandler, *lines: str) -> None:
    logger = logging.Logger("a_training", logging.INFO)
    logger.addHandler(handler)
    for line in lines:
        logger.info(line)


def test_a_logged_line_sends_the_mail_that_a_checkpoint_s_name_does(
    server: SMTPServer, watch: Callable[..., Monitor], tmp_path: Path
) -> None:
    """The same numbers make the same mail, which names their place: in a log, or in a file's name."""
    clock, other = FakeClock(), FakeClock()
    handler = TrainingLogHandler(name="resnet18, night 3", clock=clock)
    directory = DirectorySource(tmp_path, DefaultParser("val_acc"), clock=other)
    logged = watch(handler, parse_rule("val_acc >= 90"), clock)
    named = watch(directory, parse_rule("val_acc >= 90"), other)
    log(handler, "Epoch [7/10] started", "Validation Loss: 0.4, Validation Accuracy: 91.25%")
    (tmp_path / "epoch=7-val_acc=91.25.ckpt").touch()
    for monitor in (logged, named):
        monitor.check()
        monitor.close(10)
    first, second = (mail for mail in server.mails)
    assert first.message["Subject"] == second.message["Subject"] == "✅ val_acc 91.25 不低于阈值 90"
    expected = (
        second.text.replace("检测到新的模型文件分数不低于阈值：", "训练日志中的分数不低于阈值：")
        .replace("文件名：epoch=7-val_acc=91.25.ckpt", "日志：resnet18, night 3")
    )  # fmt: skip
    assert first.text == expected
    assert "轮次：7" in first.text


def test_in_english_too(server: SMTPServer, watch: Callable[..., Monitor]) -> None:
    """The English mail names the log as well."""
    clock = FakeClock()
    handler = TrainingLogHandler(name="night 3", clock=clock)
    monitor = watch(handler, parse_rule("val_loss < 0.5"), clock, "en")
    log(handler, "Validation Loss: 0.25")
    monitor.check()
    monitor.close(10)
    (mail,) = server.mails
    lines = mail.text.splitlines()
    assert lines[:3] == ["A score in the log is below the threshold:", "Log: night 3", "Score: 0.25"]


@pytest.mark.parametrize(
    ("rule", "language", "sentence", "place"),
    [
        (StalledRule(60.0), "zh", "训练日志已有 2 分钟没有新的分数。", "最后一处：night 3"),
        (StalledRule(60.0), "en", "No new score in the log for 2 min.", "Last score at: night 3"),
        (PlateauRule(2), "zh", "val_loss 已连续 2 次没有改进，最好 0.25。", "日志：night 3"),
        (PlateauRule(2), "en", "val_loss has not improved 2 times in a row, best 0.25.", "Log: night 3"),
    ],
)
def test_other_mails_speak_of_the_log_and_not_of_files(
    server: SMTPServer, watch: Callable[..., Monitor], rule: Rule, language: str, sentence: str, place: str
) -> None:
    """A message about a silence or a plateau in a log names no model file that does not exist."""
    clock = FakeClock()
    handler = TrainingLogHandler(name="night 3", clock=clock)
    monitor = watch(handler, rule, clock, language)
    log(handler, *(f"Epoch {epoch} - val_loss: {value}" for epoch, value in [(1, 0.25), (2, 0.5), (3, 0.5)]))
    monitor.check()
    clock.advance(120)
    monitor.check()
    monitor.close(10)
    (mail,) = server.mails
    assert mail.text.splitlines()[0] == sentence
    assert place in mail.text.splitlines()
