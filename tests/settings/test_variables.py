"""``${NAME}`` in a file of settings, and the files that hold such variables."""

from __future__ import annotations

import pytest

from auto_model_monitor import ConfigError
from auto_model_monitor.settings import read_env_file
from auto_model_monitor.settings.variables import Variables


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=1", "1"),
        ("export A=1", "1"),
        ("  A = 1  ", "1"),
        ("A=a=b==", "a=b=="),
        ("A=mysql://u:p#w@h/d?x=1&y=2", "mysql://u:p#w@h/d?x=1&y=2"),
        ("A=1 # why", "1"),
        ("A=# why", ""),
        ("A=", ""),
        ("A='a # b\\n'  # why", "a # b\\n"),
        ('A="a # \\"b\\"\\n" # why', 'a # "b"\n'),
        ('A="密码"', "密码"),
        ("A='it''s'", None),
        ('A="open', None),
        ("A", None),
        ("1A=2", None),
        ("A: 1", None),
    ],
)
def test_a_line_of_an_env_file(tmp_path, line, value):
    """A value keeps its equals signs, ends before a comment or in its quotes; other lines are refused."""
    path = tmp_path / ".env"
    path.write_bytes(b"\xef\xbb\xbf# comment\r\n\r\n" + line.encode() + b"\r\n")
    if value is not None:
        assert read_env_file(path) == {"A": value}
        return
    with pytest.raises(ConfigError, match=r"^env_file: .*expected NAME=value at line 3, got something else$"):
        read_env_file(path)


def test_an_env_file_that_is_not_there_is_named(tmp_path):
    """A missing file, and one that is no text, is one error with its path."""
    with pytest.raises(ConfigError, match=r"^env_file: .*none.env': No such file"):
        read_env_file(tmp_path / "none.env")
    (tmp_path / "bin.env").write_bytes(b"A=\xff")
    with pytest.raises(ConfigError, match=r"bin.env': it is no text in UTF-8$"):
        read_env_file(tmp_path / "bin.env")


def test_values_are_filled_in_everywhere_and_the_environment_wins(monkeypatch):
    """Texts in lists and tables are filled in; $${NAME} stands for ${NAME}, other dollars for themselves."""
    monkeypatch.setenv("B", "environment")
    variables = Variables({"A": "file", "B": "file"})
    settings = {"a": "${A}-${B}", "b": ["${A}", 1], "c": {"d": "${A}"}, "e": "$${A} $A ${2} {A}", "f": True}
    assert variables.filled(settings) == {
        "a": "file-environment",
        "b": ["file", 1],
        "c": {"d": "file"},
        "e": "${A} $A ${2} {A}",
        "f": True,
    }


def test_every_missing_variable_is_named():
    """One error names each variable that there is not, and where it is wanted."""
    with pytest.raises(ConfigError) as error:
        Variables({}).filled({"a": "${NONE_1}", "b": {"c": ["${NONE_2}"]}})
    assert [problem.split(" in the")[0] for problem in error.value.problems] == [
        "a: expected the variable NONE_1",
        "b: expected the variable NONE_2",
    ]


def test_values_are_hidden_in_errors():
    """An error about a setting shows the name of the variable in place of its value."""
    variables = Variables({"CODE": "CANARY", "ONE": "1"})
    variables.filled({"a": "${CODE}", "b": "${ONE}"})
    with pytest.raises(ConfigError, match=r"^a: got 'x\$\{CODE\}1'$"), variables.hidden():
        raise ConfigError("a: got 'xCANARY1'")
