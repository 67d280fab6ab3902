"""The configuration of a watch: plain data, checked when it is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any, Literal, NoReturn

from ..core.comparison import Comparison
from ..core.errors import ConfigError
from ..i18n import Language
from ..notifiers.providers import SecurityMode, provider_for, split_addresses
from ..parsers import BaseParser, DefaultParser
from ..rendering.templates import template_problems
from .settings_table import MODES, SETTINGS

AUTH_CODE = "AUTO_MODEL_MONITOR_AUTH_CODE"
AUTH_CODE_FILE = "AUTO_MODEL_MONITOR_AUTH_CODE_FILE"


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
        smtp_host: the mail server; by default the one of the sender's provider.
        smtp_port: its port; by default the one that goes with ``smtp_security``.
        smtp_security: ``"ssl"``, ``"starttls"`` or ``"none"``; by default what the provider requires.
        language: ``"zh"`` or ``"en"``: the language of the mails.
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
    comparison_mode: Literal["lower", "higher", "min", "max"] | None = None
    parser: BaseParser | None = None
    email_subject_template: str | None = None
    email_content_template: str | None = None
    email_content_generator: Callable[[float, str], object] | None = None
    smtp_host: str | None = field(default=None, kw_only=True)
    smtp_port: int | None = field(default=None, kw_only=True)
    smtp_security: SecurityMode | None = field(default=None, kw_only=True)
    language: Language = field(default="zh", kw_only=True)
    recursive: bool = field(default=False, kw_only=True)

    def __post_init__(self) -> None:
        if self.parser is None:
            object.__setattr__(self, "parser", DefaultParser())
        problems = []
        if self.auth_code is None and self.sender is not None:
            code, problem = _auth_code_of_environment()
            object.__setattr__(self, "auth_code", code)
            problems += [problem] if problem else []
        problems += [*_single_problems(self), *_mail_problems(self), *_template_problems(self)]
        if problems:
            raise ConfigError(problems)
        if self.auth_code is not None:
            object.__setattr__(self, "auth_code", self.auth_code.strip())

    @property
    def comparison(self) -> Comparison | None:
        """The direction that ``comparison_mode`` names, None when it names none."""
        return None if self.comparison_mode is None else MODES[self.comparison_mode]

    @property
    def receivers(self) -> list[str]:
        """The receivers' addresses; the sender's when none was given."""
        receiver = self.sender if self.receiver is None else self.receiver
        return [] if receiver is None else split_addresses(receiver)


def _refuse_assignment(config: MonitorConfig, name: str, value: object) -> NoReturn:
    raise FrozenInstanceError(
        f"{name}: a MonitorConfig does not change; make another with dataclasses.replace(config, {name}=…)"
    )


MonitorConfig.__setattr__ = _refuse_assignment  # type: ignore[method-assign, assignment]


def _auth_code_of_environment() -> tuple[str | None, str | None]:
    """Return the code that the environment gives, and a problem if it gives one that cannot be read."""
    if code := os.environ.get(AUTH_CODE, "").strip():
        return code, None
    path = os.environ.get(AUTH_CODE_FILE)
    if not path:
        return None, None
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:  # noqa: PTH111, PTH123
            return file.readline(4096).strip() or None, None
    except (OSError, UnicodeDecodeError) as error:
        return None, f"{AUTH_CODE_FILE}: expected a file that can be read, got {path!r}: {error}"


def _wrong(name: str, expected: str, got: object) -> str:
    return f"{name}: expected {expected}, got {_short(got)}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _single_problems(config: MonitorConfig) -> Iterator[str]:
    for name, setting in SETTINGS.items():
        value = getattr(config, name, None)
        if name in MonitorConfig.__dataclass_fields__ and setting.is_wrong(value):
            yield _wrong(name, setting.expected, value)
    if not isinstance(config.parser, BaseParser):
        expected = "an instance of a subclass of BaseParser, such as CustomParser(r'loss_([0-9.]+)')"
        yield _wrong("parser", expected, config.parser)


def _mail_problems(config: MonitorConfig) -> Iterator[str]:
    yield from _address_problems(config)
    if config.sender is None:
        return
    code: Any = config.auth_code
    if code is not None and not isinstance(code, str):
        yield f"auth_code: expected a text, got a {type(code).__name__}"
    elif code and not code.isascii():
        yield "auth_code: expected letters, digits and signs of ASCII, got others (a placeholder?)"
    elif not (code and code.strip()) and config.smtp_security != "none":
        yield (
            "auth_code: expected the mailbox's authorisation code, got none; put it into the environment "
            f"variable {AUTH_CODE}, or into a file that {AUTH_CODE_FILE} names"
        )


def _address_problems(config: MonitorConfig) -> Iterator[str]:
    if config.receiver is not None:
        try:
            split_addresses(config.receiver)
        except (ValueError, TypeError) as error:
            yield f"receiver: {error}"
    sender: Any = config.sender
    if sender is None:
        return
    if not _is_one_address(sender):
        yield _wrong("sender", "one address, such as 'you@qq.com'", sender)
    elif config.smtp_host is None and provider_for(sender) is None:
        domain = sender.rpartition("@")[2]
        yield (
            f"smtp_host: expected the mail server of {domain!r}, which is not a known provider, "
            f"such as 'smtp.{domain}', got none"
        )


def _is_one_address(sender: object) -> bool:
    try:
        return isinstance(sender, str) and split_addresses(sender) == [sender.strip()]
    except ValueError:
        return False


def _template_problems(config: MonitorConfig) -> Iterator[str]:
    for name in ("email_subject_template", "email_content_template"):
        template = getattr(config, name)
        if isinstance(template, str):
            yield from template_problems(template, name)
        elif template is not None:
            yield _wrong(name, "a text with placeholders such as {score}", template)
