"""The configuration: checked when it is made, every problem in one error, no secret shown."""

from __future__ import annotations

import dataclasses
import math
import pickle
from pathlib import Path

import pytest

from auto_model_monitor import BaseParser, Comparison, ConfigError, CustomParser, DefaultParser, MonitorConfig
from auto_model_monitor.monitor.config.settings_table import SETTINGS
from auto_model_monitor.monitor.default_channels import mailbox_for

GOOD = {"watch_dir": "x", "threshold": 0.004, "sender": "aaaa@qq.com", "auth_code": "CANARY-code"}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    for name in ("AUTO_MODEL_MONITOR_AUTH_CODE", "AUTO_MODEL_MONITOR_AUTH_CODE_FILE"):
        monkeypatch.delenv(name, raising=False)


def test_positional_arguments_keep_their_order():
    """The fields of version 0.2 can be given positionally, in their order."""
    parser = CustomParser(r"loss_([0-9.]+)")
    config = MonitorConfig(
        "dir", 0.5, "a@qq.com", "b@qq.com", "code", 5, "logs", "higher", parser, "s", "c", lambda s, f: "x"
    )
    assert (config.watch_dir, config.threshold, config.sender, config.receiver) == (
        "dir",
        0.5,
        "a@qq.com",
        "b@qq.com",
    )
    assert (config.auth_code, config.check_interval, config.log_dir) == ("code", 5, "logs")
    assert (config.comparison_mode, config.parser) == ("higher", parser)
    assert (config.email_subject_template, config.email_content_template) == ("s", "c")


def test_defaults_are_those_of_version_0_2():
    """The interval is 60 s, the log_dir `monitor_logs`, no mode is chosen, the parser needs no pattern."""
    config = MonitorConfig(**GOOD)
    assert (config.check_interval, config.log_dir, config.comparison_mode) == (60, "monitor_logs", None)
    assert isinstance(config.parser, DefaultParser)
    assert (config.language, config.recursive) == ("zh", False)


def test_every_problem_is_in_one_error():
    """One ConfigError, a ValueError, lists every problem with the expected and the actual value."""
    with pytest.raises(ConfigError) as caught:
        MonitorConfig(
            watch_dir="",
            threshold="0.004",
            sender="nobody",
            receiver="also nobody",
            auth_code="x",
            check_interval=0,
            log_dir=None,
            comparison_mode="smaller",
            parser=CustomParser,
            email_subject_template="{nothing}",
            email_content_template=3,
            email_content_generator="f",
            smtp_user="",
            smtp_host="a b",
            smtp_port=70000,
            smtp_security="tls",
            language="fr",
            recursive="yes",
        )
    fields = [
        "watch_dir",
        "threshold",
        "sender",
        "receiver",
        "check_interval",
        "log_dir",
        "comparison_mode",
        "parser",
        "email_subject_template",
        "email_content_template",
        "email_content_generator",
        "smtp_user",
        "smtp_host",
        "smtp_port",
        "smtp_security",
        "language",
        "recursive",
    ]
    assert isinstance(caught.value, ValueError)
    for field in fields:
        assert any(p.startswith(f"{field}:") for p in caught.value.problems), field
        assert f"{field}:" in str(caught.value)


@pytest.mark.parametrize("threshold", [math.nan, math.inf, True, "0.004", [1], 1j])
def test_a_threshold_must_be_a_finite_number(threshold):
    """Anything that cannot be compared with a score is refused with what was got."""
    with pytest.raises(ConfigError, match="threshold: expected a finite number"):
        MonitorConfig(**{**GOOD, "threshold": threshold})


@pytest.mark.parametrize("threshold", [1, -0.5, 0.0])
def test_whole_and_negative_thresholds_are_fine(threshold):
    """Integers, zero and negative numbers are thresholds."""
    assert MonitorConfig(**{**GOOD, "threshold": threshold}).threshold == threshold


@pytest.mark.parametrize(
    ("receiver", "found"),
    [
        (None, ["aaaa@qq.com"]),
        ("b@x.org", ["b@x.org"]),
        ("b@x.org, c@y.org", ["b@x.org", "c@y.org"]),
        (["b@x.org", "c@y.org"], ["b@x.org", "c@y.org"]),
        (("b@x.org", "b@x.org"), ["b@x.org"]),
    ],
)
def test_receivers(receiver, found):
    """The receivers are one address, several, a list, or by default the sender."""
    assert MonitorConfig(**GOOD, receiver=receiver).receivers == found


