"""The values that all rooms share: readings, alerts, messages and errors."""

from .lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from .alerts import Alert, AlertKind, Detail, Level
    from .clocks import Clock, SystemClock
    from .comparison import Comparison, usual_direction
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
    from .messages import Fact, Message, Picture
    from .metric_history import MetricHistory, Point
    from .readings import Reading, ReadingBatch

_HOMES = {
    "alerts": "Alert AlertKind Detail Level",
    "clocks": "Clock SystemClock",
    "comparison": "Comparison usual_direction",
    "errors": "AuthenticationError ConfigError MissingExtraError MonitorError NotificationError OutboxError "
    "ParseError RenderingError RuleError SourceError",
    "messages": "Fact Message Picture",
    "metric_history": "MetricHistory Point",
    "readings": "Reading ReadingBatch",
}

__all__ = [
    "Alert",
    "AlertKind",
    "AuthenticationError",
    "Clock",
    "Comparison",
    "ConfigError",
    "Detail",
    "Fact",
    "Level",
    "Message",
    "MetricHistory",
    "MissingExtraError",
    "MonitorError",
    "NotificationError",
    "OutboxError",
    "ParseError",
    "Picture",
    "Point",
    "Reading",
    "ReadingBatch",
    "RenderingError",
    "RuleError",
    "SourceError",
    "SystemClock",
    "usual_direction",
]

__getattr__, __dir__ = lazy_names(
    __name__, {name: module for module, names in _HOMES.items() for name in names.split()}
)
