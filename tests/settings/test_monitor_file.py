"""The file of the command ``monitor``: its tables, its problems and its schema."""

from __future__ import annotations

import inspect
import io
import json
from collections.abc import Mapping, Sequence

import pytest

import auto_model_monitor
from auto_model_monitor import ConfigError, ReadingBatch
from auto_model_monitor.settings import file_schema, monitors_of, read_monitor_file
from auto_model_monitor.settings.source_settings import KINDS, source_settings
from auto_model_monitor.text.terminal import Terminal
from tests.fakes import NOON

SCREEN = Terminal(io.StringIO())


class Predictions:
    """A source with arguments of every kind.

    Args:
        predictions: the table, of
            several lines.
        labels: what was true.
        groups: the columns by which rows are grouped.
        min_rows: the least number.
        late: days until labels are complete.
        fill: what to fill in.
        positive: the positive label.
        clock: the time.
    """

    def __init__(
        self,
        predictions: object,
        labels: str | None = None,
        *,
        groups: Sequence[str] = (),
        min_rows: int = 100,
        late: float | str = "14d",
        fill: Mapping[str, str] | None = None,
        positive: object = 1,
        timezone: str | None = None,
        clock: Clock | None = None,  # noqa: F821
    ) -> None:
        if min_rows < 1:
            raise ConfigError(f"min_rows: expected a whole number above 0, got {min_rows}")
        self.name = str(predictions)
        self.identity = f"{labels} {late}"
        self.timezone = timezone
        self.given = (labels, groups, min_rows, fill, positive)

    def read(self):
        return ReadingBatch(time=NOON)


class Query:
    """A source of another kind.

    Args:
        url: the server.
        query: what to ask.
    """

    def __init__(self, url: str, query: str) -> None:
        self.name = f"{url} {query}"

    def read(self):
        return ReadingBatch(time=NOON)


@pytest.fixture(autouse=True)
def sources(monkeypatch, request):
    """The kinds of sources are those above, but for the tests of the real ones."""
    source_settings.cache_clear()
    if "real_kind" not in request.fixturenames:
        monkeypatch.setattr(auto_model_monitor, "PredictionSource", Predictions)
        monkeypatch.setattr(auto_model_monitor, "SQLSource", Query)
        monkeypatch.setattr(auto_model_monitor, "PrometheusSource", Query)
    yield
    source_settings.cache_clear()


@pytest.fixture
def monitors(tmp_path):
    """Write a file and make its monitors."""

    def make(text):
        path = tmp_path / "monitor.toml"
        path.write_text(text, encoding="utf-8")
        return monitors_of(read_monitor_file(path), SCREEN)

    return make


@pytest.fixture
def problems(monitors, tmp_path):
    """Write a file that cannot be used, and return its problems without the file's name."""

    def of(text):
        with pytest.raises(ConfigError) as error:
            monitors(text)
        return [problem.replace(f"{tmp_path}/monitor.toml: ", "") for problem in error.value.problems]

    return of


def test_a_table_holds_the_arguments_of_its_source_and_what_stands_above(monitors, tmp_path):
    """The keys are the arguments of the source; what may stand in each table may stand above all of them."""
    watch, first, second = monitors("""
rules = "accuracy < 0.9"
schedule = "90s"
language = "en"
notify = ["dingtalk://token"]
[[monitor]]
predictions = "credit/*.csv"
labels = "labels.csv"
groups = ["sex"]
min_rows = 50
fill = {age = "median"}
positive = true
[[monitor]]
url = "http://localhost:9090"
query = "up"
rules = ["value < 1", "nan"]
schedule = 5
notify_start = true
log_dir = "other"
[[watch]]
watch_dir = "checkpoints"
""")
    assert first.source.name == str(tmp_path / "credit/*.csv")
    assert first.source.given == (str(tmp_path / "labels.csv"), ["sex"], 50, {"age": "median"}, True)
    assert [rule.name for rule in first.rules] == ["accuracy < 0.9"]
    assert [rule.name for rule in second.rules] == ["value < 1", "nan"]
    assert [notifier.name for notifier in first.notifiers] == [n.name for n in second.notifiers]
    assert (str(first._schedule), str(second._schedule)) == ("every 90 s", "every 5 s")
    assert watch.config.watch_dir == str(tmp_path / "checkpoints")


