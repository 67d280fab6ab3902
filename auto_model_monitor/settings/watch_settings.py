"""The command line and a file, made into the settings of each watch, and these into its parts."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..monitor.config import MonitorConfig
from ..parsers import BaseParser, CustomParser, DefaultParser
from ..rules import Rule, ThresholdRule
from ..text.terminal import Terminal, shown
from .config_file import others_can_read, read_config_file

#: The options whose names are fields of ``MonitorConfig``, and those that stand for its parser.
NAMES = (
    *("watch_dir", "threshold", "sender", "receiver", "check_interval", "log_dir", "comparison_mode"),
    *("email_subject_template", "email_content_template", "smtp_host", "smtp_port", "smtp_security"),
    *("language", "recursive", "pattern", "metric", "notify", "rules", "silent_after"),
    "log_patterns",
)
#: The settings that are no fields of ``MonitorConfig``.
BESIDE = ("pattern", "metric", "notify", "rules", "silent_after", "log_patterns")

Settings = dict[str, Any]


def settings_of(options: argparse.Namespace, screen: Terminal) -> list[Settings]:
    """Return what the file and the command line say of each watch; the command line wins.

    Raises:
        ConfigError: the file cannot be used.
    """
    path: str | None = options.config
    common = {} if path is None else read_config_file(path)
    tables: list[Settings] = common.pop("watch", None) or [{}]
    if path is not None:
        _warn_of_readers(path, [common, *tables], screen)
    given = _given(options)
    directories = given.pop("watch_dir", None)
    if directories:
        if tables != [{}]:
            raise ConfigError(f"DIR: expected the directories here or as [[watch]] in {path}, got both")
        tables = [{"watch_dir": directory} for directory in directories]
    return [_merged(common, table, given) for table in tables]


def _given(options: argparse.Namespace) -> Settings:
    found = {name: getattr(options, name, None) for name in NAMES}
    given = {name: value for name, value in found.items() if value is not None}
    if isinstance(given.get("watch_dir"), str):
        given["watch_dir"] = [given["watch_dir"]]
    for name in ("email_subject_template", "email_content_template"):
        if name in given:
            given[name] = _text_or_file(name, given[name])
    return given


def _merged(*layers: Settings) -> Settings:
    settings: Settings = {}
    for layer in layers:
        if "pattern" in layer or "metric" in layer:
            settings.pop("pattern", None)
            settings.pop("metric", None)
        settings |= layer
    return settings


def _warn_of_readers(path: str, tables: list[Settings], screen: Terminal) -> None:
    held = [name for name in ("auth_code", "notify") if any(name in table for table in tables)]
    if held and others_can_read(path):
        what = "an auth_code" if held[0] == "auth_code" else "the URLs of notify"
        warn_of_readers(path, what, screen)


def warn_of_readers(path: str, what: str, screen: Terminal) -> None:
    """Say that other people of this machine may read a file that holds a secret."""
    text = f"warning: {shown(path)} holds {what} and others can read it; type: chmod 600 {shown(path)}"
    screen.say(screen.paint(text, "yellow"))


def only(watches: list[Settings]) -> Settings:
    """Return the settings of the one watch that a command can be about.

    Raises:
        ConfigError: there are several.
    """
    if len(watches) > 1:
        raise ConfigError(f"DIR: expected one directory, got a file with {len(watches)} of them")
    return watches[0]


def parser_of(settings: Settings) -> BaseParser:
    """Return the parser that the settings ask for.

    Raises:
        ConfigError: the pattern or the metric cannot work.
    """
    if settings.get("pattern") is not None:
        return CustomParser(settings["pattern"])
    return DefaultParser(settings.get("metric"))


def config_of(settings: Settings) -> MonitorConfig:
    """Return the configuration; without a threshold where there is none.

    Raises:
        ConfigError: with every problem of all the settings.
    """
    fields: Settings = {"watch_dir": None, **settings}
    problems: list[str] = []
    try:
        fields["parser"] = parser_of(settings)
    except ConfigError as error:
        problems += error.problems
    for name in BESIDE:
        fields.pop(name, None)
    try:
        config = MonitorConfig(**fields)
    except ConfigError as error:
        problems += error.problems
    if problems:
        raise ConfigError(problems)
    return config


def with_rules(settings: Settings) -> tuple[Settings, list[Rule]]:
    """Return the settings, with what follows from the rules, and the rules.

    Where there is no threshold, the first rule about a metric says which metric is the score of a name and
    which scores are better.

    Raises:
        ConfigError: with every rule that cannot be read, or because there is none.
    """
    rules: list[Rule] = []
    problems: list[str] = []
    threshold = settings.get("threshold")
    if threshold is None and not settings.get("rules"):
        problems.append("threshold: expected a finite number, such as 0.004, or rules, got neither")
    for text in dict.fromkeys(settings.get("rules", [])):
        try:
            rules.append(_rule(text, settings))
        except ConfigError as error:
            problems += [f"rule: {problem}" for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    if threshold is not None:
        return settings, rules
    first = next((rule for rule in rules if isinstance(rule, ThresholdRule)), None)
    if first is None:
        return settings, rules
    derived: Settings = {"comparison_mode": first.comparison.value}
    if settings.get("pattern") is None:
        derived["metric"] = first.metric
    return {**derived, **settings}, rules


def _rule(text: str, settings: Settings) -> Rule:
    from ..rules import parse_rule  # it brings every rule with it

    directory = Path(settings.get("watch_dir") or ".").expanduser().absolute()
    mode = settings.get("comparison_mode")
    # What is wrong with the mode is told in the words that belong to it.
    return parse_rule(text, path=str(directory), comparison=mode if mode in ("lower", "higher") else None)


def _text_or_file(name: str, text: str) -> str:
    """Return the text, or what the file holds that is named after ``@``."""
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{name}: expected a text file after '@', got {text[1:]!r}: {reason}") from None
