"""All services of apprise, SMS included.

Services and their URLs: https://appriseit.com/services/

apprise is imported with the first message or check: it is large and adds methods to every logger.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import unquote

from ..core.alerts import Level
from ..core.errors import ConfigError, NotificationError
from ..core.extras import extra
from ..core.messages import Message
from ..core.secret import Secret, scrub
from ..text.cleaning import for_body, for_header
from .address import fingerprint, positive

_REMEMBERED = 512
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,31})://.")
_TYPES = {Level.INFO: "info", Level.WARNING: "warning", Level.CRITICAL: "failure"}


class AppriseNotifier:
    """Sends each message as text through the services of one or several apprise URLs.

    The error names the services that failed, and a retry of the same message goes only to them.

    Args:
        urls: one apprise URL or several, such as ``tgram://…`` or ``twilio://…``.
        timeout: seconds to connect and to wait for each answer; None keeps apprise's defaults and the
            URLs' own ``cto`` and ``rto``.

    Attributes:
        name: the name in logs: ``apprise tgram, twilio 3f9a1c``.

    Raises:
        ConfigError: there is no URL, or one is malformed. The error shows no secret.
        MissingExtraError: apprise is not installed.
    """

    def __init__(self, urls: str | Sequence[str], *, timeout: float | None = None) -> None:
        given = [urls] if isinstance(urls, str) else list(urls)
        self._schemes = [_scheme(url) for url in given]
        digits = fingerprint("\n".join(given))
        self.name = f"apprise {', '.join(self._schemes)} {digits}"
        if not given:
            raise ConfigError("urls: expected at least one apprise URL, got none")
        with extra("apprise"):
            if find_spec("apprise") is None:
                raise ModuleNotFoundError("apprise is not installed", name="apprise")
        self._urls = [Secret(url.strip()) for url in given]
        self._timeout = None if timeout is None else positive(timeout)
        self._services: list[_Service] = []
        self._accepted: OrderedDict[str, set[int]] = OrderedDict()

    def __repr__(self) -> str:
        """Show the name."""
        return f"AppriseNotifier({self.name!r})"

    def verify(self) -> None:
        """Check that apprise understands every URL, without sending anything.

        Raises:
            ConfigError: it does not. The error shows no secret.
        """
        if not self._services:
            self._services = self._loaded()

    def send(self, message: Message) -> None:
        """Send the message to the services that have not accepted it yet.

        Raises:
            NotificationError: a service did not accept it.
        """
        error = self._unusable() or self._try(message)
        if error is not None:
            raise error

    def _unusable(self) -> NotificationError | None:
        try:
            self.verify()
        except ConfigError as error:
            return NotificationError(str(error), permanent=True)
        return None

    def _try(self, message: Message) -> NotificationError | None:
        had = self._accepted.setdefault(message.id, set())
        self._accepted.move_to_end(message.id)
        while len(self._accepted) > _REMEMBERED:
            self._accepted.popitem(last=False)
        failures = []
        for number, service in enumerate(self._services):
            if number not in had:
                reason = service.send(message)
                if reason is None:
                    had.add(number)
                else:
                    failures.append(f"{service.label} ({reason})")
        return NotificationError(f"not accepted by {'; '.join(failures)}") if failures else None

    def _loaded(self) -> list[_Service]:
        with extra("apprise"), _quiet():
            library = import_module("apprise")
        count = len(self._urls)
        services = []
        for number, (url, scheme) in enumerate(zip(self._urls, self._schemes, strict=True), 1):
            service = _Service(library, url, scheme, f"{number} of {count}" if count > 1 else "")
            if service.plugin is None:
                raise ConfigError(
                    f"urls: expected a URL as https://appriseit.com/services/ describes it, got {scheme}://… "
                    f"(number {number}), which apprise does not understand"
                )
            service.limit(self._timeout)
            services.append(service)
        return services


class _Service:
    """One service, with a logger of its own that collects apprise's reasons for a failure."""

    def __init__(self, library: Any, url: Secret, scheme: str, number: str) -> None:
        self._library = library
        self._secrets = Secret("\n".join(_pieces(url.reveal())))
        self._log = _Notes("apprise")
        asset = library.AppriseAsset(async_mode=False, secure_logging=True)
        with _quiet():
            self.plugin = library.Apprise.instantiate(url.reveal(), asset=asset)
            self._one = library.Apprise(asset=asset)
            if self.plugin is not None:
                self._one.add(self.plugin)
                self.plugin.logger = self._log
        name = str(getattr(self.plugin, "service_name", "") or scheme)
        self.label = f"{name} ({scheme}://…{f', {number}' if number else ''})"

    def limit(self, timeout: float | None) -> None:
        if timeout is not None:
            self.plugin.socket_connect_timeout = self.plugin.socket_read_timeout = timeout

    def send(self, message: Message) -> str | None:
        """Return None if the service accepted it, else the reason."""
        self._log.notes.clear()
        try:
            with _quiet():
                accepted = self._one.notify(
                    title=for_header(message.subject, 200),
                    body=for_body(message.text),
                    notify_type=_TYPES[message.level],
                    body_format="text",
                )
        except Exception as failure:  # a plugin of apprise may raise anything
            self._log.notes.append(f"{type(failure).__name__}: {failure}")
            accepted = False
        if accepted:
            return None
        reason = for_header(" ".join(self._log.notes)[:2000], 2000) or "apprise gives no reason"
        return scrub(reason, *self._secrets.reveal().split("\n"))[:300]


class _Notes(logging.Logger):
    """A logger outside the hierarchy that collects warnings."""

    def __init__(self, name: str) -> None:
        super().__init__(name, logging.WARNING)
        self.notes: list[str] = []

    def handle(self, record: logging.LogRecord) -> None:
        if len(self.notes) < 10:
            self.notes.append(record.getMessage())


class _Quiet(logging.Filter):
    """Drops what these libraries log during our calls; what they log for other callers passes.

    apprise would write to the user's terminal, and urllib3 logs paths, which contain the tokens of some
    services. A context variable identifies our calls; apprise copies the context to its own threads.
    """

    _LOGGERS = ("apprise", "urllib3.connectionpool", "urllib3.util.retry")

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._users = 0
        self._ours = ContextVar("ours", default=False)

    def filter(self, record: logging.LogRecord) -> bool:
        return not self._ours.get()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        token = self._ours.set(True)
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)
            self._ours.reset(token)

    def _count(self, step: int) -> None:
        with self._lock:
            self._users += step
            for logger in map(logging.getLogger, self._LOGGERS):
                (logger.addFilter if self._users else logger.removeFilter)(self)


_quiet = _Quiet()


def _scheme(url: str) -> str:
    found = _SCHEME.match(url.strip()) if isinstance(url, str) else None
    if found is None:
        raise ConfigError("urls: expected apprise URLs like scheme://…, got something else")
    return found[1].lower()


def _pieces(url: str) -> list[str]:
    rest = url.strip().partition("://")[2]
    words = {rest, *re.split(r"[/?&=:@#]", rest)}
    words |= {unquote(word) for word in words}
    return sorted((w for w in words if len(w) >= 4 and "\n" not in w), key=len, reverse=True)
