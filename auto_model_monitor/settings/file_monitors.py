"""The tables of the file of the command ``monitor``, made into monitors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from ..core.host import host_name
from ..monitor.checkpoints import ModelMonitor
from ..monitor.config.monitor_config import MonitorConfig
from ..monitor.loop import Monitor
from ..monitor.parts import directory_from, source_key
from ..monitor.schedules.schedule import schedule_of
from ..rendering import Renderer
from ..rendering.delivery_messages import DeliveryMessageRenderer
from ..sources import InTimeZone, Source
from ..text.terminal import Terminal
from .config_problems import ConfigProblems, shortened
from .hiding_source import hiding, outbox_of_hidden
from .monitor_file import MONITOR_SETTINGS, FileTable, MonitorFile
from .notifier_factory import NotifierFactory
from .secret_files import others_can_read, warn_of_readers
from .source_settings import kind_of, source_settings
from .variables import Variables
from .watch_settings import Settings, config_of, digest_of
from .watches import model_monitor_of


def monitors_of(file: MonitorFile, errors: Terminal) -> list[Monitor]:
    """Return the monitor of each table of a file; nothing is opened or sent yet.

    Args:
        file: the file.
        errors: shows the warning about a file of secrets that others can read.

    Raises:
        ConfigError: with every problem of every table, at most twenty.
        MissingExtraError: a table needs an extra that is not installed.
    """
    factory = NotifierFactory(shared=True)
    monitors: list[Monitor] = []
    problems = ConfigProblems()
    with file.variables.hidden():
        for table in file.tables:
            with problems.collected(f"{file.path}: {table.name}: "):
                monitors.append(_monitor(table, factory, file.variables))
        if not problems:
            problems += _repeated(file, monitors)
        ConfigProblems(shortened(problems, f"{file.path}: ")).raise_any()
    factory.warn_of_readers(errors)
    for path, content in file.secrets.items():
        if others_can_read(path):
            warn_of_readers(path, content, errors)
    for monitor in monitors:
        monitor.run_log_dir = None  # there is one for all of them
    return monitors


def _monitor(table: FileTable, factory: NotifierFactory, variables: Variables) -> Monitor:
    if table.kind == "watch":
        return model_monitor_of(table.settings, factory, resume=True)
    settings = table.settings
    problems = ConfigProblems()
    with problems.collected():
        source = _source(settings, variables)
    with problems.collected():
        config = _mail_config(settings)
        notifiers = factory.of(config, settings.get("notify"))
    problems.raise_any()
    schedule = settings.get("schedule")
    return Monitor(
        source,
        settings.get("rules", ()),
        notifiers,
        renderer=Renderer(
            language=config.language,
            subject_template=config.email_subject_template,
            content_template=config.email_content_template,
            watch_dir=source.name,
            host=host_name(),
        ),
        words=DeliveryMessageRenderer(language=config.language, host=host_name()),
        schedule=None if schedule is None else schedule_of(schedule, _zone(table, source)),
        log_dir=settings["log_dir"],
        outbox=outbox_of_hidden(source, variables, directory_from(settings["log_dir"])),
        digest=digest_of(settings),
        notify_start=settings.get("notify_start", False),
    )


def _source(settings: Settings, variables: Variables) -> Source:
    kind = kind_of(settings)
    arguments = {name: settings[name] for name in source_settings(kind) if name in settings}
    source: Source = hiding(kind.source, variables)(**arguments)
    return source


def _mail_config(settings: Settings) -> MonitorConfig:
    names = MonitorConfig.__dataclass_fields__.keys() & MONITOR_SETTINGS.keys()
    mail: dict[str, Any] = {name: settings[name] for name in names & settings.keys()}
    return config_of({"watch_dir": ".", **mail})


def _zone(table: FileTable, source: Source) -> str | tzinfo | None:
    return table.timezone or (source.timezone if isinstance(source, InTimeZone) else None)


def _repeated(file: MonitorFile, monitors: Sequence[Monitor]) -> list[str]:
    """Return a problem for each table that watches the same as one before it, with the same outbox."""
    first: dict[tuple[str, str], str] = {}
    problems = []
    for table, monitor in zip(file.tables, monitors, strict=True):
        watch = monitor.watch_key if isinstance(monitor, ModelMonitor) else source_key(monitor.source)
        before = first.setdefault((watch, str(table.settings["log_dir"])), table.name)
        if before != table.name:
            problems.append(
                f"{file.path}: {table.name}: expected another source than {before}, got the same: "
                "put the rules into one table, or give one a log_dir of its own"
            )
    return problems
