"""The file of the command ``monitor``: its ``[[watch]]`` and ``[[monitor]]`` tables."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ..core.errors import ConfigError
from ..core.paths import expanded
from ..monitor.config.settings_table import SETTINGS, Setting
from ..text.terminal import Terminal
from .config_file import make_absolute, names_and_kinds, value_problems_of
from .config_problems import ConfigProblems, shortened
from .source_settings import (
    SourceKind,
    kind_of,
    make_places_absolute,
    required_settings,
    shared_settings,
    source_settings,
    takes_zone_of_the_file,
)
from .toml_file import read_toml
from .variables import Variables, read_env_file
from .watch_settings import Settings, settings_of

_TEMPLATES = ("email_subject_template", "email_content_template")
_MAIL = ("sender", "receiver", "auth_code", "smtp_user", "smtp_host", "smtp_port", "smtp_security")
#: What a ``[[monitor]]`` may hold beside the arguments of its source.
MONITOR_SETTINGS: Mapping[str, Setting] = {
    **{
        name: SETTINGS[name]
        for name in ("rules", "notify", *_MAIL, *_TEMPLATES, "language", "log_dir", "digest")
    },
    "schedule": Setting(
        "a schedule such as 'daily 08:00' or a number of seconds",
        (str, int, float),
        help="when it looks: 60s, daily 08:00, mon-fri 08:00, or five cron fields (default: each minute)",
        other_names=("cron", "interval", "check_interval"),
    ),
    "timezone": Setting(
        "a time zone such as 'Asia/Shanghai'",
        (str,),
        help="of the schedule and of the windows (default: that of this machine)",
        other_names=("zone", "tz"),
    ),
    "notify_start": Setting(
        "true or false", (bool,), help="send one message when the monitor starts (default: false)"
    ),
}
#: What a ``[[watch]]`` may hold.
WATCH_SETTINGS = {name: setting for name, setting in SETTINGS.items() if name != "silent_after"}
_SECRETS = {"auth_code": "an auth_code", "notify": "the URLs of notify", "url": "the password of a URL"}
_TABLES = {
    "watch": Setting("tables, each begun by [[watch]]", (list,), other_names=("watches",)),
    "monitor": Setting("tables, each begun by [[monitor]]", (list,), other_names=("monitors",)),
}
#: What stands once above the tables.
FILE_SETTINGS: Mapping[str, Setting] = {
    "env_file": Setting(
        "the path of a file", (str,), help="NAME=value lines for ${NAME}; the environment wins over them"
    ),
    **{name: setting for name, setting in WATCH_SETTINGS.items() if name != "watch_dir"},
    **MONITOR_SETTINGS,
    **_TABLES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTable:
    """One table of the file, with what holds for all of them.

    Attributes:
        kind: which table it is.
        name: how errors and documents call it, such as ``monitor 2``.
        settings: its settings, with absolute paths and the values of variables.
        timezone: that of its schedule; None for that of its source, else of this machine.
    """

    kind: Literal["watch", "monitor"]
    name: str
    settings: Settings
    timezone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorFile:
    """A file whose names and kinds are right.

    Attributes:
        path: the file, as it was given.
        tables: its tables, the watches first.
        variables: hides the values of variables in errors about it.
        log_dir: the directory of the run log.
        secrets: the files that hold secrets, each with what it holds.
    """

    path: str
    tables: tuple[FileTable, ...]
    variables: Variables
    log_dir: Path
    secrets: Mapping[str, str]


def read_monitor_file(path: str | os.PathLike[str]) -> MonitorFile:
    """Return the tables of a TOML file.

    Raises:
        ConfigError: it cannot be read, is no TOML, lacks a variable, or holds an unknown name or a value of
            the wrong kind; every problem names the file, the table and the key.
        MissingExtraError: a table needs an extra that is not installed.
    """
    file, folder = os.fspath(path), expanded(path).absolute().parent
    content = read_toml(path)
    problems = ConfigProblems()
    with problems.collected(f"{file}: "):
        env_file = content.get("env_file")
        values = read_env_file(folder / expanded(env_file)) if isinstance(env_file, str) else {}
        variables = Variables(values)
        secrets = _secrets_of(file, content)
        content = variables.filled(content)
    problems.raise_any()
    found = shortened(_problems_of(content))
    if found:
        raise ConfigError([f"{file}: {variables.hide(problem)}" for problem in found])
    tables = tuple(_with_common(content, name, table, folder) for name, table in _tables_of(content))
    log_dir = folder / expanded(content.get("log_dir") or "monitor_logs")
    if isinstance(env_file, str):
        secrets[str(folder / expanded(env_file))] = "variables"
    return MonitorFile(path=file, tables=tables, variables=variables, log_dir=log_dir, secrets=secrets)


def settings_of_channels(given: Mapping[str, Any], screen: Terminal) -> list[Settings]:
    """Return the settings of each watch and monitor, for commands about their channels and outboxes.

    Args:
        given: the settings of the command line by name, which win; ``config`` is the path of the file.
        screen: shows the warning about a file of secrets that others can read.

    Raises:
        ConfigError: the file cannot be used.
    """
    path = given.get("config")
    if path is None or not read_toml(path).keys() & {"monitor", "env_file"}:
        return settings_of(given, screen)
    options = {name: given[name] for name in SETTINGS if given.get(name) is not None}
    tables = [table.settings for table in read_monitor_file(path).tables]
    return [{**{n: table[n] for n in table.keys() & SETTINGS.keys()}, **options} for table in tables]


def _secrets_of(file: str, content: Settings) -> dict[str, str]:
    """Return the file with what it holds that others must not read; variables are no secrets."""
    tables = [content, *(table for _, table in _tables_of(content))]
    for name, words in _SECRETS.items():
        if any(_is_secret(name, str(table[name])) for table in tables if name in table):
            return {file: words}
    return {}


def _is_secret(name: str, value: str) -> bool:
    return "${" not in value and (name != "url" or re.search("://[^/]*:[^/]*@", value) is not None)


def _tables_of(content: Settings) -> Iterator[tuple[str, Settings]]:
    for kind in _TABLES:
        tables = content.get(kind)
        for number, table in enumerate(tables if isinstance(tables, list) else [], 1):
            if isinstance(table, dict):
                yield f"{kind} {number}", table


def _problems_of(content: Settings) -> Iterator[str]:
    tables = list(_tables_of(content))
    kinds = dict.fromkeys(
        filter(None, (_kind(table) for name, table in tables if name.startswith("monitor")))
    )
    yield from names_and_kinds(content, {**shared_settings(kinds), **FILE_SETTINGS})
    yield from value_problems_of(content)
    if not tables and not content.keys() & _TABLES.keys():
        yield "monitor: expected at least one table, begun by [[monitor]] or [[watch]], got none"
    for name, table in tables:
        problems = _of_a_watch(table) if name.startswith("watch") else _of_a_monitor(table)
        yield from (f"{name}: {problem}" for problem in problems)


def _kind(table: Settings) -> SourceKind | None:
    try:
        return kind_of(table)
    except ConfigError:
        return None  # the problems of the table name it


def _of_a_watch(table: Settings) -> Iterator[str]:
    yield from names_and_kinds(table, WATCH_SETTINGS)
    yield from value_problems_of(table)


def _of_a_monitor(table: Settings) -> Iterator[str]:
    try:
        kind = kind_of(table)
    except ConfigError as error:
        yield from error.problems
        return
    yield from names_and_kinds(table, {**MONITOR_SETTINGS, **source_settings(kind)})
    yield from value_problems_of({name: table[name] for name in table.keys() & MONITOR_SETTINGS.keys()})
    for name in required_settings(kind):
        if name not in table:
            yield f"{name}: expected {source_settings(kind)[name].kind}, got none"


def _with_common(content: Settings, name: str, table: Settings, folder: Path) -> FileTable:
    """Return a table with the settings of the file that it may hold, and does not."""
    kind: Literal["watch", "monitor"] = "watch" if name.startswith("watch") else "monitor"
    known = WATCH_SETTINGS if kind == "watch" else {**shared_settings([kind_of(table)]), **MONITOR_SETTINGS}
    common = {key: content[key] for key in content.keys() & known.keys()}
    if "pattern" in table or "metric" in table:
        common = {key: value for key, value in common.items() if key not in ("pattern", "metric")}
    zone = {**common, **table}.get("timezone")
    if kind == "monitor":
        if not takes_zone_of_the_file(kind_of(table)):  # a database has one of its own
            common.pop("timezone", None)
        make_places_absolute(table, folder)
    settings = {"log_dir": "monitor_logs", **common, **table}
    make_absolute(settings, folder)
    return FileTable(kind=kind, name=name, settings=settings, timezone=zone)
