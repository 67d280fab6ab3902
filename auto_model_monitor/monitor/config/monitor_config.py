"""The configuration of a watch: plain data, checked when it is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import FrozenInstanceError, dataclass, field

from ...core.lazy import LazyModule

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    import typing

    from ... import i18n, parsers
    from ...core import comparison as comparisons
    from ...notifiers import providers
    from . import settings_table
else:  # what evaluates the annotations, such as typing.get_type_hints, imports these
    _PACKAGE = __name__.partition(".")[0]
    typing = LazyModule("typing")
    i18n, parsers = LazyModule(f"{_PACKAGE}.i18n"), LazyModule(f"{_PACKAGE}.parsers")
    comparisons = LazyModule(f"{_PACKAGE}.core.comparison")
    providers = LazyModule(f"{_PACKAGE}.notifiers.providers")
    settings_table = LazyModule(f"{_PACKAGE}.monitor.config.settings_table")

AUTH_CODE = "AUTO_MODEL_MONITOR_AUTH_CODE"
AUTH_CODE_FILE = "AUTO_MODEL_MONITOR_AUTH_CODE_FILE"
SMTP_USER = "AUTO_MODEL_MONITOR_SMTP_USER"


def _language() -> i18n.Language:
    from ...i18n.locale_language import locale_language
    from ...notifiers.user_defaults import language_of_user

    return language_of_user() or locale_language()


@dataclass(frozen=True, slots=True)
class MonitorConfig:
    """What to watch, what counts as a hit, and who receives the mails.

    It is frozen: ``dataclasses.replace(config, threshold=0.003)`` makes another, checked alike.

    Example:
        >>> config = MonitorConfig("checkpoints", 0.004)
        >>> config.check_interval
        60

    Args:
        watch_dir: the directory in which the training writes its checkpoints; it need not exist yet.
        threshold: a score strictly beyond it is a hit; None where rules alone decide.
        sender: the mailbox that sends; None writes every mail as a file below ``log_dir`` instead.
        receiver: one address, several separated by commas, or a list; by default the sender.
        auth_code: the mailbox's authorisation code (not its password); by default the value of the
            environment variable ``AUTO_MODEL_MONITOR_AUTH_CODE``, else the first line of the file that
            ``AUTO_MODEL_MONITOR_AUTH_CODE_FILE`` names.
        check_interval: seconds between two polls.
        log_dir: the directory of the run logs and the outbox.
        comparison_mode: ``"lower"`` (or ``"min"``) when a lower score is better, ``"higher"`` (or
            ``"max"``) when a higher one is; None follows the rule, else the metric, else lower.
        parser: reads a score from a name; by default it knows the spellings of the usual frameworks.
        email_subject_template: the subject, with placeholders such as ``{score:.4f}``.
        email_content_template: the content, likewise.
        email_content_generator: called with ``(score, filename)``; returns ``(subject, lines)`` or lines.
        smtp_user: the name that logs in, where it is not the sender's address (Amazon SES, SendGrid, many
            universities); by default the value of ``AUTO_MODEL_MONITOR_SMTP_USER``, else the address.
        smtp_host: the mail server; by default the one of the sender's provider.
        smtp_port: its port; by default the one that goes with ``smtp_security``.
        smtp_security: ``"ssl"``, ``"starttls"`` or ``"none"``; by default what the provider requires.
        language: ``"zh"`` or ``"en"``: the language of the mails; by default the one
            that ``auto-model-monitor setup`` keeps, else the locale's.
        recursive: also watch the directories below ``watch_dir``.

    Raises:
        ConfigError: it lists every problem.
    """

    watch_dir: str | os.PathLike[str]
    threshold: float | None = None
    sender: str | None = None
    receiver: str | Sequence[str] | None = None
    auth_code: str | None = field(default=None, repr=False)
    check_interval: float = 60
    log_dir: str | os.PathLike[str] = "monitor_logs"
    comparison_mode: settings_table.Mode | None = None
    parser: parsers.BaseParser | None = None
    email_subject_template: str | None = None
    email_content_template: str | None = None
    email_content_generator: Callable[[float, str], object] | None = None
    smtp_user: str | None = field(default=None, kw_only=True)
    smtp_host: str | None = field(default=None, kw_only=True)
    smtp_port: int | None = field(default=None, kw_only=True)
    smtp_security: providers.SecurityMode | None = field(default=None, kw_only=True)
    language: i18n.Language = field(default_factory=_language, kw_only=True)
    recursive: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        from .config_checks import complete

        complete(self)

    @property
    def comparison(self) -> comparisons.Comparison | None:
        """The direction that ``comparison_mode`` names, None when it names none."""
        from .settings_table import MODES

        return None if self.comparison_mode is None else MODES[self.comparison_mode]

    @property
    def receivers(self) -> list[str]:
        """The receivers' addresses; the sender's when none was given."""
        from ...notifiers.providers import split_addresses

        receiver = self.sender if self.receiver is None else self.receiver
        return [] if receiver is None else split_addresses(receiver)


def _refuse_change(config: MonitorConfig, name: str, value: object = None) -> typing.NoReturn:
    raise FrozenInstanceError(
        f"{name}: a MonitorConfig does not change; make another with dataclasses.replace(config, {name}=…)"
    )


MonitorConfig.__delattr__ = _refuse_change  # type: ignore[method-assign, assignment]
MonitorConfig.__setattr__ = _refuse_change  # type: ignore[method-assign, assignment]
