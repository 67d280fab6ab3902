"""Configuration files, command-line options and notifier URLs, made into parts."""

from ..core.lazy import lazy_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .config_file import read_config_file, table_problems
    from .environment import NOTIFY, notify_of_environment
    from .file_monitors import monitors_of
    from .file_schema import file_schema
    from .log_watches import log_monitor_of, watched_metrics
    from .monitor_file import FileTable, MonitorFile, read_monitor_file, settings_of_channels
    from .notifier_factory import NotifierFactory
    from .run_parts import RunParts, run_parts_of, run_settings_of
    from .run_settings import RUN_SETTINGS
    from .secret_files import others_can_read, warn_of_readers
    from .toml_file import read_toml
    from .variables import read_env_file
    from .watch_settings import Settings, config_of, digest_of, rules_of, settings_of, single_watch
    from .watches import channels_of, watch_of

__all__ = [
    "NOTIFY",
    "RUN_SETTINGS",
    "FileTable",
    "MonitorFile",
    "NotifierFactory",
    "RunParts",
    "Settings",
    "channels_of",
    "config_of",
    "digest_of",
    "file_schema",
    "log_monitor_of",
    "monitors_of",
    "notify_of_environment",
    "others_can_read",
    "read_config_file",
    "read_env_file",
    "read_monitor_file",
    "read_toml",
    "rules_of",
    "run_parts_of",
    "run_settings_of",
    "settings_of",
    "settings_of_channels",
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
        "monitors_of": "file_monitors",
        "file_schema": "file_schema",
        **dict.fromkeys(
            ("FileTable", "MonitorFile", "read_monitor_file", "settings_of_channels"), "monitor_file"
        ),
        "NotifierFactory": "notifier_factory",
        **dict.fromkeys(("RunParts", "run_parts_of", "run_settings_of"), "run_parts"),
        "RUN_SETTINGS": "run_settings",
        **dict.fromkeys(("others_can_read", "warn_of_readers"), "secret_files"),
        "read_toml": "toml_file",
        "read_env_file": "variables",
        **dict.fromkeys(
            ("Settings", "config_of", "digest_of", "rules_of", "settings_of", "single_watch"),
            "watch_settings",
        ),
        **dict.fromkeys(("channels_of", "watch_of"), "watches"),
    },
)