def test_an_unknown_provider_needs_a_host():
    """A sender whose mail server is not known asks for smtp_host; with it, all is well."""
    with pytest.raises(ConfigError, match=r"smtp_host: .*'lab\.example'"):
        MonitorConfig(**{**GOOD, "sender": "me@lab.example"})
    config = MonitorConfig(**{**GOOD, "sender": "me@lab.example"}, smtp_host="mail.lab.example")
    assert config.smtp_host == "mail.lab.example"


def test_the_code_comes_from_the_argument_then_the_environment_then_a_file(monkeypatch, tmp_path):
    """The first of the three that is given is used, and a file's line end is no part of it."""
    file = tmp_path / "code"
    file.write_text("from-file\n")
    monkeypatch.setenv("AUTO_MODEL_MONITOR_AUTH_CODE_FILE", str(file))
    bare = {key: value for key, value in GOOD.items() if key != "auth_code"}
    assert MonitorConfig(**bare).auth_code == "from-file"
    monkeypatch.setenv("AUTO_MODEL_MONITOR_AUTH_CODE", " from-environment ")
    assert MonitorConfig(**bare).auth_code == "from-environment"
    assert MonitorConfig(**GOOD).auth_code == "CANARY-code"


def test_no_code_at_all_names_the_three_ways(monkeypatch):
    """Without a code the error names the places for it; the program does not prompt."""
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked for input"))
    with pytest.raises(ConfigError, match="AUTO_MODEL_MONITOR_AUTH_CODE_FILE"):
        MonitorConfig("x", 0.1, "a@qq.com")


def test_a_code_file_that_cannot_be_read_is_a_problem(monkeypatch, tmp_path):
    """A missing or binary file is named with its fault."""
    bare = {key: value for key, value in GOOD.items() if key != "auth_code"}
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "missing", binary, tmp_path):
        monkeypatch.setenv("AUTO_MODEL_MONITOR_AUTH_CODE_FILE", str(path))
        with pytest.raises(ConfigError, match="expected a file that can be read"):
            MonitorConfig(**bare)


@pytest.mark.parametrize("code", ["CANARY-秘密", 12345, b"CANARY"])
def test_the_code_is_in_no_error(code):
    """A code that cannot be used is refused without being shown; neither repr nor error holds it."""
    with pytest.raises(ConfigError) as caught:
        MonitorConfig(**{**GOOD, "auth_code": code, "threshold": "x"})
    assert "CANARY" not in str(caught.value)
    assert "12345" not in str(caught.value)
    assert "CANARY" not in repr(MonitorConfig(**GOOD))


def test_a_mailbox_of_files_needs_no_account():
    """Without a sender nothing about mail is asked for."""
    config = MonitorConfig("x", 0.1)
    assert config.sender is None
    assert config.auth_code is None
    assert config.receivers == []


def test_a_parser_is_an_instance():
    """A class in place of an instance, or something that is no BaseParser, is refused."""
    for parser in (DefaultParser, object(), "loss_(.*)"):
        with pytest.raises(ConfigError, match="parser: expected an instance"):
            MonitorConfig(**GOOD, parser=parser)

    class Mine(BaseParser):
        def parse(self, filename):
            return None, None

    assert isinstance(MonitorConfig(**GOOD, parser=Mine()).parser, Mine)


def test_paths_may_be_path_objects_and_it_can_be_pickled():
    """pathlib works for both directories, and a configuration goes to another process."""
    config = MonitorConfig(Path("a"), 0.1, log_dir=Path("b"))
    assert pickle.loads(pickle.dumps(config)).watch_dir == Path("a")


def test_an_assignment_names_what_makes_another_configuration():
    """Assigning a field fails with an error that names `dataclasses.replace`, and nothing changes."""
    config = MonitorConfig("x", 0.1)
    for name in ("threshold", "auth_code", "no_such_field"):
        with pytest.raises(AttributeError, match=rf"{name}: .*dataclasses\.replace\(config, {name}=…\)"):
            setattr(config, name, "CANARY")
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.threshold = 0.2
    assert config == MonitorConfig("x", 0.1, parser=config.parser)


