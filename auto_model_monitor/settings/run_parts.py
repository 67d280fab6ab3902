"""The settings of the command ``run``, made into the parts that it is composed of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.command_names import command_name
from ..core.durations import to_seconds
from ..core.errors import ConfigError
from ..core.sizes import to_bytes
from ..log_parser import LogPattern
from ..log_parser.metric_names import metric_in_logs
from ..monitor.config.monitor_config import MonitorConfig
from ..notifiers import Notifier
from ..rules import Rule
from ..text.terminal import Terminal
from .config_file import read_config_file
from .config_problems import ConfigProblems
from .log_watches import rule_in_logs
from .notifier_factory import NotifierFactory
from .run_settings import RUN_SETTINGS, run_value_problems
from .secret_files import others_can_read, warn_of_readers
from .watch_settings import Settings, config_of, digest_of, rules_of

#: What is watched where nothing is asked for, besides the end.
DEFAULT_RULES = ("nan", "stalled 5x")
_INTERVAL = 5.0  # seconds; the end is noticed immediately, and seldom looks cost little
_LARGEST_LOG = 2_000_000_000  # bytes
_AS_THEY_ARE = frozenset({"plots", "log_file", "keep_running", "notify_start"})
_COMMAND = "a command after --, as in: auto-model-monitor run -- python train.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParts:
    """What a run is composed of.

    Attributes:
        command: the words of the command.
        name: what messages call it.
        config: the language, the mailbox, the interval and the directory of the outbox.
        rules: what decides on alerts.
        stop_rules: what ends the training.
        notifiers: how people receive the messages.
        patterns: formats of the log besides those that are known.
        metric: the metric that is meant where a rule names none.
        digest: seconds for which messages of level ``info`` are collected into one.
        plots: whether the course is drawn as a picture.
        timeout: seconds after which the training is ended; None for never.
        watch_dirs: directories that are looked into besides the working directory.
        log_file: where the output is kept; None for a folder of this run.
        max_log: the most that the log may take, in bytes.
        keep_running: whether the training goes on when the terminal closes.
        notify_start: whether the start is a message, too.
    """

    command: Sequence[str]
    name: str
    config: MonitorConfig
    rules: Sequence[Rule]
    stop_rules: Sequence[Rule] = ()
    notifiers: Sequence[Notifier] = ()
    patterns: Sequence[LogPattern | str] = ()
    metric: str | None = None
    digest: float = 0.0
    plots: bool = False
    timeout: float | None = None
    watch_dirs: Sequence[str] = field(default=())
    log_file: str | None = None
    max_log: int = _LARGEST_LOG
    keep_running: bool = False
    notify_start: bool = False


def run_settings_of(given: Mapping[str, Any], screen: Terminal) -> Settings:
    """Return the settings of a run: those of the command line, over ``[run]``, over those above it.

    Args:
        given: the settings of the command line by name, None for those that are not given; ``config`` is
            the path of the file.
        screen: shows the warning about a file of secrets that others can read.

    Raises:
        ConfigError: the file cannot be used.
    """
    path: str | None = given.get("config")
    options = {name: given[name] for name in RUN_SETTINGS if given.get(name) is not None}
    if path is None:
        return options
    common = read_config_file(path)
    table = common.pop("run", {})
    settings = {**{name: common[name] for name in common.keys() & RUN_SETTINGS.keys()}, **table}
    if settings.keys() & {"auth_code", "notify"} and others_can_read(path):
        warn_of_readers(path, "an auth_code or the URLs of notify", screen)
    return {**settings, **options}


def run_parts_of(settings: Settings, errors: Terminal) -> RunParts:
    """Return the parts of a run.

    Args:
        settings: its settings.
        errors: shows the warning about a file of secrets that others can read.

    Raises:
        ConfigError: with every problem of the settings.
        MissingExtraError: something needs an extra that is not installed.
    """
    command = settings.get("command") or []
    problems = ConfigProblems()
    if not command:
        problems.append(f"command: expected {_COMMAND}, got none")
    problems += run_value_problems(settings)
    stop_on = settings.get("stop_on") or []
    asked = settings.get("rules") or [rule for rule in DEFAULT_RULES if rule not in stop_on]
    rules: list[Rule] = []
    stop_rules: list[Rule] = []
    with problems.collected("rules: "):
        rules = _rules(asked)
    with problems.collected("stop_on: "):
        stop_rules = _rules(stop_on) if stop_on else []
    with problems.collected():
        config = config_of({"check_interval": _INTERVAL, **settings, "watch_dir": "."})
        factory = NotifierFactory()
        notifiers = factory.of(config, settings.get("notify"))
    problems.raise_any()
    factory.warn_of_readers(errors)
    metric = settings.get("metric")
    return RunParts(
        command=command,
        name=settings.get("name") or command_name(command),
        config=config,
        rules=rules,
        stop_rules=stop_rules,
        notifiers=notifiers,
        patterns=settings.get("log_patterns", ()),
        metric=None if metric is None else metric_in_logs(metric),
        digest=digest_of(settings),
        **_limits(settings),
        **{name: settings[name] for name in _AS_THEY_ARE & settings.keys()},
    )


def _rules(texts: Sequence[str]) -> list[Rule]:
    try:
        return rules_of({"rules": [rule_in_logs(text) for text in texts]})
    except ConfigError as error:
        raise ConfigError([problem.removeprefix("rules: ") for problem in error.problems]) from None


def _limits(settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {"watch_dirs": settings.get("watch_dirs", ())}
    timeout, most = settings.get("timeout"), settings.get("max_log")
    if timeout is not None:
        found["timeout"] = to_seconds(timeout) if isinstance(timeout, str) else float(timeout)
    if most is not None:
        found["max_log"] = int((to_bytes(most) if isinstance(most, str) else most) or 0)
    return found
