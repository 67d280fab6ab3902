"""The settings of a server, from its options and its file."""

from __future__ import annotations

import sys

import pytest

pytest.importorskip("fastapi")

from auto_model_monitor import ConfigError
from auto_model_monitor.api.server_settings import ServerSettings
from auto_model_monitor.cli.main import parse


def settings_of(*words):
    return ServerSettings.of(parse(["serve", *words])[1])


def texts(patterns):
    return [one.pattern.pattern for one in patterns]


def test_every_setting_has_a_default():
    """By default a server listens on loopback, port 8000, needs a token, and has the built-in trainer."""
    settings = settings_of()
    assert (settings.host, settings.port, settings.store) == ("127.0.0.1", 8000, "training_store")
    assert (settings.no_auth, settings.allow_path, settings.per_device) == (False, (".",), 1)
    (trainer,) = settings.trainers
    assert trainer.name == "image-classifier"
    command = (sys.executable, "-m", "auto_model_monitor.training.image_classifier", "{args}")
    assert trainer.command == command


def test_options_set_the_settings():
    """Every option sets its setting; a trainer's command is split like in a shell, without a shell."""
    settings = settings_of(
        *("--host", "::1", "--port", "0", "--store", "s", "--per-device", "2", "--no-auth"),
        *("--allow-path", "/a", "--allow-path", "/b", "--allow-host", "gpu"),
        *("--trainer", "mine='python 3' train.py --x='a b' {args}", "--trainer", "other=run {args_file}"),
    )
    assert (settings.host, settings.port, settings.store) == ("::1", 0, "s")
    assert (settings.per_device, settings.no_auth) == (2, True)
    assert (settings.allow_path, settings.allow_host) == (("/a", "/b"), ("gpu",))
    assert [trainer.name for trainer in settings.trainers] == ["mine", "other"]
    assert settings.trainers[0].command == ("python 3", "train.py", "--x=a b", "{args}")


def test_a_file_sets_the_same_settings(tmp_path):
    """A file has the same settings; its paths are relative to it; options win over it."""
    file = tmp_path / "serve.toml"
    file.write_text(
        'port = 9000\nstore = "s"\nallow_path = ["data", "/abs"]\nallow_host = "gpu"\nper_device = 3\n'
        '[trainers]\nmine = "python train.py {args}"\nlisted = ["python", "a b.py", "{args}"]\n'
    )
    settings = settings_of("--config", str(file))
    assert (settings.port, settings.per_device) == (9000, 3)
    assert settings.store == str(tmp_path / "s")
    assert settings.allow_path == (str(tmp_path / "data"), "/abs")
    assert settings.allow_host == ("gpu",)
    assert settings.trainers[1].command == ("python", "a b.py", "{args}")
    again = settings_of(
        "--config", str(file), "--port", "1", "--trainer", "mine=other {args}", "--trainer", "new=x"
    )
    assert again.port == 1
    assert [(t.name, t.command[0]) for t in again.trainers] == [
        ("mine", "other"), ("new", "x"), ("listed", "python"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("ports = 1", "did you mean 'port'"),
        ('port = "1"', "port: expected a whole number, got '1'$"),
        ('rules = ["nan"]', r"rules: expected a known name, got another; it belongs in \[tell\]"),
        ("port = true", "port: expected a whole number"),
        ("no_auth = 1", "no_auth: expected true or false"),
        ("allow_path = [1]", "allow_path: expected"),
        ('trainers = "x"', "trainers: expected a table"),
        ("[trainers]\nx = 5", r"trainers\.x: expected a command"),
        ('[trainers]\n"a b" = "x"', "trainer: expected a name"),
        ('[trainers]\nx = "python \'"', "trainer x: expected a command"),
        ('[trainers]\nx = "python {command}"', "trainer x: expected one of"),
        ("port = 70000", "port: expected 0 to 65535"),
        ("per_device = 0", "per_device: expected at least 1"),
        ("max_log = 'big'", "max_log: expected a size, such as 200M"),
        ("max_log = 5", "max_log: expected at least 64K"),
        ("max_log = true", "max_log: expected a size"),
        ("patterns = 5", "patterns: expected a pattern or a list"),
        ("patterns = [5]", "patterns: expected a pattern or a list"),
        ('patterns = "["', "patterns: pattern: expected a regular expression"),
        ('patterns = ["no group"]', "patterns: pattern: expected"),
        ('[trainers.x]\npatterns = ["(?P<a>.)"]', r"trainers\.x: expected command and perhaps patterns"),
        ('[trainers.x]\ncommand = "a"\npattern = "b"', r"trainers\.x: expected.*got also pattern"),
        ('[trainers.x]\ncommand = "a"\npatterns = 5', r"trainers\.x\.patterns: expected"),
        ('[trainers.x]\ncommand = "a"\npatterns = "["', "trainer x: pattern: expected"),
        ("[trainers]\nx = \"sh -c 'train {model}'\"", "trainer x: expected no {model} inside a program"),
        ("x =", "expected TOML"),
    ],
)
def test_a_file_with_a_mistake_is_refused(tmp_path, text, fault):
    """A wrong name or type in the file is refused with its location."""
    (tmp_path / "serve.toml").write_text(text)
    with pytest.raises(ConfigError, match=fault):
        settings_of("--config", str(tmp_path / "serve.toml"))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("200M", 200 << 20),
        ("1G", 1 << 30),
        ("64k", 65536),
        ("1.5 GiB", 3 << 29),
        ("70000", 70000),
        ("2MB", 2 << 20),
    ],
)
def test_the_limit_of_a_log_is_a_size(tmp_path, text, size):
    """``--max-log`` and ``max_log`` take a size with its unit or in bytes."""
    assert settings_of("--max-log", text).max_log == size
    (tmp_path / "serve.toml").write_text(f"max_log = '{text}'\n")
    assert settings_of("--config", str(tmp_path / "serve.toml")).max_log == size


