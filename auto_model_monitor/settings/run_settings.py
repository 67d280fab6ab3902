"""Every setting of the command ``run`` and of its table ``[run]``, described once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..core.durations import to_seconds
from ..core.sizes import to_bytes
from ..monitor.config.settings_table import SETTINGS, Setting
from ..monitor.config.value_checks import is_bool, is_number, is_path

_MAIL = ("sender", "receiver", "auth_code", "smtp_user", "smtp_host", "smtp_port", "smtp_security")


def _is_time(value: Any) -> bool:
    seconds: Any = to_seconds(value) if isinstance(value, str) else value
    return is_number(seconds) and seconds > 0


def _is_size(value: Any) -> bool:
    size: Any = to_bytes(value) if isinstance(value, str) else value
    return is_number(size) and size >= 1


#: What only ``run`` has.
OF_RUN: Mapping[str, Setting] = {
    "command": Setting("a list of words, such as ['python', 'train.py']", (list,)),
    "name": Setting(
        "a text",
        (str,),
        help="what messages call the training (default: the script's name)",
        flags=("--name",),
        metavar="NAME",
        expected="a name",
        accepts=lambda value: isinstance(value, str) and bool(value.strip()),
    ),
    "stop_on": Setting(
        "a rule or a list of rules",
        (str, list),
        help="end the training when it is met, such as nan, 'diverged 3x', 'plateau 30' or "
        "'val_acc >= 0.99 for 3'; repeatable; exit status 75 (default: nothing ends it)",
        flags=("--stop-on",),
        metavar="TEXT",
    ),
    "timeout": Setting(
        "a number of seconds or a text such as '12h'",
        (int, float, str),
        help="end the training after this time, such as 90min, 12h or 2d; exit status 124",
        flags=("--timeout",),
        metavar="TIME",
        expected="a time such as '90min', '12h' or '2d'",
        accepts=_is_time,
    ),
    "watch_dirs": Setting(
        "a directory or a list of directories",
        (str, list),
        help="also read the files of numbers and the checkpoints that appear in it, besides those below the "
        "working directory; repeatable",
        flags=("--watch",),
        metavar="DIR",
        other_names=("watch",),
    ),
    "log_file": Setting(
        "the path of a file",
        (str,),
        help="where the output is kept as it came (default: LOG_DIR/runs/N/output.log)",
        flags=("--log-file",),
        metavar="FILE",
        expected="the path of a file",
        accepts=is_path,
    ),
    "max_log": Setting(
        "a number of bytes or a text such as '1GB'",
        (int, float, str),
        help="the most that the log may take on the disk, such as 500MB (default: 2GB)",
        flags=("--max-log",),
        metavar="SIZE",
        expected="a size such as '500MB' or '2GiB'",
        accepts=_is_size,
    ),
    "keep_running": Setting(
        "true or false",
        (bool,),
        help="let the training go on when the terminal closes, as nohup does",
        flags=("--keep-running",),
        expected="True or False",
        accepts=is_bool,
    ),
    "notify_start": Setting(
        "true or false",
        (bool,),
        help="also send a message when the training starts",
        flags=("--notify-start",),
        expected="True or False",
        accepts=is_bool,
    ),
}
#: What ``[run]`` may hold.
RUN_SETTINGS: Mapping[str, Setting] = {
    **OF_RUN,
    **{
        name: SETTINGS[name]
        for name in ("rules", "metric", "log_patterns", "check_interval", "log_dir", "digest", "plots")
    },
    **{name: SETTINGS[name] for name in ("notify", *_MAIL, "language")},
}


def run_value_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of what only ``run`` has, each with the name of its setting."""
    for name, setting in OF_RUN.items():
        if name in settings and setting.is_wrong(settings[name]):
            yield f"{name}: expected {setting.expected}, got {settings[name]!r}"
