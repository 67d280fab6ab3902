"""The loop, and the monitors of directories, logs and groups that are built on it."""

from ..core.lazy import lazy_names

TYPE_CHECKING = False  # a type checker takes this for true; importing typing would cost more than all else
if TYPE_CHECKING:
    from .checkpoints import ModelMonitor
    from .config.monitor_config import MonitorConfig
    from .groups.watch_group import WatchGroup
    from .inspection import Outcome, inspect_directory
    from .logs import LogMonitor
    from .loop import Monitor
    from .message_renderer import MessageRenderer
    from .resume import ResumeState, Resumption
    from .safe_rendering import bare_message
    from .summary import WatchSummary
    from .watch_outbox import WatchOutbox

__all__ = [
    "LogMonitor",
    "MessageRenderer",
    "ModelMonitor",
    "Monitor",
    "MonitorConfig",
    "Outcome",
    "ResumeState",
    "Resumption",
    "WatchGroup",
    "WatchOutbox",
    "WatchSummary",
    "bare_message",
    "inspect_directory",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "LogMonitor": "logs",
        "MessageRenderer": "message_renderer",
        "ModelMonitor": "checkpoints",
        "Monitor": "loop",
        "MonitorConfig": "config.monitor_config",
        "Outcome": "inspection",
        "ResumeState": "resume",
        "Resumption": "resume",
        "WatchGroup": "groups.watch_group",
        "WatchOutbox": "watch_outbox",
        "WatchSummary": "summary",
        "bare_message": "safe_rendering",
        "inspect_directory": "inspection",
    },
)