def test_arguments_of_sources_may_stand_once_above_the_tables(monitors, problems):
    """What each table of a kind may hold may stand above them, but for places; a table's own value wins."""
    tables = "groups = ['sex']\nmin_rows = 7\n[[monitor]]\npredictions = 'a'\n"
    first, second, third = monitors(
        f"{tables}[[monitor]]\npredictions = 'b'\nmin_rows = 8\n[[monitor]]\nurl = 'u'\nquery = 'q'\n"
    )
    assert (first.source.given[1:3], second.source.given[1:3]) == ((["sex"], 7), (["sex"], 8))
    assert third.source.name == "u q"
    assert problems("min_rows = 'x'\n[[monitor]]\npredictions = 'a'") == [
        "min_rows: expected a whole number, got a text"
    ]
    (found,) = problems("labels = 'l.csv'\n[[monitor]]\npredictions = 'a'")
    assert found.startswith("labels: expected a known name")
    (found,) = problems("groups = ['sex']\n[[watch]]\nwatch_dir = 'a'\nthreshold = 1")
    assert found.startswith("groups: expected a known name")


def test_times_of_the_day_are_in_the_zone_of_the_table(monitors):
    """The schedule of a table is in its timezone, whether its source has one or not."""
    pytest.importorskip("cronsim")
    tables = ['[[monitor]]\npredictions = "a.csv"', '[[monitor]]\nurl = "u"\nquery = "q"']
    for monitor in monitors("\n".join(['schedule = "daily 08:00"\ntimezone = "Asia/Shanghai"', *tables])):
        assert str(monitor._schedule) == "at 0 8 * * * (Asia/Shanghai)"


PREDICTIONS = '[[monitor]]\npredictions = "a.csv"\n'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "monitor: expected at least one table, begun by [[monitor]] or [[watch]], got none"),
        ("[monitor]\nquery = 'a'", "monitor: expected tables, each begun by [[monitor]], got a table"),
        (
            "[[monitor]]\nrules = 'nan'",
            "monitor 1: source: expected one of predictions, table, query, got none",
        ),
        ("[[monitor]]\nquery = 'q'", "monitor 1: url: expected a text, got none"),
        (
            f"{PREDICTIONS}label = 'y'",
            "monitor 1: label: expected a known name, got another; did you mean 'labels'?",
        ),
        (
            f"{PREDICTIONS}cron = 'y'",
            "monitor 1: cron: expected a known name, got another; did you mean 'schedule'?",
        ),
        (f"{PREDICTIONS}clock = 'y'", "monitor 1: clock: expected a known name, got another"),
        (f"{PREDICTIONS}min_rows = '5'", "monitor 1: min_rows: expected a whole number, got a text"),
        (f"{PREDICTIONS}groups = [1]", "monitor 1: groups: expected a list of texts, got a list"),
        (f"{PREDICTIONS}min_rows = 0", "monitor 1: min_rows: expected a whole number above 0, got 0"),
        (f"{PREDICTIONS}rules = ['accuracy <']", "monitor 1: rules: expected a number such as 0.004"),
        (f"{PREDICTIONS}notify = 'x'", "monitor 1: notify: expected a URL such as dingtalk"),
        (f"{PREDICTIONS}schedule = '25:00'", "monitor 1: schedule: expected a time from 00:00 to 23:59"),
        (
            f"{PREDICTIONS}smtp_port = 0",
            "monitor 1: smtp_port: expected a whole number from 1 to 65535, got 0",
        ),
        (f"{PREDICTIONS}{PREDICTIONS}", "monitor 2: expected another source than monitor 1, got the same"),
        (
            f"treshold = 1\n{PREDICTIONS}",
            "treshold: expected a known name, got another; did you mean 'threshold'?",
        ),
        (f"silent_after = 1\n{PREDICTIONS}", "silent_after: expected a known name, got another"),
        (
            f"auth_code = '${{NO_SUCH_VARIABLE}}'\n{PREDICTIONS}",
            "auth_code: expected the variable NO_SUCH_VARIABLE",
        ),
        (f"env_file = 'none.env'\n{PREDICTIONS}", "env_file: expected a file that can be read, got"),
        ("[[watch]]\nwatch_dir = 'a'\nthreshold = 'x'", "watch 1: threshold: expected a number, got a text"),
    ],
)
def test_a_problem_names_the_table_and_the_key(problems, text, problem):
    """Each problem of a file is one line with its table, its key, what was expected and what was got."""
    (found,) = problems(text)
    assert found.startswith(problem)


