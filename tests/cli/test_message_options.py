"""``--digest`` and ``--plots``, on the command line and in files."""

from __future__ import annotations

import sys
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from programs import program, watching

from auto_model_monitor.cli import main as cli
from auto_model_monitor.settings import config_of, digest_of, settings_of
from auto_model_monitor.text.terminal import Terminal

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
RULES = ("--rule", "val_loss < 0.004", "--rule", "acc >= 0.95")
WATCH = ("--interval", "0.05", "--language", "en")
LOG = "".join(
    f"Epoch {number}: val_loss = {loss}, acc = {acc}\n"
    for number, loss, acc in ((1, 0.02, 0.6), (2, 0.01, 0.8), (3, 0.003, 0.96))
)


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """Every test has a folder of its own, with two directories of checkpoints and a log."""
    monkeypatch.chdir(tmp_path)
    for name in ("AUTH_CODE", "AUTH_CODE_FILE", "NOTIFY"):
        monkeypatch.delenv(f"AUTO_MODEL_MONITOR_{name}", raising=False)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for number, loss, acc in ((1, 0.02, 0.6), (2, 0.01, 0.8), (3, 0.003, 0.96)):
            (tmp_path / folder / f"epoch_{number}_val_loss_{loss}_acc_{acc}.pt").touch()
    (tmp_path / "train.log").write_text(LOG)
    return tmp_path


def mails(place):
    found = [message_from_bytes(m.read_bytes(), policy=policy.default) for m in place.rglob("*.eml")]
    return sorted(found, key=lambda mail: mail["Subject"])


def pictures(mail):
    return [part.get_content() for part in mail.walk() if part.get_content_type() == "image/png"]


def watch(*arguments):
    """Watch until the watch has begun; the last poll at its end finds what is there."""
    with watching(*arguments, *WATCH) as running:
        running.wait_for("Watching")
        assert running.end() == 0, running.said
    return running.said


def of(file=None, **options):
    """Return the settings of each watch, as the command line makes them."""
    if file is not None:
        Path("night.toml").write_text(file, encoding="utf-8")
        options["config"] = "night.toml"
    return settings_of(options, Terminal(sys.stderr))


GOOD = [("30s", 30), ("10min", 600), ("10m", 600), ("1h", 3600), ("1.5h", 5400), ("1d", 86400), ("0s", 0)]


@pytest.mark.parametrize(("text", "seconds"), GOOD)
def test_a_digest_takes_durations_as_a_rule_does(text, seconds):
    """A duration means the same on the command line and in a file."""
    for settings in (*of(digest=text, watch_dir="a"), *of(f'watch_dir = "a"\ndigest = "{text}"\n')):
        config_of(settings)
        assert digest_of(settings) == seconds


@pytest.mark.parametrize("number", [0, 0.5, 30, 3600, 86400.0])
def test_a_file_gives_plain_seconds_too(number):
    """A number in a file is seconds."""
    (settings,) = of(f'watch_dir = "a"\ndigest = {number}\n')
    config_of(settings)
    assert digest_of(settings) == number


BAD = ["soon", "1 hour", "1h30m", "600", "-5s", "", "h", "infs", "1e999h", "3x", "nan"]


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize("command", [("watch", "a"), ("logs", "train.log")])
def test_another_text_is_refused(capsys, command, text):
    """What is no duration is one error that names the option and examples."""
    assert cli.main([*command, *RULES, f"--digest={text}"]) == 2
    expected = f"error: --digest: expected a time such as '30s', '10min' or '1h', got {text!r}\n"
    assert capsys.readouterr().err.endswith(expected)


FILES = [
    ("digest = -1\n", "digest: expected a time such as '30s', '10min' or '1h', got -1"),
    ("digest = inf\n", "digest: expected a time such as '30s', '10min' or '1h', got inf"),
    ("digest = 'often'\n", "digest: expected a time such as '30s', '10min' or '1h', got 'often'"),
    ("digest = true\n", "digest: expected a number of seconds or a text such as '1h', got true or false"),
    ("digest = ['1h']\n", "digest: expected a number of seconds or a text such as '1h', got a list"),
    ("plots = 'yes'\n", "plots: expected true or false, got a text"),
    ("plots = 1\n", "plots: expected true or false, got a whole number"),
    ("digests = 60\n", "digests: expected a known name, got another; did you mean 'digest'?"),
    ("plot = true\n", "plot: expected a known name, got another; did you mean 'plots'?"),
]


@pytest.mark.parametrize(("text", "problem"), FILES)
@pytest.mark.parametrize("table", ["", "[[watch]]\nwatch_dir = 'a'\n"])
def test_a_wrong_value_of_a_file_is_refused(capsys, place, table, text, problem):
    """A wrong value is one error that names the file and the key, at the top and in a watch."""
    (place / "night.toml").write_text(f"rules = ['val_loss < 0.004']\n{table}{text}")
    assert cli.main(["watch", *([] if table else ["a"]), "--config", "night.toml"]) == 2
    error = capsys.readouterr().err
    assert error.count(problem) == 1
    assert "error: night.toml: " in error


