"""The one-minute path: a monitor of a directory of checkpoints, built from a configuration."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from ..core.clocks import Clock
from ..core.comparison import Comparison
from ..core.contracts import require_all
from ..core.errors import ConfigError
from ..core.host import host_name
from ..delivery.outbox import Outbox
from ..notifiers import Notifier
from ..notifiers.email import EmailNotifier
from ..notifiers.mailbox import MailboxNotifier
from ..rendering import Renderer
from ..rendering.delivery_messages import DeliveryMessageRenderer
from ..rules import Rule
from ..sources import Source
from ..sources.checkpoints.directory import DirectorySource
from .config import MonitorConfig
from .direction_check import DirectionCheck
from .loop import Listener, MessageRenderer, Monitor
from .resume import ResumeState
from .watch_key import legacy_keys_of, watch_key
from .watch_outbox import WatchOutbox
from .watch_rules import direction_of, parser_of, rules_of


class ModelMonitor(Monitor):
    """Watches a directory of checkpoints as a :class:`MonitorConfig` says.

    Example:
        >>> config = MonitorConfig("checkpoints", 0.004)
        >>> with ModelMonitor(config):  # doctest: +SKIP
        ...     train()

    Attributes:
        config: the configuration.
        watch_key: what distinguishes this watch from others in the same ``log_dir``.

    Args:
        config: what to watch, and who receives the mails.
        source: instead of the config's directory.
        rules: besides the config's threshold; each a rule or a text such as ``"acc >= 0.95 for 3"``.
        notifiers: instead of the config's mailbox.
        outbox: instead of ``outbox.db`` in the config's ``log_dir``.
        renderer: instead of the config's templates.
        clock: instead of the machine's.
        resume: False starts a new run, whatever was alerted before.
        plots: True shows the scores so far as a picture in each mail (extra ``plots``).
        digest: seconds for which messages of level ``info`` are gathered into one; 0 sends each immediately.
        listeners: called after each poll with its readings and alerts.

    Raises:
        ConfigError: a part misses a member of its contract, a text is no rule, there is neither a threshold
            nor a rule, ``digest`` is no number of seconds, or ``plots`` stands beside a renderer.
        MissingExtraError: ``plots`` is wanted, and its extra is not installed.
    """

    def __init__(
        self,
        config: MonitorConfig,
        *,
        source: Source | None = None,
        rules: Sequence[Rule | str] | None = None,
        notifiers: Sequence[Notifier] | None = None,
        outbox: Outbox | None = None,
        renderer: MessageRenderer | None = None,
        clock: Clock | None = None,
        resume: bool = True,
        plots: bool = False,
        digest: float = 0.0,
        listeners: Sequence[Listener] = (),
    ) -> None:
        _check(config, digest, plots_beside_renderer=plots and renderer is not None)
        self.config = config
        asked = rules_of(config, rules)
        if notifiers is not None:
            require_all("notifiers", notifiers, Notifier, "[EmailNotifier(…), MailboxNotifier(…)]")
        direction = direction_of(config, asked)
        # The training may change its working directory later: resolve paths now.
        log_dir = Path(config.log_dir).expanduser().absolute()
        self.watch_key, recognises = _keys(config, direction)
        checks = [DirectionCheck(config.comparison)] if config.comparison is not None and asked else []
        super().__init__(
            source if source is not None else _directory(config, clock, asked),
            asked,
            notifiers if notifiers is not None else [notifier_for(config, log_dir)],
            renderer=renderer or _renderer(config, plots=plots),
            comparison=direction,
            check_interval=config.check_interval,
            log_dir=log_dir,
            outbox=WatchOutbox(log_dir, self.watch_key, outbox=outbox, is_legacy=recognises),
            resume_state=ResumeState(resume=resume),
            clock=clock,
            digest=digest,
            words=DeliveryMessageRenderer(
                language=config.language, watch_dir=os.fspath(config.watch_dir), host=host_name()
            ),
            listeners=[*checks, *listeners],
        )


def _check(config: object, digest: object, *, plots_beside_renderer: bool) -> None:
    if not isinstance(config, MonitorConfig):
        text = "config: expected a MonitorConfig, such as MonitorConfig('checkpoints', 0.004)"
        raise ConfigError(f"{text}, got one of type {type(config).__name__}")
    if not (isinstance(digest, (int, float)) and 0 <= digest < math.inf):
        raise ConfigError(f"digest: expected a number of seconds, 0 or more, got {digest!r}")
    if plots_beside_renderer:
        raise ConfigError("plots: expected no renderer beside it, got one; give Renderer(plots=True)")


def _keys(config: MonitorConfig, direction: Comparison | None) -> tuple[str, Callable[[str], bool]]:
    """Return the watch's key, and what recognises those that earlier versions gave it."""
    assert config.parser is not None  # MonitorConfig fills it in
    directory = Path(config.watch_dir).expanduser().absolute()
    mode = (direction or Comparison.LOWER).value
    # Version 0.4 took "lower" for a mode that was not chosen, whatever the rules said.
    modes = {mode} if config.comparison is not None else {mode, "lower"}
    return watch_key(directory, mode, config.parser), legacy_keys_of(directory, modes, config.parser)


def _directory(config: MonitorConfig, clock: Clock | None, rules: Sequence[Rule]) -> Source:
    directory = Path(config.watch_dir).expanduser().absolute()
    return DirectorySource(directory, parser_of(config, rules), recursive=config.recursive, clock=clock)


def notifier_for(config: MonitorConfig, log_dir: Path) -> Notifier:
    """Return what a watch with this config tells people by: the mailbox that sends, or files."""
    if config.sender is None:
        receivers = config.receivers or ["you@localhost"]
        return MailboxNotifier(log_dir / "mailbox", receiver=receivers)
    return EmailNotifier(
        config.sender,
        config.receivers,
        config.auth_code,
        host=config.smtp_host,
        port=config.smtp_port,
        security=config.smtp_security,
    )


def _renderer(config: MonitorConfig, *, plots: bool) -> Renderer:
    return Renderer(
        language=config.language,
        subject_template=config.email_subject_template,
        content_template=config.email_content_template,
        content_generator=config.email_content_generator,
        plots=plots,
        watch_dir=os.fspath(config.watch_dir),
        host=host_name(),
    )
