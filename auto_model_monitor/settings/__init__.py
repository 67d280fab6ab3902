"""Configuration files, command-line options and notifier URLs, made into parts."""

from ..core.lazy import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .config_file import read_config_file, table_problems
    from .environment import NOTIFY, notify_of_environment
    from .log_watches import log_monitor_of, watched_metrics
    from .notifier_factory import NotifierFactory
    from .secret_files import others_can_read, warn_of_readers
    from .toml_file import read_toml
    from .watch_settings import Settings, config_of, digest_of, rules_of, settings_of, single_watch
    from .watches import channels_of, watch_of

__all__ = [
    "NOTIFY",
    "NotifierFactory",
    "Settings",
    "channels_of",
    "config_of",
    "digest_of",
    "log_monitor_of",
    "notify_of_environment",
    "others_can_read",
    "read_config_file",
    "read_toml",
    "rules_of",
    "settings_of",
    "single_watch",
    "table_problems",
    "warn_of_readers",
    "watch_of",
    "watched_metrics",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        **dict.fromkeys(("read_config_file", "table_problems"), "config_file"),
        **dict.fromkeys(("NOTIFY", "notify_of_environment"), "environment"),
        **dict.fromkeys(("log_monitor_of", "watched_metrics"), "log_watches"),
        "NotifierFactory": "notifier_factory",
        **dict.fromkeys(("others_can_read", "warn_of_readers"), "secret_files"),
        "read_toml": "toml_file",
        **dict.fromkeys(
            ("Settings", "config_of", "digest_of", "rules_of", "settings_of", "single_watch"),
            "watch_settings",
        ),
        **dict.fromkeys(("channels_of", "watch_of"), "watches"),
    },
)