def test_all_tables_are_checked_and_at_most_twenty_problems_are_shown(problems):
    """One error holds the problems of every table; of thirty the first nineteen, and that there are more."""
    assert len(problems(f"{PREDICTIONS}min_rows = 0\n{PREDICTIONS}rules = 'x'\n")) == 2
    assert len(problems(f"{PREDICTIONS}lable = 0\n" * 30)) == 20


def test_a_secret_of_a_variable_is_in_no_error(problems, monkeypatch):
    """An error about a setting that holds a variable shows its name, not its value."""
    monkeypatch.setenv("TOKEN", "CANARY4711")
    (found,) = problems(f"{PREDICTIONS}rules = '${{TOKEN}} <'")
    assert "CANARY4711" not in found
    assert "${TOKEN}" in found


def test_places_are_relative_to_the_file(monitors, tmp_path):
    """A path, each of several paths and that of an SQLite database are relative to the file's folder."""
    (several, database, server) = monitors("""
[[monitor]]
predictions = ["a.csv", "/b.csv"]
[[monitor]]
predictions = "sqlite:///a.db#rows"
[[monitor]]
url = "localhost:9090"
query = "up"
""")
    assert several.source.name == str([str(tmp_path / "a.csv"), "/b.csv"])
    assert database.source.name == f"sqlite:///{tmp_path}/a.db#rows"
    assert server.source.name == "localhost:9090 up"


@pytest.mark.parametrize(
    ("above", "warns"),
    [
        ('notify = "dingtalk://TOKEN"', "monitor.toml holds the URLs of notify"),
        ('notify = "${HOOK}"\nenv_file = ".env"', ".env holds variables"),
        ('notify = "${HOOK}"', ""),
        ('[[monitor]]\nquery = "q"\nurl = "http://me:CANARY@localhost"', "holds the password of a URL"),
        ('[[monitor]]\nquery = "q"\nurl = "http://localhost:9090"', ""),
    ],
)
def test_files_of_secrets_that_others_can_read_are_warned_of(tmp_path, monkeypatch, above, warns):
    """A file that holds a secret itself, and that of variables, should be readable by their owner alone."""
    monkeypatch.setenv("HOOK", "dingtalk://TOKEN")
    path, screen = tmp_path / "monitor.toml", io.StringIO()
    path.write_text(f"{above}\n{PREDICTIONS}", encoding="utf-8")
    (tmp_path / ".env").touch()
    for file in (path, tmp_path / ".env"):
        file.chmod(0o644)
    monitors_of(read_monitor_file(path), Terminal(screen))
    assert warns in screen.getvalue()
    assert bool(warns) == bool(screen.getvalue())
    for file in (path, tmp_path / ".env"):
        file.chmod(0o600)
    monitors_of(read_monitor_file(path), Terminal(fresh := io.StringIO()))
    assert fresh.getvalue() == ""


@pytest.mark.parametrize("real_kind", KINDS, ids=lambda kind: kind.name)
def test_a_table_may_hold_every_argument_of_a_real_source(real_kind):
    """Each argument of a source is a setting with a help, but for what only Python can hold."""
    pytest.importorskip("duckdb")
    names = set(inspect.signature(real_kind.source).parameters)
    settings = source_settings(real_kind)
    assert names - settings.keys() <= {"clock", "transport"}
    assert [name for name, setting in settings.items() if not setting.help] == []
    assert real_kind.named_by in settings


def test_the_schema_describes_every_setting_and_accepts_what_the_file_may_hold():
    """The schema is one of JSON Schema, with the help of each setting, the arguments and what they may be."""
    schema = json.loads(json.dumps(file_schema()))
    predictions = schema["properties"]["monitor"]["items"]["anyOf"][0]
    assert predictions["title"] == KINDS[0].name
    assert predictions["required"] == ["predictions"]
    properties = predictions["properties"]
    assert properties["predictions"]["description"] == "the table, of several lines."
    assert properties["groups"] == {
        "description": "the columns by which rows are grouped.",
        "type": "array",
        "items": {"type": "string"},
    }
    assert "clock" not in properties
    assert schema["properties"]["language"]["enum"] == ["zh", "en"]
    assert schema["properties"]["groups"] == properties["groups"]
    validators = pytest.importorskip("jsonschema_rs")
    validator = validators.validator_for(schema)
    good = {"monitor": [{"predictions": "a.csv", "rules": ["nan"], "schedule": 5}]}
    assert validator.is_valid(good)
    for wrong in (
        {},
        {"monitor": [{"rules": "nan"}]},
        {**good, "treshold": 1},
        {"watch": [{"threshold": "x"}]},
    ):
        assert not validator.is_valid(wrong)
