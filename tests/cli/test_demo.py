"""The demo: what one sees without an account."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from auto_model_monitor.cli import demo_command as demo
from auto_model_monitor.cli import main as cli
from auto_model_monitor.text.terminal import width
from tests.campaigns import THOROUGH

DEMO = [sys.executable, "-m", "auto_model_monitor", "demo"]


def test_it_plays_and_ends_by_itself(tmp_path):
    """There are mails on the screen and as files, a preview of each, and next steps."""
    # The pauses are left out, unless there is time; the next test adds them up.
    command = [*DEMO, "--keep", str(tmp_path / "demo"), *([] if THOROUGH else ["--fast"])]
    speaks = os.environ | {"LC_ALL": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(command, check=False, capture_output=True, encoding="utf-8", timeout=200, env=speaks)
    assert (run.returncode, run.stderr) == (0, "")
    mails = sorted((tmp_path / "demo/mailbox").glob("*.eml"))
    assert 2 <= len(mails) <= 6
    for mail in mails:
        message = message_from_bytes(mail.read_bytes(), policy=policy.default)
        assert message["Subject"].startswith("✅ val_loss 0.0")
        assert "此前最好" in message.get_body(("plain",)).get_content()
        assert mail.with_suffix(".html").read_text("utf-8").startswith("<!DOCTYPE html>")
        assert str(mail) in run.stdout
        assert str(mail.with_suffix(".html")) in run.stdout
    assert f"12 checkpoints, {len(mails)} mails" in run.stdout
    assert "auto-model-monitor watch ./checkpoints" in run.stdout
    assert "\x1b" not in run.stdout
    assert len(list((tmp_path / "demo/checkpoints").glob("epoch_*_val_loss_*.pt"))) == 12


def test_it_lasts_some_seconds(tmp_path, monkeypatch):
    """The pauses, one an epoch, take less than fifteen seconds in all."""
    waited = []

    def mails(stage, seconds):
        if seconds == demo._PACE:
            waited.append(seconds)
            seconds = 0.0
        show(stage, seconds)

    show = demo._Stage.mails
    monkeypatch.setattr(demo._Stage, "mails", mails)
    assert cli.main(["demo", "--keep", str(tmp_path)]) == 0
    assert len(waited) == demo.EPOCHS
    assert 5 < sum(waited) < 12


def test_fast_in_english(tmp_path, capsys):
    """Without pauses every epoch is looked at by itself all the same, and the mails are in English."""
    assert cli.main(["demo", "--fast", "--language", "en", "--keep", str(tmp_path)]) == 0
    shown, errors = capsys.readouterr()
    assert errors == ""
    assert "✅ val_loss 0.0598 below 0.06" in shown
    assert shown.count("╭─ mail ") == len(list((tmp_path / "mailbox").glob("*.eml"))) >= 2
    boxed = [line for line in shown.splitlines() if line.startswith(("│", "╭", "╰"))]
    assert {width(line) for line in boxed} == {80}


@pytest.mark.parametrize(
    ("environment", "arguments", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, [], "zh"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_TW"}, [], "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, [], "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_US.UTF-8", "LC_ALL": ""}, [], "en"),
        ({"LANG": "de_DE.UTF-8"}, [], "en"),
        ({}, [], "en"),
        ({"LANG": "zh_CN.UTF-8"}, ["--language", "en"], "en"),
        ({}, ["--language", "zh"], "zh"),
    ],
)
def test_its_language_is_the_locale_s(monkeypatch, environment, arguments, language):
    """Its mails are Chinese where the environment is, else English, unless a language is asked for."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    played = []
    monkeypatch.setattr(demo, "play", lambda *_, **options: played.append(options["language"]) or 0)
    assert cli.main(["demo", *arguments]) == 0
    assert played == [language]


def test_no_mail_for_a_worse_epoch(tmp_path, capsys):
    """A mail follows on a new best below the threshold, and on nothing else."""
    assert cli.main(["demo", "--fast", "--keep", str(tmp_path)]) == 0
    best, expected = 0.06, 0
    for loss in map(float, re.findall(r"^epoch .* val_loss ([0-9.]+)", capsys.readouterr()[0], re.MULTILINE)):
        expected += loss < best
        best = min(best, loss)
    assert len(list((tmp_path / "mailbox").glob("*.eml"))) == expected


def test_a_used_folder_is_refused(tmp_path, capsys):
    """A folder that holds files is refused, and left as it is."""
    (tmp_path / "mine.txt").touch()
    assert cli.main(["demo", "--keep", str(tmp_path)]) == 2
    assert "expected a new or an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_interrupted(tmp_path):
    """Ctrl-C ends it with one sentence and status 130, and leaves no process behind."""
    command = [*DEMO, "--keep", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as run:
        for line in run.stdout:
            if line.startswith("epoch  1"):
                break
        run.send_signal(signal.SIGINT)
        shown, errors = run.communicate(timeout=200)
    assert run.returncode == 130
    assert errors == ""
    assert "Interrupted" in shown
    assert not Path(f"/proc/{run.pid}").exists()
    assert "demo_training" not in _processes(str(tmp_path))


def _processes(marked: str) -> str:
    """Return the command lines of the processes that name a path."""
    lines = (path.read_bytes().decode("utf-8", "replace") for path in _command_lines())
    return "\n".join(line for line in lines if marked in line)


def _command_lines():
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            path.read_bytes()
        except OSError:
            continue
        yield path
