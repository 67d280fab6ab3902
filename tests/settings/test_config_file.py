"""Settings in a TOML file."""

from __future__ import annotations

import io
import os
import re
import time

import pytest

from auto_model_monitor import ConfigError, MonitorConfig
from auto_model_monitor.settings import others_can_read, read_config_file, settings_of
from auto_model_monitor.text.terminal import Terminal


@pytest.fixture
def file(tmp_path):
    """Write a file and return its path."""

    def write(text, encoding="utf-8"):
        path = tmp_path / "night.toml"
        path.write_text(text, encoding=encoding)
        return path

    return write


def test_every_setting(file, tmp_path):
    """A file can hold every field of MonitorConfig that is no Python object, and a pattern."""
    path = file("""
watch_dir = "checkpoints"
threshold = 1
sender = "you@qq.com"
receiver = ["a@qq.com", "b@163.com"]
auth_code = "xxxx"
check_interval = 30.5
log_dir = "/var/log/night"
comparison_mode = "higher"
email_subject_template = "{score}"
email_content_template = "分数 {score}"
smtp_user = "apikey"
smtp_host = "smtp.example.com"
smtp_port = 2525
smtp_security = "none"
language = "en"
recursive = true
pattern = 'acc_([0-9.]+)'
""")
    settings = read_config_file(path)
    assert settings["watch_dir"] == str(tmp_path / "checkpoints")
    assert settings["log_dir"] == "/var/log/night"
    assert settings["email_content_template"] == "分数 {score}"
    assert settings.pop("pattern") == "acc_([0-9.]+)"
    fields = set(MonitorConfig.__dataclass_fields__) - {"parser", "email_content_generator"}
    assert settings.keys() == fields
    assert MonitorConfig(**settings).receivers == ["a@qq.com", "b@163.com"]


def test_what_is_no_field(file, tmp_path):
    """Rules and channels are texts or lists of them; each [[watch]] has its own settings and paths."""
    path = file("""
notify = "@urls"
rules = ["nan", "stalled 3x"]
silent_after = "2h"
[[watch]]
watch_dir = "a"
rules = "val_loss < 1"
notify = ["json://host/", "@/etc/urls"]
[[watch]]
watch_dir = "/b"
""")
    assert read_config_file(path) == {
        "notify": [f"@{tmp_path / 'urls'}"],
        "rules": ["nan", "stalled 3x"],
        "silent_after": "2h",
        "watch": [
            {
                "watch_dir": str(tmp_path / "a"),
                "rules": ["val_loss < 1"],
                "notify": ["json://host/", "@/etc/urls"],
            },
            {"watch_dir": "/b"},
        ],
    }


def test_home_is_not_relative(file, monkeypatch):
    """A path that starts with ~ is below the home directory, not below the file's folder."""
    monkeypatch.setenv("HOME", "/home/me")
    assert read_config_file(file('watch_dir = "~/run"'))["watch_dir"] == "/home/me/run"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("treshold = 1", "treshold: expected a known name, got another; did you mean 'threshold'?"),
        ("interval = 1", "did you mean 'check_interval'?"),
        ("from = 'a@qq.com'", "did you mean 'sender'?"),
        ("zzzzzz = 1", "there are auth_code, check_interval"),
        ("threshold = 'low'", "threshold: expected a number, got a text"),
        ("threshold = true", "threshold: expected a number, got true or false"),
        ("recursive = 1", "recursive: expected true or false, got a whole number"),
        ("smtp_port = 465.0", "smtp_port: expected a whole number, got a number"),
        ("receiver = [1]", "receiver: expected a text or a list of texts, got a list"),
        ("[threshold]", "threshold: expected a number, got a table"),
        ("parser = 'x'", "parser: expected 'pattern' or 'metric' in its place"),
        ("pattern = 'a'\nmetric = 'b'", "pattern, metric: expected one of them, got both"),
        ("threshold = ", "expected TOML, got: "),
        ("rule = 'nan'", "did you mean 'rules'?"),
        ("rules = [1]", "rules: expected a rule or a list of rules, got a list"),
        ("notify = 1", "notify: expected a URL or a list of URLs, got a whole number"),
        ("silent_after = true", "silent_after: expected a number of seconds or a text such as '3x'"),
        ("[watch]\nwatch_dir = 'a'", "watch: expected tables, each begun by [[watch]], got a table"),
        ("watch = ['a', 'b']", "watch: expected tables, each begun by [[watch]], got a list"),
        ("[[watch]]\ntreshold = 1", "watch 1: treshold: expected a known name, got another; did you mean"),
        (
            "[[watch]]\n[[watch]]\nsilent_after = 1",
            "watch 2: silent_after: expected a known name, got another",
        ),
        ("[[watch]]\npattern = 'a'\nmetric = 'b'", "watch 1: pattern, metric: expected one of them"),
    ],
)
def test_every_problem_names_the_file_and_the_key(file, text, expected):
    """An unknown name or a value of the wrong kind is refused, with the nearest known name."""
    path = file(text)
    with pytest.raises(ConfigError, match=re.escape(expected)) as caught:
        read_config_file(path)
    assert all(problem.startswith(f"{path}: ") for problem in caught.value.problems)


def test_a_wrong_code_is_not_quoted(file):
    """An auth_code of the wrong kind is not repeated in the error."""
    with pytest.raises(ConfigError) as caught:
        read_config_file(file("auth_code = 123456789"))
    assert "123456789" not in str(caught.value)


def test_all_problems_at_once(file):
    """One error lists every problem."""
    with pytest.raises(ConfigError) as caught:
        read_config_file(file("treshold = 1\nrecursive = 1"))
    assert len(caught.value.problems) == 2


