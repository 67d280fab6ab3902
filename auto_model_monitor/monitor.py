"""The loop: hands what a source reads to the rules, and what the rules find to the outbox."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import Protocol, TypeVar

from .alerts import Alert
from .clocks import Clock, SystemClock
from .comparison import Comparison, usual_direction
from .config import MonitorConfig
from .delivery import Courier
from .errors import AuthenticationError, MonitorError
from .lifecycle import Lifecycle
from .messages import Message
from .notifiers import Notifier
from .notifiers.email import EmailNotifier
from .notifiers.mailbox import MailboxNotifier
from .outbox import Outbox
from .progress import Progress
from .readings import ReadingBatch
from .rendering import Renderer
from .rules import Rule, ThresholdRule
from .run_log import run_log
from .sources import Source
from .sources.directory import DirectorySource

logger = logging.getLogger(__name__)

T = TypeVar("T")


class MessageRenderer(Protocol):
    """Anything that can put an alert into words."""

    def render(self, alert: Alert) -> Message:
        """Return the finished message."""
        ...


class Monitor(Lifecycle):
    """Watches one source.

    Nothing that goes wrong in a part leaves :meth:`check` or :meth:`run`: it is logged, and the watch
    goes on.

    Args:
        source: where the numbers come from.
        rules: what counts as worth telling.
        notifiers: whom it is told to.
        renderer: how it is put into words.
        comparison: the direction in which the score improves; for the lines of the run log.
        check_interval: seconds between two looks.
        log_dir: where the run logs are kept; None for none.
        outbox: where alerts are kept until they are delivered; by default in memory.
        clock: the time.
    """

    def __init__(
        self,
        source: Source,
        rules: Sequence[Rule],
        notifiers: Sequence[Notifier],
        *,
        renderer: MessageRenderer | None = None,
        comparison: Comparison = Comparison.LOWER,
        check_interval: float = 60,
        log_dir: Path | None = None,
        outbox: Outbox | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Take the parts; no network, no thread and no file is touched."""
        super().__init__()
        self.source = source
        self.rules = list(rules)
        self.clock = clock or SystemClock()
        self.courier = Courier(notifiers, outbox, self.clock)
        self._renderer: MessageRenderer = renderer or Renderer()
        self._interval = check_interval
        self._log_dir = log_dir
        self._lock = Lock()
        self._complaints: dict[str, str] = {}
        self.progress = Progress(source.name, comparison, self.clock)

    def check(self) -> list[Alert]:
        """Look once; return the alerts that were found and are now on their way.

        Delivery happens beside this call. Call :meth:`stop`, or let the interpreter end, to give it a
        few seconds.
        """
        with self._lock:
            readings = self._guard(self.source.name, self.source.read)
            if readings is None:
                # What cannot be read may be silent, and its disk full, all the same.
                readings = ReadingBatch(time=self.clock.now())
            readings.seconds = readings.seconds or self.clock.monotonic()
            alerts = []
            for rule in self.rules:
                alert = self._guard(f"rule {rule.name}", partial(rule.evaluate, readings))
                if alert is not None:
                    self.courier.add(alert, self._render(alert))
                    alerts.append(alert)
            if len(readings) or readings.new_run or alerts:
                self.progress.saw(readings, alerts)
        if alerts:
            self.end_with_the_interpreter()
        return alerts

    def run(self, stop: Event) -> None:
        """Look every ``check_interval`` seconds until ``stop`` is set, and once more then.

        The last look finds the checkpoint that a training writes just before it ends.
        """
        with run_log(self._log_dir, screen=self.on_screen) as file:
            self._say_start(file)
            self.courier.start(verify=True)
            due = self.clock.monotonic()
            while not stop.is_set():
                self._pass()
                now = self.clock.monotonic()
                due = max(due + self._interval, now)
                self.clock.wait(stop, due - now)
            self._pass()
            self.courier.close(self.grace)
            logger.info("Stopped: %s", self.progress.summary())

    def close(self, seconds: float) -> None:
        """Give what is due at most so many seconds."""
        self.courier.close(seconds)

    @property
    def refused_login(self) -> AuthenticationError | None:
        """The login that was refused when the watch started, if there was one."""
        return self.courier.refused_login

    def _pass(self) -> None:
        self.check()
        self._guard("the hourly line", self.progress.say_hourly)

    def _guard(self, part: str, call: Callable[[], T]) -> T | None:
        """Return what the part returns, or None when it fails; complain once about the same failure."""
        try:
            result = call()
        except MonitorError as error:
            self._complain(part, error, known=True)
            return None
        except Exception as error:
            self._complain(part, error, known=False)
            return None
        if self._complaints.pop(part, None) is not None:
            logger.info("%s: works again", part)
        return result

    def _complain(self, part: str, error: Exception, *, known: bool) -> None:
        text = f"{type(error).__name__}: {error}"
        if self._complaints.get(part) == text:
            return
        self._complaints[part] = text
        if known:
            logger.warning("%s: %s", part, error)
        else:
            logger.exception("%s: a fault, please report it; the watch goes on", part)

    def _render(self, alert: Alert) -> Message:
        try:
            return self._renderer.render(alert)
        except Exception:
            logger.exception("the renderer failed; the default message goes out")
            return Renderer().render(alert)

    def _say_start(self, file: Path | None) -> None:
        channels = ", ".join(channel.name for channel in self.courier.channels) or "nobody"
        text = "Watching %s every %g s, telling %s; run log: %s"
        logger.info(text, self.source.name, self._interval, channels, file or "none")


