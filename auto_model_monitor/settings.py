"""The command line and a file, made into one configuration."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .config import MonitorConfig
from .config_file import others_can_read, read_config_file
from .errors import ConfigError
from .parsers import BaseParser, CustomParser, DefaultParser
from .terminal import Terminal

#: The options whose names are fields of ``MonitorConfig``, and those that stand for its parser.
NAMES = (
    *("watch_dir", "threshold", "sender", "receiver", "check_interval", "log_dir", "comparison_mode"),
    *("email_subject_template", "email_content_template", "smtp_host", "smtp_port", "smtp_security"),
    *("language", "recursive", "pattern", "metric"),
)


def settings_of(options: argparse.Namespace, screen: Terminal) -> dict[str, Any]:
    """Return what the file and the command line say; the command line wins.

    Raises:
        ConfigError: the file cannot be used.
    """
    path: str | None = options.config
    settings = {} if path is None else read_config_file(path)
    if path is not None and "auth_code" in settings and others_can_read(path):
        text = f"warning: {path} holds an auth_code and others can read it; type: chmod 600 {path}"
        screen.say(screen.paint(text, "yellow"))
    given: dict[str, Any] = {name: getattr(options, name, None) for name in NAMES}
    given = {name: value for name, value in given.items() if value is not None}
    if "pattern" in given or "metric" in given:
        settings.pop("pattern", None)
        settings.pop("metric", None)
    for name in ("email_subject_template", "email_content_template"):
        if name in given:
            given[name] = _text_or_file(name, given[name])
    return {**settings, **given}


def parser_of(settings: dict[str, Any]) -> BaseParser:
    """Return the parser that the settings ask for.

    Raises:
        ConfigError: the pattern or the metric cannot work.
    """
    if settings.get("pattern") is not None:
        return CustomParser(settings["pattern"])
    return DefaultParser(settings.get("metric"))


def config_of(settings: dict[str, Any]) -> MonitorConfig:
    """Return the configuration.

    Raises:
        ConfigError: with every problem of all the settings.
    """
    fields = {"watch_dir": None, "threshold": None, **settings}
    problems: list[str] = []
    try:
        fields["parser"] = parser_of(settings)
    except ConfigError as error:
        problems += error.problems
    fields.pop("pattern", None)
    fields.pop("metric", None)
    try:
        config = MonitorConfig(**fields)
    except ConfigError as error:
        problems += error.problems
    if problems:
        raise ConfigError(problems)
    return config


def _text_or_file(name: str, text: str) -> str:
    """Return the text, or what the file holds that is named after ``@``."""
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"{name}: wanted a text file after '@', got {text[1:]!r}: {reason}") from None
