"""Completes a configuration with its defaults, and finds every problem in it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from ...core.errors import ConfigError
from ...core.paths import expanded
from ...notifiers.providers import provider_for, split_addresses
from ...parsers import BaseParser, DefaultParser
from ...rendering.templates import template_problems
from .monitor_config import AUTH_CODE, AUTH_CODE_FILE, SMTP_USER, MonitorConfig
from .settings_table import SETTINGS


def complete(config: MonitorConfig) -> None:
    """Fill in the parser and the authorisation code where none was given, and check everything.

    Raises:
        ConfigError: it lists every problem.
    """
    problems = []
    if config.parser is None:
        object.__setattr__(config, "parser", DefaultParser())
    if config.auth_code is None and config.sender is not None:
        code, problem = _auth_code_of_environment()
        code = code or (None if problem else _kept_auth_code(config.sender))
        object.__setattr__(config, "auth_code", code)
        problems += [problem] if problem else []
    if config.smtp_user is None and config.sender is not None:
        object.__setattr__(config, "smtp_user", os.environ.get(SMTP_USER, "").strip() or None)
    problems += [*_single_problems(config), *_mail_problems(config), *_template_problems(config)]
    if problems:
        raise ConfigError(problems)
    if config.auth_code is not None:
        object.__setattr__(config, "auth_code", config.auth_code.strip())


def _auth_code_of_environment() -> tuple[str | None, str | None]:
    """Return the code that the environment gives, and a problem if it gives one that cannot be read."""
    if code := os.environ.get(AUTH_CODE, "").strip():
        return code, None
    path = os.environ.get(AUTH_CODE_FILE)
    if not path:
        return None, None
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:  # noqa: PTH111, PTH123
            return file.readline(4096).strip() or None, None
    except (OSError, UnicodeDecodeError) as error:
        return None, f"{AUTH_CODE_FILE}: expected a file that can be read, got {path!r}: {error}"


def _kept_auth_code(sender: object) -> str | None:
    """Return the code that the user's defaults keep for this sender."""
    from ...notifiers.user_defaults import user_defaults

    defaults = user_defaults()
    return defaults.auth_code if defaults is not None and defaults.sender == sender else None


def _wrong(name: str, expected: str, got: object) -> str:
    return f"{name}: expected {expected}, got {_short(got)}"


def _short(value: object) -> str:
    try:
        text = repr(value)
    except Exception:  # an object that is not fully made may have no repr
        text = f"one of type {type(value).__name__}"
    return text if len(text) <= 80 else text[:77] + "..."


def _single_problems(config: MonitorConfig) -> Iterator[str]:
    yield from value_problems({name: getattr(config, name, None) for name in config.__dataclass_fields__})
    yield from _home_problems(config)
    if not isinstance(config.parser, BaseParser):
        expected = "an instance of a subclass of BaseParser, such as CustomParser(r'loss_([0-9.]+)')"
        yield _wrong("parser", expected, config.parser)


def value_problems(settings: Mapping[str, object]) -> Iterator[str]:
    """Yield the problems of single values, by the table of the settings."""
    for name, setting in SETTINGS.items():
        if name in settings and setting.is_wrong(settings[name]):
            yield _wrong(name, setting.expected, settings[name])


def _home_problems(config: MonitorConfig) -> Iterator[str]:
    for name in ("watch_dir", "log_dir"):
        path = getattr(config, name)
        if isinstance(path, (str, os.PathLike)) and os.fspath(path)[:1] == "~":
            try:
                expanded(path)
            except ConfigError as error:
                yield f"{name}: {error}"


def _mail_problems(config: MonitorConfig) -> Iterator[str]:
    yield from _address_problems(config)
    if config.sender is None:
        return
    code: Any = config.auth_code
    if code is not None and not isinstance(code, str):
        yield f"auth_code: expected a text, got a {type(code).__name__}"
    elif code and not code.isascii():
        yield "auth_code: expected letters, digits and signs of ASCII, got others (a placeholder?)"
    elif not (code and code.strip()) and config.smtp_security != "none":
        yield (
            "auth_code: expected the mailbox's authorisation code, got none; put it into the environment "
            f"variable {AUTH_CODE}, or into a file that {AUTH_CODE_FILE} names"
        )


def _address_problems(config: MonitorConfig) -> Iterator[str]:
    if config.receiver is not None:
        try:
            split_addresses(config.receiver)
        except (ValueError, TypeError) as error:
            yield f"receiver: {error}"
    sender: Any = config.sender
    if sender is None:
        return
    if not _is_one_address(sender):
        yield _wrong("sender", "one address, such as 'you@qq.com'", sender)
    elif config.smtp_host is None and provider_for(sender) is None:
        domain = sender.rpartition("@")[2]
        yield (
            f"smtp_host: expected the mail server of {domain!r}, which is not a known provider, "
            f"such as 'smtp.{domain}', got none"
        )


def _is_one_address(sender: object) -> bool:
    try:
        return isinstance(sender, str) and split_addresses(sender) == [sender.strip()]
    except ValueError:
        return False


def _template_problems(config: MonitorConfig) -> Iterator[str]:
    for name in ("email_subject_template", "email_content_template"):
        template = getattr(config, name)
        if isinstance(template, str):
            yield from template_problems(template, name)
        elif template is not None:
            yield _wrong(name, "a text with placeholders such as {score}", template)