def test_a_log_format_is_given_for_all_trainers_or_for_one(tmp_path):
    """``--pattern`` and ``patterns`` are for every trainer, a trainer's table has its own."""
    assert texts(settings_of("--pattern", "a(?P<x>.)", "--pattern", "b(?P<y>.)").patterns) == [
        "a(?P<x>.)",
        "b(?P<y>.)",
    ]
    file = tmp_path / "serve.toml"
    file.write_text(
        "patterns = 'a(?P<x>.)'\n[trainers]\nplain = 'run'\n"
        "[trainers.mine]\ncommand = ['run', '{args}']\npatterns = ['b(?P<y>.)']\n"
        "[trainers.other]\ncommand = 'run {args}'\npatterns = 'c(?P<z>.)'\n"
    )
    settings = settings_of("--config", str(file))
    assert texts(settings.patterns) == ["a(?P<x>.)"]
    own = {trainer.name: texts(trainer.patterns) for trainer in settings.trainers}
    assert own == {"plain": [], "mine": ["b(?P<y>.)"], "other": ["c(?P<z>.)"]}
    assert texts(settings_of("--config", str(file), "--pattern", "d(?P<w>.)").patterns) == ["d(?P<w>.)"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "", "no-such-host.invalid"])
def test_without_a_token_only_on_loopback(host):
    """--no-auth on another address than loopback is refused with the reason."""
    with pytest.raises(ConfigError, match=r"--no-auth.*could start trainings"):
        settings_of("--no-auth", "--host", host)


def test_names_follow_the_host():
    """A server accepts loopback's names, its host, given names, and its machine's name if others reach it."""
    import socket

    assert set(settings_of("--allow-host", "gpu").names) == {"localhost", "127.0.0.1", "[::1]", "gpu"}
    assert {"192.0.2.1", socket.gethostname()} <= set(settings_of("--host", "192.0.2.1").names)
    assert "0.0.0.0" not in settings_of("--host", "0.0.0.0").names


def test_a_trainer_needs_a_name():
    """--trainer without a name is refused with the expected format."""
    with pytest.raises(ConfigError, match="NAME="):
        settings_of("--trainer", "python train.py")
