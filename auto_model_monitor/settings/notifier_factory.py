"""The sender's mailbox and the URLs of ``--notify``, made into notifiers, each once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from threading import Lock

from ..core.errors import ConfigError
from ..core.paths import expanded
from ..monitor.config.monitor_config import MonitorConfig
from ..monitor.default_channels import mailbox_for, with_user_defaults
from ..notifiers import Notifier
from ..notifiers.shared import SharedNotifier
from ..text.terminal import Terminal
from .config_problems import ConfigProblems
from .environment import notify_of_environment
from .secret_files import others_can_read, warn_of_readers

_MAILTO = "mailto:"


class NotifierFactory:
    """Makes the notifiers of one or several watches; equal ones are made once.

    Args:
        shared: True where several watches send through them at the same time.
    """

    def __init__(self, *, shared: bool = False) -> None:
        self._open_files: dict[str, None] = {}
        self._shared = shared
        self._made: dict[Hashable, tuple[Notifier, Lock]] = {}

    def of(self, config: MonitorConfig, notify: Sequence[str] | None) -> list[Notifier]:
        """Return the notifiers of a watch.

        The sender's mailbox sends to the receivers of ``config``, unless none is given there and a
        ``mailto:`` names others. Without a sender and URLs the user's defaults hold, and else mails are
        files.

        Args:
            config: the mailbox that sends, and the receivers.
            notify: URLs, and files of URLs as ``@path``; None reads the environment variable
                ``AUTO_MODEL_MONITOR_NOTIFY``: URLs between blanks or lines, or one ``@path``.

        Raises:
            ConfigError: with every URL that is no channel, or cannot work. It shows no secret.
            MissingExtraError: a URL needs an extra that is not installed.
        """
        found: dict[Hashable, Notifier] = {}
        problems = ConfigProblems()
        urls = self._urls(notify)
        if not urls:
            config, defaults = with_user_defaults(config)
            urls = list(defaults)
        named = config.receiver is not None or not any(map(_is_mailto, urls))
        if not urls or (config.sender is not None and named):
            self._add_mailbox(found, config, config.receivers)
        for url in urls:
            with problems.collected():
                if _is_mailto(url):
                    self._add_mailbox(found, _sending(config, url), _addresses(url))
                else:
                    self._add(found, url, partial(_notifier, url))
        problems.raise_any()
        return list(found.values())

    def warn_of_readers(self, screen: Terminal) -> None:
        """Warn of each file of URLs that other people of this machine can read."""
        for path in self._open_files:
            warn_of_readers(path, "URLs", screen)

    def _urls(self, notify: Sequence[str] | None) -> list[str]:
        if notify is None:
            text = notify_of_environment()
            notify = [text] if text.startswith("@") else text.split()
        urls = [url for entry in notify for url in (self._lines(entry[1:]) if entry[:1] == "@" else [entry])]
        return list(dict.fromkeys(urls))

    def _lines(self, path: str) -> Iterator[str]:
        try:
            text = expanded(path).read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
            raise ConfigError(f"notify: expected a file of URLs after '@', got {path!r}: {reason}") from None
        if others_can_read(path):
            self._open_files[path] = None
        lines = map(str.strip, text.splitlines())
        return (line for line in lines if line and not line.startswith("#"))

    def _add_mailbox(
        self, found: dict[Hashable, Notifier], config: MonitorConfig, receivers: Sequence[str]
    ) -> None:
        log_dir = expanded(config.log_dir).absolute()
        server = (config.smtp_user, config.smtp_host, config.smtp_port, config.smtp_security)
        key = (config.sender, config.auth_code, server, tuple(receivers), config.sender or log_dir)
        # Without a receiver the mailbox in a folder takes one of its own.
        own = replace(config, receiver=list(receivers)) if receivers else config
        self._add(found, key, lambda: mailbox_for(own, log_dir))

    def _add(self, found: dict[Hashable, Notifier], key: Hashable, make: Callable[[], Notifier]) -> None:
        first = key not in self._made
        if first:
            self._made[key] = make(), Lock()
        notifier, turn = self._made[key]
        found[key] = SharedNotifier(notifier, turn, verifies=first) if self._shared else notifier


def _is_mailto(url: str) -> bool:
    # mailto:// with a server and a password is one of apprise's.
    return url[: len(_MAILTO)].lower() == _MAILTO and not url[len(_MAILTO) :].startswith("//")


def _addresses(url: str) -> list[str]:
    from urllib.parse import unquote

    from ..notifiers.providers import split_addresses

    try:
        return split_addresses(unquote(url[len(_MAILTO) :].partition("?")[0]))
    except ValueError:
        # What stands there may hold a password, as in apprise's mailto://.
        raise ConfigError("notify: expected an address such as mailto:you@qq.com, got another") from None


def _sending(config: MonitorConfig, url: str) -> MonitorConfig:
    if config.sender is None:
        to = ", ".join(_addresses(url))
        raise ConfigError(f"notify: expected a sender, whose mailbox sends to {to}, got none")
    return config


def _notifier(url: str) -> Notifier:
    from ..notifiers.urls import notifier_from_url

    return notifier_from_url(url)
