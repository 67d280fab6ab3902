"""Reads the scores in checkpoint names and mails you, once, when one of them matters."""

from importlib import import_module

TYPE_CHECKING = False  # a type checker takes this for true; importing typing would cost more than all else
if TYPE_CHECKING:
    from .completion import notify_when_done
    from .core.alerts import Alert, AlertKind, Level
    from .core.clocks import SimulatedClock
    from .core.comparison import Comparison
    from .core.errors import (
        AuthenticationError,
        ConfigError,
        MissingExtraError,
        MonitorError,
        NotificationError,
        OutboxError,
        ParseError,
        RenderingError,
        RuleError,
        SourceError,
    )
    from .core.messages import Message
    from .core.package_version import __version__ as __version__
    from .core.readings import Reading, ReadingBatch
    from .delivery.outbox import Outbox
    from .delivery.outbox.memory import MemoryOutbox
    from .delivery.outbox.sqlite import SQLiteOutbox
    from .log_parser import LogEntry, LogPattern, LogReader, Stage
    from .monitor.checkpoints import ModelMonitor
    from .monitor.config.monitor_config import MonitorConfig
    from .monitor.groups.watch_group import WatchGroup
    from .monitor.loop import Monitor
    from .monitor.schedules.schedule import Cron, Every, Schedule
    from .notifiers import BaseNotifier, Notifier
    from .notifiers.apprise import AppriseNotifier
    from .notifiers.dingtalk import DingTalkNotifier
    from .notifiers.email import EmailNotifier
    from .notifiers.feishu import FeishuNotifier
    from .notifiers.mailbox import MailboxNotifier
    from .notifiers.urls import notifier_from_url
    from .notifiers.webhook import WebhookNotifier
    from .notifiers.wecom import WeComNotifier
    from .parsers import BaseParser, CustomParser, DefaultParser
    from .rendering import Renderer
    from .rules import (
        CrossingRule,
        DiskRule,
        DivergedRule,
        GpuRule,
        NotFiniteRule,
        PlateauRule,
        Rule,
        StalledRule,
        ThresholdRule,
        parse_rule,
    )
    from .runtime.run_log import setup_logger
    from .sources import Source
    from .sources.checkpoints.directory import DirectorySource
    from .sources.logs.log_file import LogFileSource
    from .sources.logs.log_handler import TrainingLogHandler
    from .sources.predictions.prediction_log import PredictionLog
    from .sources.predictions.prediction_source import PredictionSource
    from .sources.prometheus.prometheus_source import PrometheusSource
    from .sources.side_files import SideFileSource
    from .sources.sql import performance_data
    from .sources.sql.sql_source import SQLSource

# Where each public name lives; a module is imported when its first name is asked for.
_HOMES = {
    "Alert": "core.alerts",
    "AlertKind": "core.alerts",
    "AppriseNotifier": "notifiers.apprise",
    "AuthenticationError": "core.errors",
    "BaseNotifier": "notifiers",
    "BaseParser": "parsers",
    "Comparison": "core.comparison",
    "ConfigError": "core.errors",
    "Cron": "monitor.schedules.schedule",
    "CrossingRule": "rules",
    "CustomParser": "parsers",
    "DefaultParser": "parsers",
    "DingTalkNotifier": "notifiers.dingtalk",
    "DirectorySource": "sources.checkpoints.directory",
    "DiskRule": "rules",
    "GpuRule": "rules",
    "DivergedRule": "rules",
    "EmailNotifier": "notifiers.email",
    "Every": "monitor.schedules.schedule",
    "FeishuNotifier": "notifiers.feishu",
    "Level": "core.alerts",
    "LogEntry": "log_parser",
    "LogFileSource": "sources.logs.log_file",
    "LogPattern": "log_parser",
    "LogReader": "log_parser",
    "MailboxNotifier": "notifiers.mailbox",
    "MemoryOutbox": "delivery.outbox.memory",
    "Message": "core.messages",
    "MissingExtraError": "core.errors",
    "ModelMonitor": "monitor.checkpoints",
    "Monitor": "monitor.loop",
    "MonitorConfig": "monitor.config.monitor_config",
    "MonitorError": "core.errors",
    "NotFiniteRule": "rules",
    "NotificationError": "core.errors",
    "Notifier": "notifiers",
    "Outbox": "delivery.outbox",
    "OutboxError": "core.errors",
    "ParseError": "core.errors",
    "PlateauRule": "rules",
    "PredictionLog": "sources.predictions.prediction_log",
    "PredictionSource": "sources.predictions.prediction_source",
    "PrometheusSource": "sources.prometheus.prometheus_source",
    "Reading": "core.readings",
    "ReadingBatch": "core.readings",
    "Renderer": "rendering",
    "RenderingError": "core.errors",
    "Rule": "rules",
    "RuleError": "core.errors",
    "SQLSource": "sources.sql.sql_source",
    "SQLiteOutbox": "delivery.outbox.sqlite",
    "Schedule": "monitor.schedules.schedule",
    "SideFileSource": "sources.side_files",
    "SimulatedClock": "core.clocks",
    "Source": "sources",
    "SourceError": "core.errors",
    "Stage": "log_parser",
    "StalledRule": "rules",
    "ThresholdRule": "rules",
    "TrainingLogHandler": "sources.logs.log_handler",
    "WatchGroup": "monitor.groups.watch_group",
    "WeComNotifier": "notifiers.wecom",
    "WebhookNotifier": "notifiers.webhook",
    "__version__": "core.package_version",
    "notifier_from_url": "notifiers.urls",
    "notify_when_done": "completion",
    "parse_rule": "rules",
    "performance_data": "sources.sql",
    "setup_logger": "runtime.run_log",
}

__all__ = [
    "Alert",
    "AlertKind",
    "AppriseNotifier",
    "AuthenticationError",
    "BaseNotifier",
    "BaseParser",
    "Comparison",
    "ConfigError",
    "Cron",
    "CrossingRule",
    "CustomParser",
    "DefaultParser",
    "DingTalkNotifier",
    "DirectorySource",
    "DiskRule",
    "DivergedRule",
    "EmailNotifier",
    "Every",
    "FeishuNotifier",
    "GpuRule",
    "Level",
    "LogEntry",
    "LogFileSource",
    "LogPattern",
    "LogReader",
    "MailboxNotifier",
    "MemoryOutbox",
    "Message",
    "MissingExtraError",
    "ModelMonitor",
    "Monitor",
    "MonitorConfig",
    "MonitorError",
    "NotFiniteRule",
    "NotificationError",
    "Notifier",
    "Outbox",
    "OutboxError",
    "ParseError",
    "PlateauRule",
    "PredictionLog",
    "PredictionSource",
    "PrometheusSource",
    "Reading",
    "ReadingBatch",
    "Renderer",
    "RenderingError",
    "Rule",
    "RuleError",
    "SQLSource",
    "SQLiteOutbox",
    "Schedule",
    "SideFileSource",
    "SimulatedClock",
    "Source",
    "SourceError",
    "Stage",
    "StalledRule",
    "ThresholdRule",
    "TrainingLogHandler",
    "WatchGroup",
    "WeComNotifier",
    "WebhookNotifier",
    "notifier_from_url",
    "notify_when_done",
    "parse_rule",
    "performance_data",
    "setup_logger",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names too."""
    return sorted({*globals(), *__all__, "__version__"})