def test_a_watch_overrides_the_file_and_an_option_overrides_both():
    """As other settings: the top holds for all, a watch wins over it, the command line over both."""
    text = """
digest = "1h"
plots = true
[[watch]]
watch_dir = "a"
[[watch]]
watch_dir = "b"
digest = 0
plots = false
"""
    first, second = of(text)
    assert (digest_of(first), first["plots"]) == (3600, True)
    assert (digest_of(second), second["plots"]) == (0, False)
    assert [digest_of(settings) for settings in of(text, digest="10min")] == [600, 600]
    assert [settings["plots"] for settings in of(text, plots=True)] == [True, True]
    assert [digest_of(settings) for settings in of(watch_dir=["a", "b"])] == [0, 0]


@posix
def test_a_watch_writes_one_mail_for_a_digest(place):
    """Two hits are two mails, with --digest one mail that lists both."""
    watch("a", *RULES, "--log-dir", "plain")
    assert len(mails(place / "plain")) == 2
    watch("a", *RULES, "--log-dir", "gathered", "--digest", "1h")
    (mail,) = mails(place / "gathered")
    assert "2 messages" in mail["Subject"]
    text = mail.get_body("plain").get_content()
    assert "val_loss 0.003" in text
    assert "acc 0.96" in text


def test_logs_write_one_mail_for_a_digest(place):
    """The hits of a log are one mail with --digest, from an option and from a file."""
    (place / "night.toml").write_text("digest = 3600\n")
    for folder, options in (("x", ("--digest", "1h")), ("y", ("--config", "night.toml"))):
        done = program("logs", "train.log", "--no-follow", *RULES, "--log-dir", folder, *WATCH, *options)
        assert done.returncode == 0, done.stderr
        (mail,) = mails(place / folder)
        assert "2 messages" in mail["Subject"]


@posix
def test_each_watch_of_a_file_has_its_own_digest(place):
    """Of two watches with one mailbox, the one with a digest sends one mail, the other one a hit."""
    (place / "both.toml").write_text("""
rules = ["val_loss < 0.004", "acc >= 0.95"]
log_dir = "out"
[[watch]]
watch_dir = "a"
digest = "30min"
[[watch]]
watch_dir = "b"
""")
    watch("--config", "both.toml")
    subjects = [mail["Subject"] for mail in mails(place)]
    assert len(subjects) == 3, subjects
    assert len([subject for subject in subjects if "2 messages" in subject]) == 1


@posix
@pytest.mark.parametrize("command", ["watch", "several", "logs", "top", "table"])
def test_plots_draws_the_scores_into_the_mail(place, command):
    """A mail holds the curve as a PNG with --plots, from an option and from a file."""
    pytest.importorskip("matplotlib")
    rule = ("--rule", "val_loss < 0.004")
    if command == "logs":
        done = program("logs", "train.log", "--no-follow", *rule, "--log-dir", "out", "--plots")
        assert done.returncode == 0, done.stderr
    elif command in ("watch", "several"):
        watch(*(["a"] if command == "watch" else ["a", "b"]), *rule, "--log-dir", "out", "--plots")
    else:
        top, table = ("plots = true\n", "") if command == "top" else ("", "plots = true\n")
        text = f"rules = ['val_loss < 0.004']\nlog_dir = 'out'\n{top}[[watch]]\nwatch_dir = 'a'\n{table}"
        (place / "night.toml").write_text(text)
        watch("--config", "night.toml")
    found = mails(place)
    assert len(found) == (2 if command == "several" else 1)
    for mail in found:
        (picture,) = pictures(mail)
        assert picture[:8] == b"\x89PNG\r\n\x1a\n"


class Hidden:
    """An import system in which matplotlib is not installed."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


@pytest.mark.parametrize("command", ["watch", "several", "logs", "top", "table"])
def test_without_the_extra_plots_is_one_error(monkeypatch, capsys, place, command):
    """Without matplotlib the program ends with status 2 and the command that installs the extra."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Hidden, *sys.meta_path])
    (place / "top.toml").write_text("plots = true\n[[watch]]\nwatch_dir = 'a'\n[[watch]]\nwatch_dir = 'b'\n")
    (place / "table.toml").write_text("[[watch]]\nwatch_dir = 'a'\nplots = true\n")
    arguments = {
        "watch": ["watch", "a", "--plots"],
        "several": ["watch", "a", "b", "--plots"],
        "logs": ["logs", "train.log", "--plots"],
        "top": ["watch", "--config", "top.toml"],
        "table": ["watch", "--config", "table.toml"],
    }[command]
    assert cli.main([*arguments, *RULES]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert 'pip install "auto-model-monitor[plots]"' in error
