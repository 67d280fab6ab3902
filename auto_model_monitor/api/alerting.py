"""Messages about the trainings of a server: the same rules, mailbox and notifiers as for a watch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..settings import NotifierFactory, config_of, digest_of, notify_of_environment, table_problems
from ..settings.log_watches import rule_in_logs
from ..text.terminal import Terminal
from ..training import Dispatcher
from ..training_alerts.training_monitor import TrainingMonitor

#: The table of the alerts' settings in a server's file.
ALERT_TABLE = "tell"
#: The settings of the alerts, on the command line and in that table.
ALERT_SETTINGS = (
    *("rules", "notify", "sender", "receiver", "auth_code", "smtp_user", "smtp_host", "smtp_port"),
    *("smtp_security", "language", "digest"),
)
_GRACE = 1.0  # seconds for pending messages when the server stops; the rest is sent after the next start

MonitorFactory = Callable[[Dispatcher], TrainingMonitor]


def monitor_factory(given: Mapping[str, Any], store: Path, errors: Terminal) -> MonitorFactory | None:
    """Return what makes the monitor of a dispatcher; None if neither a setting nor a notifier is given.

    Args:
        given: the given values of :data:`ALERT_SETTINGS`.
        store: where mails become files if there is neither a mailbox nor another notifier.
        errors: where a warning about a file with secrets that others can read is printed.

    Raises:
        ConfigError: the mailbox or a notifier cannot work.
        MissingExtraError: a notifier needs an extra that is not installed.
    """
    if not given and not notify_of_environment():
        return None
    mailbox = {name: value for name, value in given.items() if name not in ("rules", "notify")}
    config = config_of({**mailbox, "watch_dir": str(store), "log_dir": str(store)})
    factory = NotifierFactory()
    notifiers = factory.of(config, given.get("notify"))
    factory.warn_of_readers(errors)
    rules = [rule_in_logs(text) for text in given.get("rules", ())]

    def make_monitor(dispatcher: Dispatcher) -> TrainingMonitor:
        monitor = TrainingMonitor(
            dispatcher, rules, notifiers, language=config.language, digest=digest_of(given)
        )
        monitor.grace = _GRACE
        return monitor

    return make_monitor


def alert_problems(table: Mapping[str, object]) -> Iterator[str]:
    """Yield what is wrong with a file's table of the alerts' settings."""
    yield from (f"{ALERT_TABLE}.{problem}" for problem in table_problems(table, ALERT_SETTINGS))
