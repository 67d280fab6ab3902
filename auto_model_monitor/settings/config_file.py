"""Settings in a TOML file: the names of ``MonitorConfig``, and what the command line has beside them."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..core.extras import extra
from ..monitor.config import MonitorConfig

#: The environment variable that holds the URLs of ``notify``.
NOTIFY = "AUTO_MODEL_MONITOR_NOTIFY"
_TEXTS = (
    *("watch_dir", "sender", "auth_code", "log_dir", "comparison_mode", "pattern", "metric"),
    *("email_subject_template", "email_content_template", "smtp_host", "smtp_security", "language"),
)
_PATHS = ("watch_dir", "log_dir")
_AT_THE_END = "(at end of document)"
# A line that others belong to: the start of a text or a list of several lines.
_SEVERAL_LINES = re.compile(r"\"{3}|'{3}|[\[{,]\s*(#.*)?$")
_LISTS = frozenset({"notify", "rules", "log_patterns"})
_Kind = tuple[str, tuple[type, ...]]
_KINDS: dict[str, _Kind] = {
    **dict.fromkeys(_TEXTS, ("a text", (str,))),
    "receiver": ("a text or a list of texts", (str, list)),
    "threshold": ("a number", (int, float)),
    "check_interval": ("a number of seconds", (int, float)),
    "smtp_port": ("a whole number", (int,)),
    "recursive": ("true or false", (bool,)),
    "notify": ("a URL or a list of URLs", (str, list)),
    "rules": ("a rule or a list of rules", (str, list)),
    "log_patterns": ("a pattern or a list of patterns", (str, list)),
}
# What is said once, however many directories are watched.
_ONCE: dict[str, _Kind] = {
    "silent_after": ("a number of seconds or a text such as '3x' or '2h'", (int, float, str)),
    "watch": ("tables, each begun by [[watch]]", (list,)),
}
# What a function or an object is in Python cannot stand in a file.
_IN_PYTHON_ONLY = {
    "parser": "'pattern' or 'metric'",
    "email_content_generator": "'email_content_template'",
}
# How people call it who know the command line or other programs.
_OTHER_NAMES = {
    "dir": "watch_dir",
    "directory": "watch_dir",
    "from": "sender",
    "to": "receiver",
    "receivers": "receiver",
    "password": "auth_code",
    "interval": "check_interval",
    "mode": "comparison_mode",
    "subject": "email_subject_template",
    "content": "email_content_template",
    "host": "smtp_host",
    "port": "smtp_port",
    "security": "smtp_security",
    "rule": "rules",
    "watches": "watch",
}


def read_config_file(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the settings in a TOML file, each of the kind that it has to be.

    Where something is wrong, what else is wrong is told with it.

    Relative paths among them are relative to the file's folder, so that it means the same from everywhere.
    Under ``watch`` stand the settings of each ``[[watch]]``.

    Raises:
        ConfigError: it cannot be read, is no TOML, or holds a name or a kind that is not known; every
            problem names the file and the key.
        MissingExtraError: on Python 3.10, the package that reads TOML is not there.
    """
    settings = read_toml(path)
    tables = settings.get("watch", [])
    named = [("", settings, {**_KINDS, **_ONCE})]
    for number, table in enumerate(tables if isinstance(tables, list) else [], 1):
        if isinstance(table, dict):
            named.append((f"watch {number}: ", table, _KINDS))
    problems = [f"{name}{problem}" for name, table, kinds in named for problem in _problems(table, kinds)]
    if problems:
        # Right values are not needed to go on from here: an option of the command line may replace them.
        problems += [f"{name}{problem}" for name, table, _ in named for problem in _value_problems(table)]
        raise ConfigError([f"{_shown(path)}: {problem}" for problem in problems])
    folder = Path(path).expanduser().absolute().parent
    for table in (settings, *tables):
        _make_absolute(table, folder)
    return settings


def _make_absolute(settings: dict[str, Any], folder: Path) -> None:
    for key in _PATHS:
        if settings.get(key):  # an empty one is refused later, in the words that belong to it
            settings[key] = str(folder / Path(settings[key]).expanduser())
    for key in _LISTS & settings.keys():
        given = settings[key]
        settings[key] = [given] if isinstance(given, str) else given
    if "notify" in settings:
        settings["notify"] = [_absolute(entry, folder) for entry in settings["notify"]]


def _absolute(entry: str, folder: Path) -> str:
    return f"@{folder / Path(entry[1:]).expanduser()}" if entry.startswith("@") else entry


