"""Every setting of a watch, described once: what may be given, as which option, and what its help is.

``MonitorConfig``, the TOML file, the command line and its help are made from :data:`SETTINGS`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from ...core.comparison import Comparison
from .value_checks import (
    is_bool,
    is_digest,
    is_duration,
    is_host,
    is_login,
    is_number,
    is_path,
    is_port,
    one_of,
)

Mode = Literal["lower", "higher", "min", "max"]
#: What ``comparison_mode`` may be, and the direction of each.
MODES = {
    "lower": Comparison.LOWER,
    "higher": Comparison.HIGHER,
    "min": Comparison.LOWER,
    "max": Comparison.HIGHER,
}
LANGUAGES = ("zh", "en")
SECURITY_MODES = ("ssl", "starttls", "none")


class Setting(NamedTuple):
    """The description of one setting.

    Attributes:
        kind: what a file has to hold, in words.
        types: what a file has to hold, as types; a list makes the option repeatable.
        help: the text of the option.
        flags: the option and its other spellings; none for what cannot be an option.
        metavar: what stands for the value in the help.
        other_names: what people call it who know the command line or other programs.
        expected: the values that ``MonitorConfig`` accepts, in words.
        accepts: whether it accepts a value; None where it has no such field, or a check of its own.
        required: whether ``None`` is refused, too.
        instead: what stands in a file for what only Python can hold.
        choices: the texts that it may be; none where any will do.
    """

    kind: str
    types: tuple[type, ...]
    help: str = ""
    flags: tuple[str, ...] = ()
    metavar: str | None = None
    other_names: tuple[str, ...] = ()
    expected: str = ""
    accepts: Callable[[Any], bool] | None = None
    required: bool = False
    instead: str = ""
    choices: tuple[str, ...] = ()

    def is_wrong(self, value: object) -> bool:
        """Return whether ``MonitorConfig`` has to refuse the value."""
        if self.accepts is None or (value is None and not self.required):
            return False
        return not self.accepts(value)


_TEXT = ("a text", (str,))
_DIRECTORY = "the path of a directory, such as './checkpoints'"
_PLACEHOLDERS = "with placeholders such as {score:.4f}, {filename}, {threshold}, {condition}, {timestamp}"

SETTINGS = {
    "watch_dir": Setting(
        *_TEXT,
        help="the directory of the checkpoints",
        metavar="DIR",
        other_names=("dir", "directory"),
        expected=_DIRECTORY,
        accepts=is_path,
        required=True,
    ),
    "threshold": Setting(
        "a number",
        (int, float),
        help="a score strictly beyond it counts; write --threshold=-1e-5 for a negative one",
        flags=("--threshold",),
        metavar="NUMBER",
        expected="a finite number, such as 0.004",
        accepts=is_number,
    ),
    "comparison_mode": Setting(
        *_TEXT,
        help="the better scores: lower, higher, min or max (default: follows the rule or the metric)",
        flags=("--mode", "--comparison-mode"),
        metavar="MODE",
        other_names=("mode",),
        expected="'lower', 'higher', 'min' or 'max'",
        accepts=one_of(tuple(MODES)),
        choices=tuple(MODES),
    ),
    "pattern": Setting(
        *_TEXT,
        help="its first group is the score, such as 'val_loss_([0-9.]+)'",
        flags=("--pattern",),
        metavar="REGEX",
    ),
    "metric": Setting(
        *_TEXT,
        help="the metric to read where names hold several; write --metric=-val_loss for a negated one",
        flags=("--metric",),
        metavar="NAME",
    ),
    "recursive": Setting(
        "true or false",
        (bool,),
        help="also watch the directories below",
        flags=("--recursive",),
        expected="True or False",
        accepts=is_bool,
        required=True,
    ),
    "parser": Setting("a parser", (), instead="'pattern' or 'metric'"),
    "rules": Setting(
        "a rule or a list of rules",
        (str, list),
        help="alert when it is met, such as 'val_loss < 0.004'; repeatable",
        flags=("--rule",),
        metavar="TEXT",
        other_names=("rule",),
    ),
    "log_patterns": Setting(
        "a pattern or a list of patterns",
        (str, list),
        help="one more log format: named groups are metrics, such as 'loss is (?P<val_loss>[0-9.]+)'; "
        "repeatable",
        flags=("--pattern",),
        metavar="REGEX",
    ),
    "check_interval": Setting(
        "a number of seconds",
        (int, float),
        help="seconds between two polls (default: 60)",
        flags=("--interval", "--check-interval"),
        metavar="SECONDS",
        other_names=("interval",),
        expected="a number of seconds above 0",
        accepts=is_duration,
        required=True,
    ),
    "log_dir": Setting(
        *_TEXT,
        help="the directory of run logs and outbox (default: monitor_logs)",
        flags=("--log-dir",),
        metavar="DIR",
        expected=_DIRECTORY,
        accepts=is_path,
        required=True,
    ),
    "digest": Setting(
        "a number of seconds or a text such as '1h'",
        (int, float, str),
        help="collect messages of level info, such as hits, for this time into one, such as 30s, 10min or 1h "
        "(default: send each immediately)",
        flags=("--digest",),
        metavar="TIME",
        expected="a time such as '30s', '10min' or '1h'",
        accepts=is_digest,
    ),
    "plots": Setting(
        "true or false",
        (bool,),
        help='draw the scores so far into each mail (extra "plots")',
        flags=("--plots",),
        other_names=("plot",),
        expected="True or False",
        accepts=is_bool,
    ),
    "silent_after": Setting(
        "a number of seconds or a text such as '3x' or '2h'",
        (int, float, str),
        help="with several directories: one without anything new for this time is silent, such as 90s, "
        "30min, 2h or 3x the usual gap (default: 3x; 6h while no gap is usual)",
        flags=("--silent-after",),
        metavar="TIME",
    ),
    "sender": Setting(
        *_TEXT,
        help="the mailbox that sends; its server follows from the address",
        flags=("--sender", "--from"),
        metavar="ADDRESS",
        other_names=("from",),
    ),
    "receiver": Setting(
        "a text or a list of texts",
        (str, list),
        help="who receives the mails; repeatable (default: the sender)",
        flags=("--receiver", "--to"),
        metavar="ADDRESS",
        other_names=("to", "receivers"),
    ),
    "auth_code": Setting(*_TEXT, other_names=("password",)),
    "notify": Setting(
        "a URL or a list of URLs",
        (str, list),
        help="one more channel, such as dingtalk://TOKEN?secret=SEC; repeatable",
        flags=("--notify",),
        metavar="URL|@FILE",
    ),
    "language": Setting(
        *_TEXT,
        help="the language of the mails, zh or en (default: the locale's)",
        flags=("--language",),
        metavar="zh|en",
        expected="'zh' or 'en'",
        accepts=one_of(LANGUAGES),
        choices=LANGUAGES,
        required=True,
    ),
    "smtp_user": Setting(
        *_TEXT,
        help="the name that logs in, where it is not the sender's address, such as apikey",
        flags=("--smtp-user",),
        metavar="NAME",
        other_names=("user", "username"),
        expected="the name that logs in, such as 'apikey' or 'AKIA…'",
        accepts=is_login,
    ),
    "smtp_host": Setting(
        *_TEXT,
        help="the mail server, where it does not follow from the address",
        flags=("--smtp-host",),
        metavar="HOST",
        other_names=("host",),
        expected="a host name, such as 'smtp.example.com'",
        accepts=is_host,
    ),
    "smtp_port": Setting(
        "a whole number",
        (int,),
        help="its port",
        flags=("--smtp-port",),
        metavar="PORT",
        other_names=("port",),
        expected="a whole number from 1 to 65535",
        accepts=is_port,
    ),
    "smtp_security": Setting(
        *_TEXT,
        help="the protection of the connection: ssl, starttls or none",
        flags=("--smtp-security",),
        metavar="MODE",
        other_names=("security",),
        expected="'ssl', 'starttls' or 'none'",
        accepts=one_of(SECURITY_MODES),
        choices=SECURITY_MODES,
    ),
    "email_subject_template": Setting(
        *_TEXT,
        help=f"the subject, {_PLACEHOLDERS}",
        flags=("--subject",),
        metavar="TEXT",
        other_names=("subject",),
    ),
    "email_content_template": Setting(
        *_TEXT,
        help="the content, likewise, or a file that holds it",
        flags=("--content",),
        metavar="TEXT|@FILE",
        other_names=("content",),
    ),
    "email_content_generator": Setting(
        "a function",
        (),
        expected="a function of (score, filename)",
        accepts=callable,
        instead="'email_content_template'",
    ),
}
