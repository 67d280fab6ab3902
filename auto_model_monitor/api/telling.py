"""Whom a server tells of its trainings, and of what: the same rules, mailbox and channels as for a watch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..settings import NotifierFactory, config_of, notify_of_environment, table_problems
from ..text.terminal import Terminal
from ..training import Dispatcher
from ..training_alerts.training_monitor import TrainingMonitor

#: What may be said of it, on the command line and in the file's table ``[tell]``.
NAMES = (
    *("rules", "notify", "sender", "receiver", "auth_code", "smtp_host", "smtp_port", "smtp_security"),
    "language",
)
_GRACE = 1.0  # seconds that what is due gets when the server ends: it is owed, and goes out at the next start

Watch = Callable[[Dispatcher], TrainingMonitor]


def telling(asked: Mapping[str, Any], store: Path, errors: Terminal) -> Watch | None:
    """Return what makes the monitor of a dispatcher; None where nobody wants to be told.

    Args:
        asked: the values of :data:`NAMES` that were given.
        store: where mails are written as files if there is neither a mailbox nor another channel.
        errors: where a file with secrets that others can read is warned of.

    Raises:
        ConfigError: the mailbox or a channel cannot work.
        MissingExtraError: a channel needs an extra that is not installed.
    """
    if not asked and not notify_of_environment():
        return None
    mailbox = {name: value for name, value in asked.items() if name not in ("rules", "notify")}
    config = config_of({**mailbox, "watch_dir": str(store), "log_dir": str(store)})
    factory = NotifierFactory()
    notifiers = factory.of(config, asked.get("notify"))
    factory.warn_of_readers(errors)

    def watch(dispatcher: Dispatcher) -> TrainingMonitor:
        monitor = TrainingMonitor(dispatcher, asked.get("rules", ()), notifiers, language=config.language)
        monitor.grace = _GRACE
        return monitor

    return watch


def problems_of(asked: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with a table ``[tell]``."""
    yield from (f"tell.{problem}" for problem in table_problems(asked, NAMES))
