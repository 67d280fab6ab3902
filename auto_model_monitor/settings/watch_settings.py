"""The settings of each watch: a file's, with those of the command line over them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.errors import ConfigError
from ..monitor.config import MonitorConfig
from ..monitor.settings_table import MODES, SETTINGS
from ..parsers import BaseParser, CustomParser, DefaultParser
from ..rules import Rule, ThresholdRule
from ..text.terminal import Terminal
from .config_file import read_config_file
from .secret_files import others_can_read, warn_of_readers

Settings = dict[str, Any]


def settings_of(given: Mapping[str, Any], screen: Terminal) -> list[Settings]:
    """Return the settings of each watch; what is given wins over the file.

    Args:
        given: the settings of the command line by name, None for those that are not given; ``config`` is
            the path of the file.
        screen: shows the warning about a file of secrets that others can read.

    Raises:
        ConfigError: the file cannot be used.
    """
    path: str | None = given.get("config")
    common = {} if path is None else read_config_file(path)
    tables: list[Settings] = common.pop("watch", None) or [{}]
    if path is not None:
        _warn_of_secrets(path, [common, *tables], screen)
    options = {name: given[name] for name in SETTINGS if given.get(name) is not None}
    for name in ("email_subject_template", "email_content_template"):
        if name in options:
            options[name] = _text_or_file(name, options[name])
    directories = options.pop("watch_dir", None)
    if directories:
        if tables != [{}]:
            raise ConfigError(f"DIR: expected the directories here or as [[watch]] in {path}, got both")
        listed = [directories] if isinstance(directories, str) else directories
        tables = [{"watch_dir": directory} for directory in listed]
    return [_merged(common, table, options) for table in tables]


def _merged(*layers: Settings) -> Settings:
    settings: Settings = {}
    for layer in layers:
        if "pattern" in layer or "metric" in layer:
            settings.pop("pattern", None)
            settings.pop("metric", None)
        settings |= layer
    return settings


def _warn_of_secrets(path: str, tables: list[Settings], screen: Terminal) -> None:
    held = [name for name in ("auth_code", "notify") if any(name in table for table in tables)]
    if held and others_can_read(path):
        warn_of_readers(path, "an auth_code" if held[0] == "auth_code" else "the URLs of notify", screen)


def single_watch(watches: list[Settings]) -> Settings:
    """Return the settings of the one watch that a command can be about.

    Raises:
        ConfigError: there are several.
    """
    if len(watches) > 1:
        raise ConfigError(f"DIR: expected one directory, got a file with {len(watches)} of them")
    return watches[0]


def parser_of(settings: Settings) -> BaseParser:
    """Return the parser for the pattern or the metric.

    Raises:
        ConfigError: the pattern or the metric cannot work.
    """
    if settings.get("pattern") is not None:
        return CustomParser(settings["pattern"])
    return DefaultParser(settings.get("metric"))


def config_of(settings: Settings) -> MonitorConfig:
    """Return the configuration of a watch.

    Raises:
        ConfigError: with every problem of all the settings.
    """
    fields = {name: settings[name] for name in MonitorConfig.__dataclass_fields__ if name in settings}
    fields.setdefault("watch_dir", None)
    problems: list[str] = []
    try:
        fields["parser"] = parser_of(settings)
    except ConfigError as error:
        problems += error.problems
    try:
        config = MonitorConfig(**fields)
    except ConfigError as error:
        problems += error.problems
    if problems:
        raise ConfigError(problems)
    return config


def with_rules(settings: Settings) -> tuple[Settings, list[Rule]]:
    """Return the settings, with what follows from the rules, and the rules.

    Without a threshold the first rule about a metric decides which metric of a name is its score.

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
            problems += [f"rules: {problem}" for problem in error.problems]
    if problems:
        raise ConfigError(problems)
    if threshold is not None:
        return settings, rules
    first = next((rule for rule in rules if isinstance(rule, ThresholdRule)), None)
    if first is None:
        return settings, rules
    derived: Settings = {"metric": first.metric} if settings.get("pattern") is None else {}
    return {**derived, **settings}, rules


def _rule(text: str, settings: Settings) -> Rule:
    from ..rules import parse_rule  # it imports every rule

    directory = Path(settings.get("watch_dir") or ".").expanduser().absolute()
    # A wrong mode is a problem of its own, which MonitorConfig reports.
    comparison = MODES.get(settings.get("comparison_mode") or "")
    return parse_rule(text, path=str(directory), comparison=comparison)


def _text_or_file(name: str, text: str) -> str:
    """Return the text, or the content of the file that is named after ``@``."""
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{name}: expected a text file after '@', got {text[1:]!r}: {reason}") from None
