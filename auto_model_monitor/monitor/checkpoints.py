"""A monitor of a directory of checkpoints, or of what a training reports, built from a configuration."""

from __future__ import annotations

import logging
import math
import os
from threading import Lock

from .config.monitor_config import MonitorConfig
from .loop import Monitor

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from typing_extensions import Unpack

    from ..core.alerts import Alert
    from ..core.clocks import Clock
    from ..core.comparison import Comparison
    from ..delivery.outbox import Outbox
    from ..notifiers import Notifier
    from ..rendering import Renderer
    from ..rules import Rule
    from ..sources import Source
    from ..sources.reported import ReportedSource
    from ..sources.side_files.directory_with_side_files import DirectoryWithSideFiles
    from .config.config_settings import ConfigSettings
    from .message_renderer import MessageRenderer
    from .poll_listener import Listener

logger = logging.getLogger(__name__)


class ModelMonitor(Monitor):
    """Watches a directory of checkpoints, or what the training itself reports.

    A directory is watched where there is a config or a ``watch_dir``. Without either, :meth:`report` passes
    the numbers: the first one starts the watch in a thread of its own, and the end of the program delivers
    what is left; ``with monitor:`` does the same for a block.

    Example:
        >>> config = MonitorConfig("checkpoints", 0.004)
        >>> with ModelMonitor(config):  # doctest: +SKIP
        ...     train()
        >>> monitor = ModelMonitor(rules=["val_loss < 0.4"])
        >>> for epoch, loss in enumerate(losses):  # doctest: +SKIP
        ...     monitor.report(val_loss=loss, epoch=epoch)

    Attributes:
        config: the configuration.
        watch_key: what distinguishes this watch from others in the same ``log_dir``.

    Args:
        config: what to watch, and who receives the mails; else it is made of ``settings``.
        source: instead of the config's directory; a :class:`.ReportedSource` for :meth:`report`.
        rules: besides the config's threshold; each a rule or a text such as ``"acc >= 0.95 for 3"``.
        notifiers: notifiers, or URLs such as ``"dingtalk://TOKEN"``, instead of the config's mailbox, else of
            the channels that ``auto-model-monitor setup`` keeps.
        outbox: instead of ``outbox.db`` in the config's ``log_dir``.
        renderer: instead of the config's templates.
        clock: instead of the machine's.
        resume: False starts a new run, whatever was alerted before.
        plots: True shows the scores so far as a picture in each mail (extra ``plots``).
        digest: seconds for which messages of level ``info`` are gathered into one; 0 sends each immediately.
        listeners: called after each poll with its readings and alerts.
        settings: the arguments of a :class:`MonitorConfig`, such as ``sender="you@qq.com"``, instead of one;
            without a ``watch_dir`` the ``check_interval`` is 5 s.

    Raises:
        ConfigError: a part misses a member of its contract, a text is no rule, there is neither a threshold
            nor a rule, ``digest`` is no number of seconds, or ``plots`` stands beside a renderer.
        MissingExtraError: ``plots`` is wanted, and its extra is not installed.
    """

    def __init__(
        self,
        config: MonitorConfig | None = None,
        *,
        source: Source | None = None,
        rules: Sequence[Rule | str] | None = None,
        notifiers: Sequence[Notifier | str] | None = None,
        outbox: Outbox | None = None,
        renderer: MessageRenderer | None = None,
        clock: Clock | None = None,
        resume: bool = True,
        plots: bool = False,
        digest: float = 0.0,
        listeners: Sequence[Listener] = (),
        **settings: Unpack[ConfigSettings],
    ) -> None:
        # Imported here, because a training script imports this module first, and long before it trains.
        from ..core.contracts import require_callables
        from ..core.paths import expanded
        from ..rendering.delivery_messages import DeliveryMessageRenderer
        from .config.config_settings import config_of
        from .default_channels import notifiers_for
        from .resume import ResumeState
        from .watch_checks import checks_of
        from .watch_outbox import WatchOutbox
        from .watch_rules import direction_of, rules_of

        is_reported = config is None and source is None and "watch_dir" not in settings
        self._reported = _reported(clock) if is_reported else _as_reported(source)
        self.config = config = config_of(config, settings)
        _check(config, digest, plots_beside_renderer=plots and renderer is not None)
        asked, functions = rules_of(config, rules), require_callables("listeners", listeners, "[on_poll]")
        direction = direction_of(config, asked)
        # The training may change its working directory later: resolve paths now.
        log_dir = expanded(config.log_dir).absolute()
        self.watch_key, legacy = _keys(config, direction)
        self._beginning, self._served_by, self._has_refused = Lock(), 0, False
        if self._reported is not None:
            source, self.watch_key = self._reported, f"reported {self._reported.name}\n{self.watch_key}"
        source = source if source is not None else _directory(config, clock, asked)
        state = ResumeState(resume=resume)
        super().__init__(
            source,
            asked,
            notifiers if notifiers is not None else notifiers_for(config, log_dir),
            renderer=renderer or _renderer(config, plots=plots),
            comparison=direction,
            check_interval=config.check_interval,
            log_dir=log_dir,
            outbox=WatchOutbox(log_dir, self.watch_key, outbox, legacy, numbered=self._reported is not None),
            resume_state=state,
            clock=clock,
            digest=digest,
            words=DeliveryMessageRenderer(language=config.language, **_origin(config)),
            listeners=[*checks_of(config, asked, source, state), *functions],
        )

    def report(
        self,
        alert: Alert | None = None,
        *,
        epoch: object = None,
        step: object = None,
        checkpoint: str | os.PathLike[str] | None = None,
        **metrics: object,
    ) -> bool:
        """Report numbers of the training; return whether they are taken. It raises nothing.

        The first call starts the watch. It costs a few microseconds, may be made in any thread, and takes
        numbers, numpy scalars and tensors that hold a single number; what is no number is left out with one
        warning. Of a distributed training only the process of rank 0 is heard. A number whose name is no
        keyword is passed as ``monitor.report_numbers({"val/loss": loss})``.

        Args:
            alert: instead of numbers, an alert that was found elsewhere: it is delivered.
            epoch: the epoch that the numbers belong to; with it, a training that is resumed after a restart
                repeats no alert.
            step: the step that they belong to, likewise.
            checkpoint: the file or directory that holds the model with these numbers; the mail names it.
            metrics: the numbers, each under its name.
        """
        return (
            super().report(alert)
            if alert is not None
            else self.report_numbers(metrics, epoch, step, checkpoint)
        )

    def report_numbers(
        self,
        metrics: Mapping[str, object],
        epoch: object = None,
        step: object = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> bool:
        """Report numbers under any names, as :meth:`report` does."""
        if self._reported is None:
            return self._refuse_numbers()
        if not self._reported.speaks:
            return False
        self._reported.report(metrics, epoch, step, checkpoint)
        if self._served_by != os.getpid() or (self._worker is None and not self._has_no_thread):
            self._begin()
        return True

    def _begin(self) -> None:
        with self._beginning:
            self._served_by = os.getpid()
            if self._worker is None or not self._worker.is_alive():
                self.start()

    def _refuse_numbers(self) -> bool:
        if not self._has_refused:
            self._has_refused = True
            logger.error(
                "report: this monitor watches %s, and takes no numbers; for that make another, without a "
                "directory: ModelMonitor(rules=[…])",
                self.source.name,
            )
        return False

    def __repr__(self) -> str:
        """Return what it watches, and which alerts it sent."""
        from .monitor_view import text_of

        return text_of(self)

    def _repr_html_(self) -> str:
        """Return the same for a notebook."""
        from .monitor_view import html_of

        return html_of(self)


def _check(config: object, digest: object, *, plots_beside_renderer: bool) -> None:
    from ..core.errors import ConfigError

    if not isinstance(config, MonitorConfig):
        text = "config: expected a MonitorConfig, such as MonitorConfig('checkpoints', 0.004)"
        raise ConfigError(f"{text}, got one of type {type(config).__name__}")
    if not (isinstance(digest, (int, float)) and 0 <= digest < math.inf):
        raise ConfigError(f"digest: expected a number of seconds, 0 or more, got {digest!r}")
    if plots_beside_renderer:
        raise ConfigError("plots: expected no renderer beside it, got one; give Renderer(plots=True)")


def _keys(config: MonitorConfig, direction: Comparison | None) -> tuple[str, Callable[[str], bool]]:
    """Return the watch's key, and what recognises those that earlier versions gave it."""
    from ..core.comparison import Comparison
    from ..core.paths import expanded
    from .watch_key import legacy_keys_of, watch_key

    assert config.parser is not None  # MonitorConfig fills it in
    directory = expanded(config.watch_dir).absolute()
    mode = (direction or Comparison.LOWER).value
    # Version 0.4 took "lower" for a mode that was not chosen, whatever the rules were.
    modes = {mode} if config.comparison is not None else {mode, "lower"}
    return watch_key(directory, mode, config.parser), legacy_keys_of(directory, modes, config.parser)


def _reported(clock: Clock | None) -> ReportedSource:
    from ..core.script import script_name
    from ..sources.reported import ReportedSource

    return ReportedSource(script_name(), clock=clock)


def _as_reported(source: object) -> ReportedSource | None:
    if source is None:
        return None
    from ..sources.reported import ReportedSource

    return source if isinstance(source, ReportedSource) else None


def _directory(config: MonitorConfig, clock: Clock | None, rules: Sequence[Rule]) -> DirectoryWithSideFiles:
    from ..core.paths import expanded
    from ..sources.checkpoints.directory import DirectorySource
    from ..sources.side_files.directory_with_side_files import DirectoryWithSideFiles
    from .watch_rules import parser_of, wanted_metrics

    directory = expanded(config.watch_dir).absolute()
    parser = parser_of(config, rules)
    names = DirectorySource(directory, parser, recursive=config.recursive, clock=clock)
    return DirectoryWithSideFiles(names, wanted_metrics(config, rules), score=parser.metric, clock=clock)


def _origin(config: MonitorConfig) -> dict[str, Any]:
    """Return what a mail names of the watch: the absolute directory, for who reads it elsewhere."""
    from ..core.host import host_name
    from ..core.paths import expanded
    from ..core.slurm_job import slurm_job

    watched = "." if str(config.watch_dir) == "-" else config.watch_dir  # a pipe is read in this folder
    directory = os.path.normpath(expanded(watched).absolute())
    return {"watch_dir": directory, "host": host_name(), "process": os.getpid(), "job": slurm_job()}


def _renderer(config: MonitorConfig, *, plots: bool) -> Renderer:
    from ..rendering import Renderer

    return Renderer(
        language=config.language,
        subject_template=config.email_subject_template,
        content_template=config.email_content_template,
        content_generator=config.email_content_generator,
        plots=plots,
        **_origin(config),
    )