def test_replace_makes_another_and_checks_it():
    """`dataclasses.replace` returns a configuration with the change, and refuses a wrong value."""
    config = MonitorConfig(**GOOD)
    other = dataclasses.replace(config, threshold=0.003)
    assert (config.threshold, other.threshold, other.auth_code) == (0.004, 0.003, "CANARY-code")
    with pytest.raises(ConfigError, match="check_interval: expected"):
        dataclasses.replace(config, check_interval=0)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (None, None),
        ("lower", Comparison.LOWER),
        ("min", Comparison.LOWER),
        ("higher", Comparison.HIGHER),
        ("max", Comparison.HIGHER),
    ],
)
def test_min_and_max_are_other_words_for_lower_and_higher(mode, expected):
    """`comparison` is the direction that the mode names; the field keeps the given word."""
    config = MonitorConfig("x", 0.1, comparison_mode=mode)
    assert (config.comparison, config.comparison_mode) == (expected, mode)


@pytest.mark.parametrize("mode", ["LOWER", "", 1, ["lower"], True])
def test_another_mode_is_refused(mode):
    """Anything but the four words and None is refused."""
    with pytest.raises(ConfigError, match="comparison_mode: expected 'lower', 'higher', 'min' or 'max', got"):
        MonitorConfig("x", 0.1, comparison_mode=mode)


def test_the_table_describes_every_field():
    """Each field has a description in the table of settings, and nothing there contradicts its default."""
    fields = MonitorConfig.__dataclass_fields__
    assert fields.keys() <= SETTINGS.keys()
    for name, field in fields.items():
        if field.default is not dataclasses.MISSING:
            assert not SETTINGS[name].is_wrong(field.default), name


class WithoutRepr:
    """As an object whose construction failed half-way."""

    __hash__ = None

    def __repr__(self):
        raise RuntimeError("no repr")

    def __eq__(self, other):
        raise ValueError("ambiguous, as the comparison of an array")


FIELDS = [name for name in MonitorConfig.__dataclass_fields__ if name not in ("auth_code", "watch_dir")]


@pytest.mark.parametrize("name", FIELDS)
def test_any_object_is_a_problem_in_words(name):
    """An object that can neither be compared nor shown is one more problem of the list, in every field."""
    settings = {"threshold": 0.1, "sender": "a@qq.com", "auth_code": "code", name: WithoutRepr()}
    with pytest.raises(ConfigError, match=rf"{name}: .*WithoutRepr"):
        MonitorConfig("x", **settings)


@pytest.mark.parametrize("name", ["threshold", "check_interval"])
def test_a_whole_number_beyond_the_floats_is_refused(name):
    """A number that no float can hold is a ConfigError, not an OverflowError."""
    with pytest.raises(ConfigError, match=f"{name}: expected"):
        MonitorConfig("x", **{"threshold": 0.1, name: 10**400})


@pytest.mark.parametrize("name", ["threshold", "nonsense"])
def test_nothing_is_deleted(name):
    """Deleting an attribute, known or not, is refused in words."""
    with pytest.raises(dataclasses.FrozenInstanceError, match=f"{name}: a MonitorConfig does not change"):
        delattr(MonitorConfig("x", 0.1), name)


def test_the_login_comes_from_the_setting_or_the_environment(monkeypatch):
    """``smtp_user`` wins over the environment, which is read where a sender is given alone."""
    monkeypatch.setenv("AUTO_MODEL_MONITOR_SMTP_USER", " apikey ")
    assert MonitorConfig(**GOOD).smtp_user == ("apikey" if GOOD.get("sender") else None)
    assert MonitorConfig("ckpt", 0.1).smtp_user is None
    config = MonitorConfig("ckpt", 0.1, "me@qq.com", auth_code="x", smtp_user="zhangsan")
    assert config.smtp_user == "zhangsan"
    assert mailbox_for(config, Path("logs")).user == "zhangsan"
    monkeypatch.delenv("AUTO_MODEL_MONITOR_SMTP_USER")
    assert (
        mailbox_for(MonitorConfig("ckpt", 0.1, "me@qq.com", auth_code="x"), Path("logs")).user == "me@qq.com"
    )
