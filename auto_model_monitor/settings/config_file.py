"""Settings in a TOML file: the names of ``MonitorConfig``, and those beside them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..core.paths import expanded
from ..monitor.config.config_checks import value_problems
from ..monitor.config.monitor_config import MonitorConfig
from ..monitor.config.settings_table import SETTINGS, Setting
from .config_problems import shortened
from .run_settings import RUN_SETTINGS
from .toml_file import read_toml

_PATHS = ("watch_dir", "log_dir", "log_file")
_LISTS = ("notify", "rules", "log_patterns", "stop_on", "watch_dirs")
# What each [[watch]] may hold, and what stands once above them.
_OF_A_WATCH = {name: setting for name, setting in SETTINGS.items() if name != "silent_after"}
_OF_THE_FILE = {
    **SETTINGS,
    "watch": Setting("tables, each begun by [[watch]]", (list,), other_names=("watches",)),
    "run": Setting("a table, begun by [run]", (dict,)),
}
_KINDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", list: "a list"}


def read_config_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the settings in a TOML file, each of the right kind.

    Relative paths are relative to the file's folder, so that the file means the same from everywhere.
    The settings of each ``[[watch]]`` are a dictionary in the list ``watch``.

    Raises:
        ConfigError: it cannot be read, is no TOML, or holds an unknown name or a value of the wrong kind;
            every problem names the file and the key.
        MissingExtraError: on Python 3.10, the package that reads TOML is not installed.
    """
    settings = read_toml(path)
    if "monitor" in settings:
        other = f"a file with [[monitor]] tables; run: auto-model-monitor monitor {os.fspath(path)}"
        raise ConfigError(f"{os.fspath(path)}: monitor: expected a file of watches, got {other}")
    tables = settings.get("watch", [])
    named: list[tuple[str, dict[str, Any], Mapping[str, Setting]]] = [("", settings, _OF_THE_FILE)]
    for number, table in enumerate(tables if isinstance(tables, list) else [], 1):
        if isinstance(table, dict):
            named.append((f"watch {number}: ", table, _OF_A_WATCH))
    run = settings.get("run")
    if isinstance(run, dict):
        named.append(("run: ", run, RUN_SETTINGS))
    problems = shortened(
        f"{name}{problem}" for name, table, known in named for problem in names_and_kinds(table, known)
    )
    if problems:
        # An option may replace a wrong value: these are problems only beside others that stop the command.
        problems += [f"{name}{problem}" for name, table, _ in named for problem in value_problems_of(table)]
        raise ConfigError([f"{os.fspath(path)}: {problem}" for problem in shortened(problems)])
    folder = expanded(path).absolute().parent
    for table in (settings, *tables, settings.get("run", {})):
        make_absolute(table, folder)
    return settings


def table_problems(settings: Mapping[str, object], names: Iterable[str]) -> list[str]:
    """Return the problems of a table in which only some of the settings may stand."""
    known = {name: SETTINGS[name] for name in names}
    return [*names_and_kinds(settings, known), *value_problems_of(settings)]


def make_absolute(settings: dict[str, Any], folder: Path) -> None:
    """Make relative paths relative to the folder of the file, and a list of each single rule or URL."""
    for key in _PATHS:
        if settings.get(key):  # an empty one is refused later, with its own message
            settings[key] = str(folder / expanded(settings[key]))
    for key in settings.keys() & set(_LISTS):
        given = settings[key]
        settings[key] = [given] if isinstance(given, str) else given
    if "watch_dirs" in settings:
        settings["watch_dirs"] = [str(folder / expanded(entry)) for entry in settings["watch_dirs"]]
    if "notify" in settings:
        settings["notify"] = [_absolute(entry, folder) for entry in settings["notify"]]


def _absolute(entry: str, folder: Path) -> str:
    return f"@{folder / expanded(entry[1:])}" if entry.startswith("@") else entry


def names_and_kinds(settings: Mapping[str, object], known: Mapping[str, Setting]) -> Iterator[str]:
    """Yield a problem for each unknown name, and for each value of the wrong kind."""
    for key, value in settings.items():
        if problem := _problem(key, value, known):
            yield problem
    if {"pattern", "metric"} <= settings.keys():
        yield "pattern, metric: expected one of them, got both"


def value_problems_of(settings: Mapping[str, object]) -> list[str]:
    """Return the problems that the table and ``MonitorConfig`` find in the values of the right kind."""
    fitting = {n: v for n, v in settings.items() if n in SETTINGS and _problem(n, v, SETTINGS) is None}
    fields: dict[str, Any] = {n: v for n, v in fitting.items() if n in MonitorConfig.__dataclass_fields__}
    problems = list(value_problems({n: v for n, v in fitting.items() if n not in fields}))
    try:
        MonitorConfig(**{"watch_dir": ".", **fields})
    except ConfigError as error:
        problems += [problem for problem in error.problems if problem.partition(":")[0] in fields]
    return problems


def _problem(key: str, value: object, known: Mapping[str, Setting]) -> str | None:
    if key not in known:
        return f"{key}: expected a known name, got another{_suggestion(key, known)}"
    setting = known[key]
    if setting.instead:
        return f"{key}: expected {setting.instead} in its place, because it needs Python"
    # True is an int to Python, but not a number to people.
    fits = isinstance(value, setting.types) and (bool in setting.types or not isinstance(value, bool))
    if fits and isinstance(value, list):
        fits = all(isinstance(one, dict if key in ("watch", "monitor") else str) for one in value)
    return None if fits else f"{key}: expected {setting.kind}, got {_kind(value)}"


def _suggestion(key: str, known: Mapping[str, Setting]) -> str:
    from difflib import get_close_matches  # wanted by an error alone

    key = key.lower().replace("-", "_")
    names = sorted(name for name, setting in known.items() if not setting.instead)
    other = [name for name in names if key in known[name].other_names]
    nearest = other or get_close_matches(key, names, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else f"; there are {', '.join(names)}"


def _kind(value: object) -> str:
    """Return what a value is, without showing it: it may be a secret."""
    return "a table" if isinstance(value, dict) else _KINDS.get(type(value), f"a {type(value).__name__}")
