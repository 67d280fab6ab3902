"""A configuration made of keyword arguments, where no :class:`MonitorConfig` is given."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

from ...core.errors import ConfigError
from ...core.near_names import nearest
from ...i18n import Language
from ...notifiers.providers import SecurityMode
from ...parsers import BaseParser
from .monitor_config import MonitorConfig
from .settings_table import Mode

REPORTED_INTERVAL = 5.0  # seconds between two polls of what is in memory already


class ConfigSettings(TypedDict, total=False):
    """The arguments of :class:`.MonitorConfig`, which describes them."""

    watch_dir: str | os.PathLike[str]
    threshold: float | None
    sender: str | None
    receiver: str | Sequence[str] | None
    auth_code: str | None
    check_interval: float
    log_dir: str | os.PathLike[str]
    comparison_mode: Mode | None
    parser: BaseParser | None
    email_subject_template: str | None
    email_content_template: str | None
    email_content_generator: Callable[[float, str], object] | None
    smtp_user: str | None
    smtp_host: str | None
    smtp_port: int | None
    smtp_security: SecurityMode | None
    language: Language
    recursive: bool


def config_of(config: MonitorConfig | None, settings: Mapping[str, Any]) -> MonitorConfig:
    """Return the given configuration, else one of these settings.

    Without a directory the working directory stands in its place, for messages and for ``disk`` rules.

    Raises:
        ConfigError: there are both, a setting is none, or a value is wrong.
    """
    if config is not None:
        if settings:
            names = ", ".join(settings)
            raise ConfigError(
                f"{names}: expected no settings beside a config, got both; use dataclasses.replace(config, …)"
            )
        return config
    unknown = [name for name in settings if name not in ConfigSettings.__annotations__]
    if unknown:
        raise ConfigError([_unknown(name) for name in unknown])
    if "watch_dir" not in settings:
        settings = {"watch_dir": ".", "check_interval": REPORTED_INTERVAL, **settings}
    return MonitorConfig(**settings)


def _unknown(name: str) -> str:
    near = nearest(name, list(ConfigSettings.__annotations__))
    hint = f"; is {near} meant?" if near else ""
    return f"{name}: expected a setting of MonitorConfig, got another name{hint}"