class ModelMonitor(Monitor):
    """Watches a directory of checkpoints as a :class:`MonitorConfig` says.

    Example:
        >>> config = MonitorConfig("checkpoints", 0.004)
        >>> with ModelMonitor(config):  # doctest: +SKIP
        ...     train()

    Args:
        config: what to watch and whom to tell.
        source: instead of the config's directory.
        rules: instead of the config's threshold.
        notifiers: instead of the config's mailbox.
        outbox: instead of one in memory.
        renderer: instead of the config's templates.
        clock: instead of the machine's.
    """

    def __init__(
        self,
        config: MonitorConfig,
        *,
        source: Source | None = None,
        rules: Sequence[Rule] | None = None,
        notifiers: Sequence[Notifier] | None = None,
        outbox: Outbox | None = None,
        renderer: MessageRenderer | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Build the parts that were not given; touches no network, no thread and no file."""
        self.config = config
        comparison = Comparison(config.comparison_mode)
        # A training script may change its directory later; what was meant is what is meant now.
        log_dir = Path(config.log_dir).expanduser().absolute()
        super().__init__(
            source if source is not None else _directory(config, clock),
            rules if rules is not None else [ThresholdRule(config.threshold, comparison)],
            notifiers if notifiers is not None else [notifier_for(config, log_dir)],
            renderer=renderer or _renderer(config),
            comparison=comparison,
            check_interval=config.check_interval,
            log_dir=log_dir,
            outbox=outbox,
            clock=clock,
        )
        self._contradicted = False

    def check(self) -> list[Alert]:
        """Look once; return the alerts that were found and are now on their way."""
        alerts = super().check()
        self._warn_of_contradiction()
        return alerts

    def _warn_of_contradiction(self) -> None:
        best = self.progress.best
        if best is None or self._contradicted:
            return
        usual = usual_direction(best.metric)
        if usual is None or usual.value == self.config.comparison_mode:
            return
        self._contradicted = True
        text = "comparison_mode is %r, but %s usually improves when it gets %s: is that meant?"
        logger.warning(text, self.config.comparison_mode, best.metric, usual.value)


def _directory(config: MonitorConfig, clock: Clock | None) -> Source:
    parser = config.parser
    assert parser is not None  # MonitorConfig fills it in
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


def _renderer(config: MonitorConfig) -> Renderer:
    import socket  # heavy, and nothing before this needs it

    return Renderer(
        language=config.language,
        subject_template=config.email_subject_template,
        content_template=config.email_content_template,
        content_generator=config.email_content_generator,
        watch_dir=os.fspath(config.watch_dir),
        host=socket.gethostname(),
    )
