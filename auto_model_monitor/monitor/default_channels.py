"""The channels of a watch: those of its configuration, else the user's defaults, else mails as files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..core.errors import ConfigError
from ..i18n import wording
from ..notifiers import Notifier
from .config.monitor_config import MonitorConfig


def notifiers_for(config: MonitorConfig, log_dir: Path) -> list[Notifier]:
    """Return what a watch with this configuration notifies people by.

    Raises:
        ConfigError: the user's defaults cannot be used.
        MissingExtraError: they need an extra that is not installed.
    """
    from ..notifiers.urls import notifier_from_url

    config, urls = with_user_defaults(config)
    channels = [notifier_from_url(url) for url in urls]
    return channels if channels and config.sender is None else [mailbox_for(config, log_dir), *channels]


def with_user_defaults(config: MonitorConfig) -> tuple[MonitorConfig, tuple[str, ...]]:
    """Return the configuration with the mailbox of the user's defaults, and the URLs that stand there.

    A configuration that names a sender stays as it is.

    Raises:
        ConfigError: the user's defaults cannot be used.
    """
    if config.sender is not None:
        return config, ()
    from ..notifiers.user_defaults import defaults_path, user_defaults

    defaults = user_defaults()
    if defaults is None:
        return config, ()
    mail = {name: value for name, value in defaults.mail.items() if getattr(config, name) is None}
    if defaults.sender is None:
        return config, defaults.notify
    try:
        return replace(config, **mail), defaults.notify
    except ConfigError as error:
        raise ConfigError([f"{defaults_path()}: {problem}" for problem in error.problems]) from None


def mailbox_for(config: MonitorConfig, log_dir: Path) -> Notifier:
    """Return the mailbox that the configuration sends from, else one that keeps mails as files."""
    from ..notifiers.email import EmailNotifier
    from ..notifiers.mailbox import MailboxNotifier

    if config.sender is None:
        receivers = config.receivers or ["you@localhost"]
        return MailboxNotifier(log_dir / "mailbox", receiver=receivers)
    return EmailNotifier(
        config.sender,
        config.receivers,
        config.auth_code,
        host=config.smtp_host,
        port=config.smtp_port,
        security=config.smtp_security,
        display_name=wording(config.language).mail_from,
        user=config.smtp_user,
    )
