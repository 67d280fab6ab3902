"""The settings of a server, from its command line and its file."""

from __future__ import annotations

import argparse
import re
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from ..core.errors import ConfigError
from ..core.host import host_name
from ..core.paths import expanded
from ..log_parser import LogPattern
from ..settings import read_toml
from ..training import Trainer
from ..training.log_files import LEAST_LOG, MAX_LOG
from ..training.trainer import log_patterns
from .alerting import ALERT_SETTINGS, ALERT_TABLE, alert_problems
from .security import DEFAULT_HOSTS, is_loopback

STORE = "training_store"
_BUILT_IN = Trainer(
    "image-classifier",
    (sys.executable, "-m", "auto_model_monitor.training.image_classifier", "{args}"),
)
_SIZE = re.compile(r"\s*([0-9]{1,20}(?:\.[0-9]{1,9})?)\s*([KMGT]?)(?:i?B)?\s*", re.IGNORECASE)
_LISTS = ("allow_path", "allow_host", "patterns")
_KINDS: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "host": ("a text", str),
    "port": ("a whole number", int),
    "store": ("a path", str),
    "no_auth": ("true or false", bool),
    "allow_path": ("a path or a list of paths", (str, list)),
    "allow_host": ("a name or a list of names", (str, list)),
    "per_device": ("a whole number", int),
    "max_log": ("a size, such as '200M' or a number of bytes", (str, int)),
    "patterns": ("a pattern or a list of patterns", (str, list)),
    "trainers": ("a table of names and commands", dict),
    ALERT_TABLE: ("a table", dict),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """The settings of a server.

    Args:
        host: the name or address to listen on.
        port: the port to listen on; 0 for any free one.
        store: the directory of the tasks.
        no_auth: True for no token; on loopback only.
        allow_path: the directories below which the paths of a request must lie.
        allow_host: further names under which the server is reached.
        per_device: how many tasks run on one device.
        max_log: the largest size of one training's log on the disk, in bytes.
        patterns: further formats of log lines, for every trainer.
        trainers: the trainers that a request may name; the first is the default.
        alerts: the settings of the messages about the trainings, by :data:`.alerting.ALERT_SETTINGS`.

    Raises:
        ConfigError: a value cannot work; the error lists every problem.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    store: str = STORE
    no_auth: bool = False
    allow_path: tuple[str, ...] = (".",)
    allow_host: tuple[str, ...] = ()
    per_device: int = 1
    max_log: int = MAX_LOG
    patterns: tuple[LogPattern | str, ...] = ()
    trainers: tuple[Trainer, ...] = (_BUILT_IN,)
    alerts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.port <= 65535:
            problems.append(f"port: expected 0 to 65535, got {self.port}")
        if self.per_device < 1:
            problems.append(f"per_device: expected at least 1, got {self.per_device}")
        if self.no_auth and not self.is_local:
            problems.append(
                f"--no-auth: expected with a loopback address only, got {self.host!r}: everyone who can "
                "reach the server could start trainings, which run programs as you; omit --no-auth to use a "
                "token"
            )
        if self.max_log < LEAST_LOG:
            problems.append(f"max_log: expected at least {LEAST_LOG >> 10}K, got {self.max_log} bytes")
        try:
            object.__setattr__(self, "patterns", log_patterns(self.patterns, "patterns"))
        except ConfigError as error:
            problems += error.problems
        if problems:
            raise ConfigError(problems)

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server."""
        try:
            found = socket.getaddrinfo(self.host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return False
        return bool(found) and all(is_loopback(str(entry[4][0])) for entry in found)

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which the server is reached."""
        own = () if self.host in ("0.0.0.0", "::", "") else (self.host,)
        machine = () if self.is_local else (host_name(),)
        return (*DEFAULT_HOSTS, *own, *machine, *self.allow_host)

    @classmethod
    def of(cls, options: argparse.Namespace) -> ServerSettings:
        """Return the settings of a command line; its options win over its file.

        Raises:
            ConfigError: a setting cannot work.
        """
        settings = {} if options.config is None else _read(options.config)
        values = vars(options)
        given = {name: values.get(name) for name in cls.__dataclass_fields__ if name != "alerts"}
        chosen = _pairs(given.pop("trainers") or ())
        # An option that is not given is None, a flag False; a port of 0 is given.
        settings |= {name: value for name, value in given.items() if value is not None and value is not False}
        trainers = {**chosen, **{n: c for n, c in settings.pop("trainers", {}).items() if n not in chosen}}
        if trainers:
            settings["trainers"] = tuple(_trainer(name, command) for name, command in trainers.items())
        for name in _LISTS:
            if name in settings:
                settings[name] = tuple(settings[name])
        if "max_log" in settings:
            settings["max_log"] = _bytes(settings["max_log"])
        alerts = {name: values.get(name) for name in ALERT_SETTINGS}
        settings["alerts"] = settings.pop(ALERT_TABLE, {}) | {
            n: v for n, v in alerts.items() if v is not None
        }
        return cls(**settings)


def _pairs(given: Sequence[str]) -> dict[str, str]:
    """Return the commands of all ``--trainer NAME=COMMAND``, by their names."""
    pairs = {}
    for text in given:
        name, equals, command = text.partition("=")
        if not equals:
            raise ConfigError(f"--trainer: expected NAME='COMMAND {{args}}', got {text!r}")
        pairs[name.strip()] = command
    return pairs


def _bytes(size: str | int) -> int:
    """Return a size in bytes: ``200M``, ``1.5 GiB`` or a number."""
    found = _SIZE.fullmatch(str(size))
    if found is None:
        raise ConfigError(f"max_log: expected a size, such as 200M or 1G, got {str(size)[:60]!r}")
    return int(float(found[1]) * 1024 ** " KMGT".index(found[2].upper() or " "))


def _trainer(name: str, given: str | Sequence[str] | Mapping[str, Any]) -> Trainer:
    if not isinstance(given, Mapping):
        given = {"command": given}
    command, patterns = given["command"], given.get("patterns", ())
    patterns = (patterns,) if isinstance(patterns, str) else tuple(patterns)
    if isinstance(command, str):
        return Trainer.parse(name, command, patterns)
    return Trainer(name, tuple(command), patterns)


def _read(path: str) -> dict[str, Any]:
    settings = read_toml(path)
    problems = [f"{path}: {problem}" for problem in _problems(settings)]
    if problems:
        raise ConfigError(problems)
    folder = expanded(path).absolute().parent
    for name in _LISTS:
        if isinstance(settings.get(name), str):
            settings[name] = [settings[name]]
    for name in ("rules", "notify"):
        if isinstance(settings.get(ALERT_TABLE, {}).get(name), str):
            settings[ALERT_TABLE][name] = [settings[ALERT_TABLE][name]]
    if "store" in settings:
        settings["store"] = str(folder / expanded(settings["store"]))
    if "allow_path" in settings:
        settings["allow_path"] = [str(folder / expanded(root)) for root in settings["allow_path"]]
    return settings


def _problems(settings: Mapping[str, object]) -> Iterator[str]:
    for name, value in settings.items():
        if name not in _KINDS:
            near = "".join(f"; did you mean {one!r}?" for one in get_close_matches(name, _KINDS, n=1))
            near = f"; it belongs in [{ALERT_TABLE}]" if name in ALERT_SETTINGS else near
            yield f"{name}: expected a known name, got another{near}"
            continue
        expected, kinds = _KINDS[name]
        if not isinstance(value, kinds) or isinstance(value, bool) != (kinds is bool):
            yield f"{name}: expected {expected}, got {repr(value)[:60]}"
        elif isinstance(value, list) and not all(isinstance(one, str) for one in value):
            yield f"{name}: expected {expected}, got a list of something else"
        elif isinstance(value, dict):
            yield from alert_problems(value) if name == ALERT_TABLE else _command_problems(value)


def _command_problems(trainers: Mapping[str, object]) -> Iterator[str]:
    for name, given in trainers.items():
        if isinstance(given, dict):
            unknown = ", ".join(key for key in given if key not in ("command", "patterns"))
            if unknown or "command" not in given:
                got = f"also {unknown}" if unknown else "no command"
                yield f"trainers.{name}: expected command and perhaps patterns, got {got}"
            elif not _are_texts(given.get("patterns", ())):
                yield f"trainers.{name}.patterns: expected a pattern or a list of them, got something else"
        if not _are_texts(given.get("command", ()) if isinstance(given, dict) else given):
            yield f"trainers.{name}: expected a command as a text or a list of texts, got something else"


def _are_texts(value: object) -> bool:
    return isinstance(value, str) or (
        isinstance(value, (list, tuple)) and all(isinstance(part, str) for part in value)
    )
