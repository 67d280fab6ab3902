"""Values of ``${NAME}`` stay out of everything that ``monitor`` writes, and each error is shown once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

pytest.importorskip("duckdb")
pytest.importorskip("sqlalchemy")

from programs import watching

from auto_model_monitor.cli import main as cli

SECRET = "CANARY4711"
TABLES = """
language = "en"
log_dir = "logs"
[[monitor]]
predictions = "${PLACE}/p.csv"
rules = ["accuracy < 99%", "unreadable > 0"]
[[monitor]]
predictions = "${PLACE}/none.csv"
rules = ["accuracy < 99%"]
"""


@pytest.fixture(autouse=True)
def place(monkeypatch, tmp_path):
    """A folder with a secret name, whose predictions lead to alerts that name their place, and an error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLACE", f"{tmp_path}/{SECRET}")
    (tmp_path / SECRET).mkdir()
    rows = [f"{number},2026-11-20 00:00:00,{number % 2},1" for number in range(200)]
    text = "\n".join(["id,time,prediction,label", *rows, "x,y"]) + "\n"
    (tmp_path / SECRET / "p.csv").write_text(text, encoding="gbk")
    Path("monitor.toml").write_text(TABLES, encoding="utf-8")
    return tmp_path


def _files() -> bytes:
    return b"".join(path.read_bytes() for path in Path("logs").rglob("*") if path.is_file())


@pytest.mark.parametrize("option", [(), ("--json",), ("--check",)])
def test_no_value_is_in_what_a_look_writes(option, capsys):
    """Neither the screen nor the outbox nor a mail shows a value; each shows the variable's name."""
    assert cli.main(["monitor", "monitor.toml", "--once", *option]) == 2
    shown = "".join(capsys.readouterr())
    assert "${PLACE}/p.csv" in shown
    assert "${PLACE}/none.csv" in shown
    assert SECRET not in shown
    assert SECRET.encode() not in _files()
    if not option:
        assert b"${PLACE}/p.csv" in _files()


def test_an_error_of_once_is_shown_once(capsys):
    """--once shows what failed on one line, with the table's name."""
    cli.main(["monitor", "monitor.toml", "--once"])
    out, err = capsys.readouterr()
    assert "none.csv" not in out
    assert [line for line in err.splitlines() if "none.csv" in line] == [
        "monitor 2: error: ${PLACE}/none.csv: expected rows in '${PLACE}/none.csv', "
        "got No such file or directory; is the path right?"
    ]


def test_alerts_of_version_0_7_are_known_under_the_hidden_name(monkeypatch, capsys):
    """What was stored under the full name of a source is not alerted again."""
    with monkeypatch.context() as patched:
        patched.setattr("auto_model_monitor.settings.variables.Variables.hide", lambda self, text: text)
        cli.main(["monitor", "monitor.toml", "--once"])
    assert "accuracy 0.5" in capsys.readouterr().out
    assert SECRET.encode() in _files()
    cli.main(["monitor", "monitor.toml", "--once", "--json"])
    assert [one["alerts"] for one in json.loads(capsys.readouterr().out)["monitors"]] == [[], []]


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_no_value_is_in_the_log_of_a_run():
    """A monitor that runs shows no value on the screen, in its log and in its documents."""
    with watching("monitor.toml", "--json", command="monitor") as running:
        running.wait_for_all("got No such file", "${PLACE}/p.csv")
        assert running.end() == 0
    assert "${PLACE}/p.csv" in running.out
    assert SECRET not in running.out + running.said
    assert SECRET.encode() not in _files()


def test_a_monitor_without_rules_is_found_by_check(capsys):
    """--check says of a monitor without rules that it alerts nobody."""
    Path("monitor.toml").write_text('[[monitor]]\npredictions = "${PLACE}/p.csv"\n', encoding="utf-8")
    assert cli.main(["monitor", "monitor.toml", "--check"]) == 2
    assert (
        "monitor 1: rules: expected at least one, such as 'accuracy < 90% for 2'" in capsys.readouterr().err
    )
