"""Reads the scores in checkpoint names and mails you, once, when one of them matters."""

from importlib import import_module

TYPE_CHECKING = False  # a type checker takes this for true; importing typing would cost more than all else
if TYPE_CHECKING:
    from .alerts import Alert, AlertKind, Level
    from .comparison import Comparison
    from .completion import notify_when_done
    from .config import MonitorConfig
    from .errors import (
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
    from .log_patterns import LogEntry, LogPattern, LogReader, Stage
    from .messages import Message
    from .model_monitor import ModelMonitor
    from .monitor import Monitor
    from .notifiers import BaseNotifier, Notifier
    from .notifiers.apprise import AppriseNotifier
    from .notifiers.dingtalk import DingTalkNotifier
    from .notifiers.email import EmailNotifier
    from .notifiers.feishu import FeishuNotifier
    from .notifiers.mailbox import MailboxNotifier
    from .notifiers.urls import notifier_from_url
    from .notifiers.webhook import WebhookNotifier
    from .notifiers.wecom import WeComNotifier
    from .outbox import Outbox
    from .outbox.memory import MemoryOutbox
    from .outbox.sqlite import SQLiteOutbox
    from .parsers import BaseParser, CustomParser, DefaultParser
    from .readings import Reading, ReadingBatch
    from .rendering import Renderer
    from .rules import (
        DiskRule,
        DivergedRule,
        NotFiniteRule,
        PlateauRule,
        Rule,
        StalledRule,
        ThresholdRule,
        parse_rule,
    )
    from .run_log import setup_logger
    from .sources import Source
    from .sources.directory import DirectorySource
    from .sources.log_file import LogFileSource
    from .sources.log_handler import TrainingLogHandler
    from .sources.side_files import SideFileSource
    from .watch_group import WatchGroup

# Where each public name lives; a module is imported when its first name is asked for.
_HOMES = {
    "Alert": "alerts",
    "AlertKind": "alerts",
    "AppriseNotifier": "notifiers.apprise",
    "AuthenticationError": "errors",
    "BaseNotifier": "notifiers",
    "BaseParser": "parsers",
    "Comparison": "comparison",
    "ConfigError": "errors",
    "CustomParser": "parsers",
    "DefaultParser": "parsers",
    "DingTalkNotifier": "notifiers.dingtalk",
    "DirectorySource": "sources.directory",
    "DiskRule": "rules",
    "DivergedRule": "rules",
    "EmailNotifier": "notifiers.email",
    "FeishuNotifier": "notifiers.feishu",
    "Level": "alerts",
    "LogEntry": "log_patterns",
    "LogFileSource": "sources.log_file",
    "LogPattern": "log_patterns",
    "LogReader": "log_patterns",
    "MailboxNotifier": "notifiers.mailbox",
    "MemoryOutbox": "outbox.memory",
    "Message": "messages",
    "MissingExtraError": "errors",
    "ModelMonitor": "model_monitor",
    "Monitor": "monitor",
    "MonitorConfig": "config",
    "MonitorError": "errors",
    "NotFiniteRule": "rules",
    "NotificationError": "errors",
    "Notifier": "notifiers",
    "Outbox": "outbox",
    "OutboxError": "errors",
    "ParseError": "errors",
    "PlateauRule": "rules",
    "Reading": "readings",
    "ReadingBatch": "readings",
    "Renderer": "rendering",
    "RenderingError": "errors",
    "Rule": "rules",
    "RuleError": "errors",
    "SQLiteOutbox": "outbox.sqlite",
    "SideFileSource": "sources.side_files",
    "Source": "sources",
    "SourceError": "errors",
    "Stage": "log_patterns",
    "StalledRule": "rules",
    "ThresholdRule": "rules",
    "TrainingLogHandler": "sources.log_handler",
    "WatchGroup": "watch_group",
    "WeComNotifier": "notifiers.wecom",
    "WebhookNotifier": "notifiers.webhook",
    "notifier_from_url": "notifiers.urls",
    "notify_when_done": "completion",
    "parse_rule": "rules",
    "setup_logger": "run_log",
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
    "CustomParser",
    "DefaultParser",
    "DingTalkNotifier",
    "DirectorySource",
    "DiskRule",
    "DivergedRule",
    "EmailNotifier",
    "FeishuNotifier",
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
    "Reading",
    "ReadingBatch",
    "Renderer",
    "RenderingError",
    "Rule",
    "RuleError",
    "SQLiteOutbox",
    "SideFileSource",
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
    return sorted({*globals(), *__all__})
