"""Reads the scores in checkpoint names and mails you, once, when one of them matters."""

from .alerts import Alert, Level
from .comparison import Comparison
from .config import MonitorConfig
from .errors import (
    AuthenticationError,
    ConfigError,
    MissingExtraError,
    MonitorError,
    NotificationError,
    ParseError,
    RenderingError,
    RuleError,
    SourceError,
)
from .messages import Message
from .monitor import ModelMonitor, Monitor
from .notifiers import Notifier
from .notifiers import Notifier as BaseNotifier
from .notifiers.email import EmailNotifier
from .notifiers.mailbox import MailboxNotifier
from .outbox import MemoryOutbox, Outbox
from .parsers import BaseParser, CustomParser, DefaultParser
from .readings import Reading, ReadingBatch
from .rendering import Renderer
from .rules import Rule, ThresholdRule
from .run_log import setup_logger
from .sources import Source
from .sources.directory import DirectorySource

__all__ = [
    "Alert",
    "AuthenticationError",
    "BaseNotifier",
    "BaseParser",
    "Comparison",
    "ConfigError",
    "CustomParser",
    "DefaultParser",
    "DirectorySource",
    "EmailNotifier",
    "Level",
    "MailboxNotifier",
    "MemoryOutbox",
    "Message",
    "MissingExtraError",
    "ModelMonitor",
    "Monitor",
    "MonitorConfig",
    "MonitorError",
    "NotificationError",
    "Notifier",
    "Outbox",
    "ParseError",
    "Reading",
    "ReadingBatch",
    "Renderer",
    "RenderingError",
    "Rule",
    "RuleError",
    "Source",
    "SourceError",
    "ThresholdRule",
    "setup_logger",
]
