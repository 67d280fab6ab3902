"""The one-minute path: a monitor of a directory of checkpoints, built from a configuration."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path

from ..core.alerts import Alert
from ..core.clocks import Clock
from ..core.comparison import Comparison, usual_direction
from ..core.contracts import listed, require_all
from ..core.errors import ConfigError
from ..core.host import host_name
from ..delivery.outbox import Outbox
from ..notifiers import Notifier
from ..notifiers.email import EmailNotifier
from ..notifiers.mailbox import MailboxNotifier
from ..parsers import DefaultParser
from ..rendering import Renderer
from ..rendering.delivery_messages import DeliveryMessageRenderer
from ..rules import MetricRule, Rule, ThresholdRule
from ..sources import Source
from ..sources.checkpoints.directory import DirectorySource
from .config import MonitorConfig
from .loop import MessageRenderer, Monitor
from .resume import ResumeState
from .watch_key import legacy_keys_of, watch_key

logger = logging.getLogger(__name__)

_SUCH_RULES = "['nan', 'stalled 3x']"


class ModelMonitor(Monitor):
    """Watches a directory of checkpoints as a :class:`MonitorConfig` says.

    Example:
        >>> config = MonitorConfig("checkpoints", 0.004)
        >>> with ModelMonitor(config):  # doctest: +SKIP
        ...     train()

    Args:
        config: what to watch and whom to tell.
        source: instead of the config's directory.
        rules: instead of the config's threshold; each a rule or a text such as ``"acc >= 0.95 for 3"``.
        notifiers: instead of the config's mailbox.
        outbox: instead of ``outbox.db`` in the config's ``log_dir``.
        renderer: instead of the config's templates.
        clock: instead of the machine's.
        resume: False forgets what was told by the watch before, as for a new run.
        plots: True shows the scores so far as a picture in each mail (extra ``plots``).
        digest: seconds for which messages of level ``info`` are gathered into one; 0 sends each at once.
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
    ) -> None:
        """Build the parts that were not given; touches no network, no thread and no file.

        Raises:
            ConfigError: one of the parts is none, a text is no rule, there is neither a threshold nor a
                rule, ``digest`` is no number of seconds, or ``plots`` stands beside a renderer.
            MissingExtraError: ``plots`` is expected and what draws is not installed.
        """
        if not isinstance(config, MonitorConfig):
            text = "config: expected a MonitorConfig, such as MonitorConfig('checkpoints', 0.004)"
            raise ConfigError(f"{text}, got one of type {type(config).__name__}")
        if not (isinstance(digest, (int, float)) and 0 <= digest < math.inf):
            raise ConfigError(f"digest: expected a number of seconds, 0 or more, got {digest!r}")
        if plots and renderer is not None:
            raise ConfigError("plots: expected no renderer beside it, got one; give Renderer(plots=True)")
        self.config = config
        asked = _rules(config, rules)
        if notifiers is not None:
            require_all("notifiers", notifiers, Notifier, "[EmailNotifier(…), MailboxNotifier(…)]")
        comparison = config.comparison or Comparison.LOWER
        # A training script may change its directory later; what was meant is what is meant now.
        log_dir = Path(config.log_dir).expanduser().absolute()
        directory, mode = Path(config.watch_dir).expanduser().absolute(), comparison.value
        assert config.parser is not None  # MonitorConfig fills it in
        self.watch_key = watch_key(directory, mode, config.parser)
        super().__init__(
            source if source is not None else _directory(config, clock, asked),
            asked,
            notifiers if notifiers is not None else [notifier_for(config, log_dir)],
            renderer=renderer or _renderer(config, plots=plots),
            comparison=comparison,
            check_interval=config.check_interval,
            log_dir=log_dir,
            resume_state=ResumeState(
                log_dir,
                self.watch_key,
                outbox=outbox,
                resume=resume,
                is_legacy=legacy_keys_of(directory, {mode}, config.parser),
            ),
            clock=clock,
            digest=digest,
            words=DeliveryMessageRenderer(
                language=config.language, watch_dir=os.fspath(config.watch_dir), host=host_name()
            ),
        )
        self._contradicted = False

    def check(self) -> list[Alert]:
        """Look once; return the alerts that were found and are now on their way."""
        alerts = super().check()
        self._warn_of_contradiction()
        return alerts

    def _warn_of_contradiction(self) -> None:
        best = self.progress.best
        if best is None or self._contradicted or not self.rules:  # without a rule nothing depends on it
            return
        usual = usual_direction(best.metric)
        if usual is None or usual is (self.config.comparison or Comparison.LOWER):
            return
        self._contradicted = True
        text = "comparison_mode is %r, but %s usually improves when it gets %s: is that meant?"
        mode = (self.config.comparison or Comparison.LOWER).value
        logger.warning(text, mode, best.metric, usual.value)


def _rules(config: MonitorConfig, rules: Sequence[Rule | str] | None) -> list[Rule]:
    if rules is None:
        if config.threshold is None:
            raise ConfigError("threshold: expected a finite number, such as 0.004, or rules, got neither")
        return [ThresholdRule(config.threshold, config.comparison or Comparison.LOWER)]
    # "lower" may be what nobody chose: where there is no threshold, the metric's name knows better.
    comparison = config.comparison or Comparison.LOWER
    meant = config.threshold is not None or comparison is not Comparison.LOWER
    mode, path = comparison.value if meant else None, Path(config.watch_dir).expanduser().absolute()
    listed("rules", rules, _SUCH_RULES)
    made = [_parsed(rule, path, mode) if isinstance(rule, str) else rule for rule in rules]
    require_all("rules", made, Rule, _SUCH_RULES)
    return made


def _parsed(text: str, path: Path, mode: str | None) -> Rule:
    from ..rules import parse_rule  # it brings every rule with it

    return parse_rule(text, path=str(path), comparison=mode)


def _directory(config: MonitorConfig, clock: Clock | None, rules: Sequence[Rule]) -> Source:
    parser = config.parser
    assert parser is not None  # MonitorConfig fills it in
    if type(parser) is DefaultParser and parser.metric is None:
        # Where names hold several metrics, the one that a rule names is the one that is meant.
        named = (rule.metric for rule in rules if isinstance(rule, MetricRule))
        parser = DefaultParser(next(filter(None, named), None))
    directory = Path(config.watch_dir).expanduser().absolute()
    return DirectorySource(directory, parser, recursive=config.recursive, clock=clock)


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
