"""The settings of each watch: a file's, with those of the command line over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..core.durations import to_seconds
from ..core.errors import ConfigError
from ..core.paths import expanded
from ..monitor.config.config_checks import value_problems
from ..monitor.config.monitor_config import MonitorConfig
from ..monitor.config.settings_table import MODES, SETTINGS
from ..monitor.watch_rules import parser_of
from ..parsers import CustomParser, DefaultParser
from ..rules import Rule
from ..text.terminal import Terminal
from .config_file import read_config_file
from .config_problems import ConfigProblems, shortened
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
    common.pop("run", None)  # of the command run
    if path is not None:
        _warn_of_secrets(path, [common, *tables], screen)
    options = {name: given[name] for name in SETTINGS if given.get(name) is not None}
    for name in ("email_subject_template", "email_content_template"):
        if name in options:
            options[name] = _text_or_file(name, options[name])
    directories = options.pop("watch_dir", None)
    if path is not None:
        _refuse_wrong_values(path, [_merged(common, table) for table in tables], options)
    if directories:
        if tables != [{}]:
            raise ConfigError(f"DIR: expected the directories here or as [[watch]] in {path}, got both")
        listed = [directories] if isinstance(directories, str) else directories
        tables = [{"watch_dir": directory} for directory in listed]
    return [_merged(common, table, options) for table in tables]


def _refuse_wrong_values(path: str, tables: Sequence[Settings], options: Settings) -> None:
    """Refuse wrong values of the file that no option replaces; those of the options come along."""
    found: dict[str, bool] = {}
    for number, table in enumerate(tables, 1):
        watch = f"watch {number}: " if len(tables) > 1 else ""
        for problem in _wrong(_merged(table, options)):
            of_file = problem.partition(":")[0] not in options
            found[f"{path}: {watch}{problem}" if of_file else problem] = of_file
        if len(found) > len(options) + 20:
            break
    if any(found.values()):
        raise ConfigError(shortened(found, f"{path}: "))


def _wrong(settings: Settings) -> Iterator[str]:
    """Yield the problems that the settings of a file have by themselves."""
    problems = ConfigProblems()
    with problems.collected():
        config_of({"watch_dir": ".", **settings})
    if settings.get("rules"):
        with problems.collected():
            rules_of(settings)
    yield from (problem for problem in problems if problem.partition(":")[0] in settings)


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


def config_of(settings: Settings) -> MonitorConfig:
    """Return the configuration of a watch.

    Raises:
        ConfigError: with every problem of all the settings.
    """
    fields = {name: settings[name] for name in MonitorConfig.__dataclass_fields__ if name in settings}
    fields.setdefault("watch_dir", None)
    problems = ConfigProblems()
    with problems.collected():
        pattern = settings.get("pattern")
        fields["parser"] = DefaultParser(settings.get("metric")) if pattern is None else CustomParser(pattern)
    with problems.collected():
        config = MonitorConfig(**fields)
    problems.extend(value_problems({n: settings[n] for n in settings.keys() - fields.keys()}))
    problems.raise_any()
    return config


def digest_of(settings: Mapping[str, Any]) -> float:
    """Return the seconds for which messages are collected into one; 0 sends each immediately."""
    given = settings.get("digest") or 0.0
    seconds = to_seconds(given) if isinstance(given, str) else float(given)
    assert seconds is not None  # checked with the other settings
    return seconds


def rules_of(settings: Settings) -> list[Rule]:
    """Return the rules of a watch, each text once.

    Raises:
        ConfigError: with every rule that cannot be read, or because there is neither a rule nor a threshold.
    """
    texts = settings.get("rules") or ()
    if settings.get("threshold") is None and not texts:
        raise ConfigError("threshold: expected a finite number, such as 0.004, or rules, got neither")
    from ..rules import parse_rule  # it imports every rule

    directory = expanded(settings.get("watch_dir") or ".").absolute()
    # A wrong mode is a problem of its own, which MonitorConfig reports.
    comparison = MODES.get(settings.get("comparison_mode") or "")
    rules: list[Rule] = []
    problems = ConfigProblems()
    for text in dict.fromkeys(texts):
        with problems.collected("rules: "):
            rules.append(parse_rule(text, path=str(directory), comparison=comparison))
    problems.raise_any()
    return rules


def reading_the_rules_metric(config: MonitorConfig, rules: Sequence[Rule]) -> MonitorConfig:
    """Return the configuration of which, without a threshold, the parser reads the metric of the first rule.

    The parser is part of the watch's key, under which earlier versions recorded its alerts.
    """
    return config if config.threshold is not None else replace(config, parser=parser_of(config, rules))


def _text_or_file(name: str, text: str) -> str:
    """Return the text, or the content of the file that is named after ``@``."""
    if not text.startswith("@"):
        return text
    try:
        return expanded(text[1:]).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{name}: expected a text file after '@', got {text[1:]!r}: {reason}") from None