def test_what_is_wrong_in_kind_hides_no_wrong_value(file):
    """Beside an unknown name, wrong values are reported, and nothing that the file does not hold."""
    text = 'treshold = 1\ncomparison_mode = "less"\nthreshold = "x"\nsender = "a@qq.com"\n'
    with pytest.raises(ConfigError) as caught:
        read_config_file(file(f"{text}[[watch]]\nsmtp_port = 0\n[[watch]]\nlanguage = 'zh'"))
    found = [problem.partition(": ")[2].partition(", got")[0] for problem in caught.value.problems]
    assert found == [
        "treshold: expected a known name",
        "threshold: expected a number",
        "comparison_mode: expected 'lower', 'higher', 'min' or 'max'",
        "watch 1: smtp_port: expected a whole number from 1 to 65535",
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("threshold = 0,004\nsender = me@qq.com\nlog_dir = 'x'\npattern = 'x", [1, 2, 4]),
        ("pattern = 'x", [1]),
        ("a = 1\na = 2\nb =\n", [2, 3]),
        ("a = 0,1\r\n\r\nb =\r\n", [1, 3]),
        # Where a value has several lines, no line can be judged by itself.
        ("receiver = [\n 'a@qq.com',\n]\nthreshold = 0,004\nsender = me@qq.com\n", [4]),
        ('a = """\nb =\nc =\n"""\nd = 0,1\ne =', [5]),
    ],
)
def test_every_line_that_is_no_toml_is_named(file, text, lines):
    """Every line with a mistake is named in one error."""
    with pytest.raises(ConfigError) as caught:
        read_config_file(file(text))
    assert [int(re.search(r"at line (\d+)", problem)[1]) for problem in caught.value.problems] == lines


def test_a_missing_file(tmp_path):
    """A file that is not there is a wrong configuration, and named."""
    with pytest.raises(ConfigError, match=r"none\.toml: expected a file that can be read, got: No such file"):
        read_config_file(tmp_path / "none.toml")


def test_encodings(file):
    """The mark at the start of a file of the Windows editor is skipped; another encoding is refused."""
    assert read_config_file(file("threshold = 1", encoding="utf-8-sig")) == {"threshold": 1}
    with pytest.raises(ConfigError, match="expected TOML"):
        read_config_file(file("# 阈值", encoding="gbk"))


@pytest.mark.skipif(os.name != "posix", reason="needs file modes")
@pytest.mark.parametrize(("mode", "open_to_others"), [(0o600, False), (0o640, True), (0o644, True)])
def test_who_can_read(file, mode, open_to_others):
    """A file that others than its owner can read is recognised."""
    path = file("")
    path.chmod(mode)
    assert others_can_read(path) is open_to_others


LOG = "2024-01-01 12:00:00 INFO epoch {} loss: 0.5 acc=0.9"


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(map(LOG.format, range(20_000))),
        "\n".join(map(LOG.format, range(1_500))),
        "\n".join(f"{LOG.format(n)} [x" for n in range(1_500)),
        "\n".join(f"key{n} = {n}" for n in range(5_000)),
        "\n".join(["[[watch]]\nsmtp_port = 0"] * 3_000),
        "\n".join(["[[watch]]\nno = 0"] * 3_000),
        ".".join(["a"] * 60_000) + " = 1",
        "[" + ".".join("a" * 60_000) + "]",
        "x = [" + "1,\n" * 30_000,
        "a = " + "[" * 3_000,
        "a = " + "[" * 3_000 + "]" * 3_000,
        "a = " + "{b = " * 3_000,
        "\0" * 100_000,
        "a" * 120_000,
        '"""' * 10_000,
    ],
    ids=lambda content: content[:20],
)
def test_a_file_that_is_given_by_mistake_is_refused_quickly(file, content):
    """A log, a table of numbers or a nest of brackets is refused within a second, by at most 20 problems."""
    path = file(content)
    before = time.process_time()
    with pytest.raises(ConfigError) as caught:
        settings_of({"config": str(path)}, Terminal(io.StringIO()))
    assert time.process_time() - before < 1
    assert len(caught.value.problems) <= 20
    assert all(problem.startswith(f"{path}: ") for problem in caught.value.problems)


def test_a_file_without_end_is_refused():
    """Of a device or a pipe no more is read than a configuration can be long."""
    with pytest.raises(ConfigError, match=r"/dev/zero: expected TOML of at most 128 KiB"):
        read_config_file("/dev/zero")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("smtp_port = 99999", "smtp_port: expected a whole number from 1 to 65535, got 99999"),
        ("check_interval = -1", "check_interval: expected a number of seconds above 0, got -1"),
        ("pattern = 'loss_'", "pattern: expected a group around the score"),
        ("metric = '='", "metric: expected a metric's name"),
        ("rules = 'val_loss <'", "rules: "),
        ("[[watch]]\n[[watch]]\nlanguage = 'fr'", "watch 2: language: expected 'zh' or 'en', got 'fr'"),
    ],
)
def test_a_wrong_value_alone_names_its_file(file, text, problem):
    """The only problem of a file is reported with the file's name, too."""
    path = file(text)
    with pytest.raises(ConfigError) as caught:
        settings_of({"config": str(path)}, Terminal(io.StringIO()))
    assert [each.startswith(f"{path}: {problem}") for each in caught.value.problems] == [True]


def test_an_option_replaces_a_wrong_value(file):
    """A wrong value of a file is no problem where the command line gives another."""
    given = {"config": str(file("smtp_port = 0\npattern = 'x'")), "smtp_port": 25, "metric": "acc"}
    (settings,) = settings_of(given, Terminal(io.StringIO()))
    assert (settings["smtp_port"], settings["metric"]) == (25, "acc")