def others_can_read(path: str | os.PathLike[str]) -> bool:
    """Tell whether other people of this machine may read the file."""
    if os.name != "posix":
        return False  # elsewhere the mode says nothing
    mode = Path(path).expanduser().stat().st_mode
    return bool(mode & (stat.S_IRGRP | stat.S_IROTH))


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a TOML file says, unchecked.

    Raises:
        ConfigError: it cannot be read, or is no TOML.
        MissingExtraError: on Python 3.10, the package that reads TOML is not there.
    """
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        with extra("toml"):
            import tomli as tomllib
    try:
        # utf-8-sig: the Windows editor begins a file with a mark that TOML does not know.
        text = Path(path).expanduser().read_text(encoding="utf-8-sig")
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"{_shown(path)}: expected a file that can be read, got: {reason}") from None
    except ValueError as error:  # no UTF-8
        raise ConfigError(f"{_shown(path)}: expected TOML, got: {error}") from None
    if mistakes := _mistakes(text, tomllib.loads):
        raise ConfigError([f"{_shown(path)}: expected TOML, got: {mistake}" for mistake in mistakes])
    settings: dict[str, Any] = tomllib.loads(text)
    return settings


def _mistakes(text: str, loads: Callable[[str], object]) -> list[str]:
    """Return what is no TOML: all of it where each line stands for itself, for `loads` ends at the first."""
    first = _mistake(text, loads)
    lines = text.split("\n")
    if first is None:
        return []
    if any(_SEVERAL_LINES.search(line.rstrip()) or line.count("[") != line.count("]") for line in lines):
        return [first]
    each = []
    for number, line in enumerate(lines):
        # Behind so many empty lines a mistake is told with the line's own number.
        if mistake := _mistake("\n" * number + line + "\n", loads):
            each.append(mistake.replace(_AT_THE_END, f"(at line {number + 1})"))
    return each if each and _AT_THE_END in first else list(dict.fromkeys([first, *each]))


def _mistake(text: str, loads: Callable[[str], object]) -> str | None:
    try:
        loads(text)
    except ValueError as error:
        return str(error)
    return None


def table_problems(settings: Mapping[str, object], names: Sequence[str]) -> list[str]:
    """Return what is wrong with settings of which only those of some names may stand there."""
    return [*_problems(settings, {name: _KINDS[name] for name in names}), *_value_problems(settings)]


def read_notify() -> str:
    """Return what the environment says of the URLs to tell."""
    return os.environ.get(NOTIFY, "").strip()


def _problems(settings: Mapping[str, object], kinds: Mapping[str, _Kind]) -> Iterator[str]:
    for key, value in settings.items():
        if problem := _problem(key, value, kinds):
            yield problem
    if {"pattern", "metric"} <= settings.keys():
        yield "pattern, metric: expected one of them, got both"


def _value_problems(settings: Mapping[str, object]) -> list[str]:
    """Return what is wrong with the values of those settings that are of the right kind."""
    names = MonitorConfig.__dataclass_fields__.keys() & settings.keys()
    fields: dict[str, Any] = {n: settings[n] for n in names if _problem(n, settings[n], _KINDS) is None}
    try:
        MonitorConfig(**{"watch_dir": ".", **fields})
    except ConfigError as error:
        return [problem for problem in error.problems if problem.partition(":")[0] in fields]
    return []


def _problem(key: str, value: object, known: Mapping[str, _Kind]) -> str | None:
    if key in _IN_PYTHON_ONLY:
        return f"{key}: expected {_IN_PYTHON_ONLY[key]} in its place, for it can be given in Python only"
    if key not in known:
        return f"{key}: expected a known name, got another{_suggestion(key, known)}"
    expected, kinds = known[key]
    # True is an int to Python, but nobody means it as a number; the value may be a secret.
    fits = isinstance(value, kinds) and isinstance(value, bool) == (kinds == (bool,))
    if fits and isinstance(value, list):
        fits = all(isinstance(one, dict if key == "watch" else str) for one in value)
    return None if fits else f"{key}: expected {expected}, got {_kind(value)}"


def _suggestion(key: str, known: Mapping[str, _Kind]) -> str:
    name = _OTHER_NAMES.get(key.lower().replace("-", "_"))
    nearest = [name] if name in known else get_close_matches(key.lower().replace("-", "_"), known, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else f"; there are {', '.join(sorted(known))}"


def _kind(value: object) -> str:
    kinds = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", list: "a list"}
    return "a table" if isinstance(value, dict) else kinds.get(type(value), f"a {type(value).__name__}")


def _shown(path: str | os.PathLike[str]) -> str:
    return os.fspath(path)
