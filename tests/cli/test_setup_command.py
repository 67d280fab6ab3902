"""The command setup: asked at a terminal or given by options, kept privately, used by all that follows."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from programs import PROGRAM, program
from smtp_server import Faults

from auto_model_monitor import ConfigError, ModelMonitor, MonitorConfig, notify_when_done
from auto_model_monitor.notifiers.user_defaults import UserDefaults, user_defaults, write_user_defaults

ME, CODE = "me@example.org", "right-code-1"
KEYRING = """
import json, os, pathlib
from keyring.backend import KeyringBackend

class FileKeyring(KeyringBackend):
    priority = 5
    place = pathlib.Path(os.environ["KEYRING_PLACE"])
    def _all(self):
        return json.loads(self.place.read_text()) if self.place.exists() else {}
    def get_password(self, service, name):
        return self._all().get(service + name)
    def set_password(self, service, name, password):
        self.place.write_text(json.dumps({**self._all(), service + name: password}))
    def delete_password(self, service, name):
        self.place.write_text(json.dumps({k: v for k, v in self._all().items() if k != service + name}))
"""


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Nobody's defaults, environment or directory plays a part."""
    for name in ("AUTO_MODEL_MONITOR_CONFIG", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AUTH_CODE", "AUTH_CODE_FILE", "NOTIFY"):
        monkeypatch.delenv(f"AUTO_MODEL_MONITOR_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def config(place):
    return place / "home/.config/auto-model-monitor/config.toml"


class AtTerminal:
    """The program in a pseudo-terminal, as a person sees it."""

    def __init__(self, ours, process):
        self.ours, self.process, self.shown = ours, process, ""

    def answer(self, question, text):
        """Wait for a question, then type an answer."""
        while question not in self.shown:
            self._read()
        self.shown = self.shown.partition(question)[2]
        while not self.shown.rstrip().endswith((">", ":", "：")):
            self._read()
        os.write(self.ours, f"{text}\n".encode())

    def rest(self):
        """Return what is shown until the program ends."""
        while self._read(fails=False):
            pass
        return self.shown

    def _read(self, *, fails=True):
        try:
            data = os.read(self.ours, 65536)
        except OSError:  # the other side is closed
            data = b""
        assert data or not fails, self.shown
        self.shown += data.decode("utf-8", "replace")
        return data


@contextmanager
def at_terminal(*arguments):
    ours, theirs = pty.openpty()
    words = ["setsid", "--ctty", *PROGRAM, "setup", *arguments]  # getpass and Ctrl-C need a terminal
    with subprocess.Popen(
        words,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        try:
            yield AtTerminal(ours, process)
        finally:
            process.kill()
            os.close(ours)


def mode_of(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_person_is_asked_and_a_wrong_code_is_asked_for_again(smtp_server, config):
    """The dialogue tries the login, takes the right code after a wrong one, and keeps it privately."""
    server = smtp_server(accounts={ME: CODE})
    with at_terminal("--language", "en") as screen:
        screen.answer("How shall messages reach you?", ME)
        screen.answer("example.org is no known provider", f"127.0.0.1:{server.port}")
        screen.answer("Who receives?", "")
        screen.answer("Authorisation code", "wrong-code-1")
        screen.answer("Keep it all the same? [y/N]", "n")
        screen.answer("Authorisation code", CODE)
        screen.answer("A further mail address or URL", "")
        shown = screen.rest()
    assert screen.process.wait() == 0
    assert "Written to" in shown
    assert [attempt.accepted for attempt in server.logins] == [False, True]
    assert [mail.recipients for mail in server.mails] == [[ME]]
    assert mode_of(config) == 0o600
    assert mode_of(config.parent) == 0o700
    assert CODE not in shown
    shown = program("setup", "--show").stdout
    assert f"mail from {ME} to {ME}, code ***" in shown
    assert CODE not in shown


def test_from_then_on_nothing_needs_a_sender(smtp_server, place):
    """A command, a monitor, a decorator and a given sender without a code all send from the kept mailbox."""
    server = smtp_server(accounts={ME: CODE})
    mailbox = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_security": "ssl"}
    write_user_defaults(UserDefaults(sender=ME, auth_code=CODE, language="en", **mailbox))
    assert program("test-notify").returncode == 0
    Path("checkpoints").mkdir()
    Path("checkpoints/val_loss_0.003.pt").touch()
    with ModelMonitor(MonitorConfig("checkpoints", 0.004)):
        pass
    notify_when_done(MonitorConfig("checkpoints"), name="night")(lambda: None)()
    assert MonitorConfig("checkpoints", 0.004, sender=ME, **mailbox).auth_code == CODE
    subjects = [str(mail.message["Subject"]) for mail in server.mails]
    assert len(subjects) == 3
    assert "val_loss 0.003 below 0.004" in subjects[1]
    assert not list(place.rglob("*.eml"))


def test_what_is_nearer_wins(place, monkeypatch):
    """An argument, the environment and a project's file each replace all the kept channels."""
    write_user_defaults(UserDefaults(notify=("jsons://127.0.0.1:9/kept",)))
    Path("night.toml").write_text('notify = ["jsons://127.0.0.2:9/of-the-file"]')
    nearer = [
        (("test-notify",), "127.0.0.1"),
        (("test-notify", "--config", "night.toml"), "127.0.0.2"),
        (("test-notify", "--notify", "jsons://127.0.0.3:9/given"), "127.0.0.3"),
    ]
    for words, host in nearer:
        said = program(*words).stderr
        assert f"{host}:9 cannot be reached" in said
        assert said.count("cannot be reached") == 1
    monkeypatch.setenv("AUTO_MODEL_MONITOR_NOTIFY", "jsons://127.0.0.4:9/environment")
    assert "127.0.0.4:9 cannot be reached" in program("test-notify").stderr


def test_options_for_scripts(smtp_server, config, monkeypatch):
    """With options nothing is asked; what is refused is not written; remove forgets it."""
    server = smtp_server(accounts={ME: CODE}, faults=Faults())
    monkeypatch.setenv("AUTO_MODEL_MONITOR_AUTH_CODE", "wrong-code-1")
    words = ["--sender", ME, "--smtp-host", "127.0.0.1", "--smtp-port", str(server.port)]
    refused = program("setup", *words)
    assert (refused.returncode, config.exists()) == (1, False)
    monkeypatch.setenv("AUTO_MODEL_MONITOR_AUTH_CODE", CODE)
    assert program("setup", *words, "--language", "zh").returncode == 0
    monkeypatch.delenv("AUTO_MODEL_MONITOR_AUTH_CODE")
    assert user_defaults().auth_code == CODE
    assert MonitorConfig(".", 1.0).language == "zh"
    assert program("setup", "--remove").returncode == 0
    assert not config.exists()
    assert program("setup", "--remove").returncode == 0


@pytest.mark.parametrize(("language", "questions"), [("zh", 0), ("en", 1), ("en", 2), ("zh", 3)])
def test_ctrl_c_at_each_question(config, language, questions):
    """Whoever gives up with Ctrl-C leaves nothing behind, whatever was answered before."""
    asked = [
        ({"en": "How shall", "zh": "消息发到哪里"}, ME),
        ({"en": "no known provider", "zh": "不认识"}, "127.0.0.1:9"),
        ({"en": "Who receives", "zh": "谁来接收"}, ""),
    ]
    with at_terminal("--language", language) as screen:
        for question, text in asked[:questions]:
            screen.answer(question[language], text)
        last = {"en": "Authorisation code", "zh": "授权码"} if questions == 3 else asked[questions][0]
        screen.answer(last[language], "\x03")
        screen.rest()
        assert screen.process.wait() in (1, 130)
    assert not config.exists()


def test_a_home_that_cannot_be_written(place, monkeypatch):
    """Where the file cannot be written, one error names it, and nothing is left."""
    monkeypatch.setenv("AUTO_MODEL_MONITOR_CONFIG", str(place / "home/file/config.toml"))
    (place / "home/file").touch()
    ended = program("setup", "--no-test", "--notify", "dingtalk://TOKEN")
    assert ended.returncode == 1
    assert "home/file" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "TOKEN" not in ended.stderr + ended.stdout


def test_a_damaged_file(place, config):
    """Every start names the file and what is wrong in it, never a secret."""
    config.parent.mkdir(parents=True)
    config.write_text('sender = "me@qq.com\n')
    with pytest.raises(ConfigError, match=r"config\.toml: expected TOML"):
        MonitorConfig(".", 1.0)
    config.write_text('sendr = "a"\nauth_code = 5\nlanguage = "fr"\n')
    with pytest.raises(ConfigError) as raised:
        user_defaults()
    assert [problem.partition("config.toml: ")[2].partition(":")[0] for problem in raised.value.problems] == [
        "sendr",
        "auth_code",
        "language",
    ]


def test_a_setup_with_options_replaces_a_damaged_file(config):
    """What the error of a damaged file advises works for scripts, too."""
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_bytes(b"\xff\xfe[[[")
    assert "auto-model-monitor setup" in program("setup", "--show").stderr
    done = program("setup", "--no-test", "--no-keyring", "--notify", "dingtalk://token")
    assert (done.returncode, done.stderr) == (0, "")
    assert user_defaults().notify == ("dingtalk://token",)


def test_secrets_in_a_keyring(place, config, monkeypatch):
    """With the package keyring the file holds no secret, and a locked keyring is one clear error."""
    pytest.importorskip("keyring")
    (place / "file_keyring.py").write_text(KEYRING)
    kept = place / "kept.json"
    monkeypatch.setenv("KEYRING_PLACE", str(kept))
    monkeypatch.setenv("PYTHONPATH", str(place))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "file_keyring.FileKeyring")
    url = "jsons://127.0.0.1:9/secret-token"
    assert program("setup", "--no-test", "--notify", url).returncode == 0
    assert "secret-token" not in config.read_text()
    assert "secret-token" in kept.read_text()
    assert "127.0.0.1:9 cannot be reached" in program("test-notify").stderr
    kept.unlink()
    locked = program("test-notify")
    assert (locked.returncode, "in the keyring" in locked.stderr) == (2, True)
    assert program("setup", "--no-test", "--no-keyring", "--notify", url).returncode == 0
    assert "secret-token" in config.read_text()


def test_python_3_10_reads_what_setup_writes(monkeypatch):
    """The file can be read line by line where Python has no TOML, whatever the texts hold."""
    given = UserDefaults(sender=ME, auth_code='a"b\\c=#', notify=("wecom://钥匙#=",), smtp_port=25)
    write_user_defaults(given)
    assert user_defaults() == given
    monkeypatch.setattr(sys, "version_info", (3, 10, 1))
    assert user_defaults() == given
