"""Send the alert about the end of a training, through the outbox."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event
from typing import TypeVar

from ..core.alerts import Alert, AlertKind
from ..core.clocks import Clock
from ..core.comparison import direction_for
from ..core.contracts import require, require_all
from ..core.errors import ConfigError, OutboxError
from ..core.host import host_name
from ..core.messages import Message
from ..core.paths import expanded
from ..core.readings import Reading
from ..core.secret import scrub
from ..core.slurm_job import slurm_job
from ..delivery.outbox import Outbox
from ..delivery.queue import DeliveryQueue
from ..monitor.config.monitor_config import MonitorConfig
from ..monitor.default_channels import notifiers_for
from ..monitor.loop import Monitor
from ..monitor.message_renderer import MessageRenderer
from ..monitor.subjects.boundary import ErrorBoundary
from ..monitor.watch_outbox import WatchOutbox
from ..notifiers import Notifier
from ..rendering import Renderer
from ..rendering.delivery_messages import DeliveryMessageRenderer
from ..runtime.timeout import run_with_timeout
from ..sources.checkpoints.directory import DirectorySource
from .crash_cause import crash_cause
from .crashed_ranks import CrashedRanks
from .ending import Ending, log_end

logger = logging.getLogger(__name__)

T = TypeVar("T")

RULE = "done"
READ_TIMEOUT = 1.5  # seconds to read the best score or the log: a network disk may hang
_OTHER_RANKS = 1.0  # seconds to wait for the error that another process may be writing
_CLAIM_INTERVAL = 0.1  # seconds between two attempts to acquire the lock of another process


class CompletionNotifier:
    """Sends alerts about the ends of the trainings of one directory.

    Its key in the outbox, ``done`` and the directory, separates its deliveries from those of a watch of the
    same directory, which may have other notifiers.

    Attributes:
        clock: the clock.
        grace: seconds for the delivery.

    Raises:
        ConfigError: a part does not implement its contract.
    """

    def __init__(
        self,
        config: MonitorConfig,
        *,
        monitor: Monitor | None,
        log_file: str | os.PathLike[str] | None,
        notifiers: Sequence[Notifier] | None,
        outbox: Outbox | None,
        renderer: MessageRenderer | None,
        clock: Clock,
        grace: float,
    ) -> None:
        if notifiers is not None:
            require_all("notifiers", notifiers, Notifier, "[EmailNotifier(…), MailboxNotifier(…)]")
        if renderer is not None:
            require("renderer", renderer, MessageRenderer, "Renderer()")
        if outbox is not None:
            require("outbox", outbox, Outbox, "MemoryOutbox()")
        if monitor is not None and not isinstance(monitor, Monitor):
            kind = type(monitor).__name__
            raise ConfigError(f"monitor: expected a Monitor, such as ModelMonitor(config), got a {kind}")
        # Resolved now, because a training may change its working directory.
        self._log_dir = expanded(config.log_dir).absolute()
        self._directory = expanded(config.watch_dir).absolute()
        self._log_file = None if log_file is None else expanded(log_file).absolute()
        self._crashed_ranks = CrashedRanks(self._log_dir, str(self._directory))
        self._boundary = ErrorBoundary()
        self._config = config
        self._monitor = monitor
        self._notifiers = notifiers
        self._outbox = outbox
        self._renderer = renderer
        self.clock = clock
        self.grace = grace

    def notify(self, name: str, ending: Ending, seconds: float, rank: int | None = None) -> None:
        """Commit the alert about an end, and give the delivery its seconds.

        Of a distributed training the process with rank 0 reports; another one leaves it its error.
        """
        if rank:
            self._crashed_ranks.add(rank, self._without_secrets(ending))
            return
        if rank == 0:
            ending = self._first_error(ending, seconds)
        best = _or_none(self._best)
        alert = Alert(
            rule=RULE,
            time=self.clock.now(),
            kind=ending.kind,
            level=ending.level,
            reading=best,
            comparison=direction_for(best.metric if best else "", self._config.comparison),
            previous_best=None if best is None else best.value,
            details={"name": name, "ran_seconds": round(seconds, 3), **self._describe(ending)},
        )
        if self._monitor is None or not self._monitor.report(alert):
            self._deliver(alert, timeout=self.grace)

    def _first_error(self, ending: Ending, seconds: float) -> Ending:
        """Return the end of the process that crashed first, this one's own where none did."""
        found: Ending | None = ending
        if ending.kind is not AlertKind.FINISHED:
            now = self.clock.now().timestamp()
            found, end = None, self.clock.monotonic() + _OTHER_RANKS
            while found is None and self.clock.monotonic() < end:
                found = self._crashed_ranks.first_error(ending, now - seconds, now)
                if found is None:
                    self.clock.wait(Event(), _CLAIM_INTERVAL)
        self._crashed_ranks.clear()
        return found or ending

    def _without_secrets(self, ending: Ending) -> Ending:
        secret = self._config.auth_code or ""
        return replace(ending, error=scrub(ending.error, secret), traceback=scrub(ending.traceback, secret))

    def deliver_pending(self) -> None:
        """Deliver pending alerts of earlier ends, unless another process does."""
        if self._outbox is not None or (self._log_dir / "outbox.db").exists():
            self._deliver(timeout=0.0)

    def _deliver(self, alert: Alert | None = None, *, timeout: float) -> None:
        box = WatchOutbox(self._log_dir, f"{RULE}\n{self._directory}", outbox=self._outbox)
        end = self.clock.monotonic() + self.grace
        queue = self._delivery_queue()
        if alert is not None:
            # Committed before waiting for the lock or a server, so that it cannot be lost.
            message, now = self._render(alert), self.clock.now().timestamp()
            box.open().add(alert, message, queue.names_for(message.level), now)
        if not self._claim(box, timeout):
            logger.info(
                "another process delivers for %s; this alert follows with the next end", self._directory
            )
            return
        queue.open(box.open())
        # Hold the lock until a slow server has answered: another process must not send the same alert.
        queue.close(max(self.grace / 4, end - self.clock.monotonic()), box.release)

    def _claim(self, box: WatchOutbox, timeout: float) -> bool:
        end, never = self.clock.monotonic() + timeout, Event()
        while True:
            try:
                box.claim()
            except OutboxError:
                if self.clock.monotonic() >= end:
                    return False
                self.clock.wait(never, _CLAIM_INTERVAL)
            else:
                return True

    def _delivery_queue(self) -> DeliveryQueue:
        notifiers = self._notifiers
        if notifiers is None:
            notifiers = notifiers_for(self._config, self._log_dir)
        return DeliveryQueue(
            notifiers, self.clock, words=DeliveryMessageRenderer(language=self._config.language)
        )

    def _best(self) -> Reading | None:
        """Return the best reading of the monitor or the directory."""
        parser = self._config.parser
        assert parser is not None  # MonitorConfig fills it in
        with self._boundary("the best score, which the message omits"):
            if self._monitor is not None:
                self._monitor.check()
                if self._monitor.progress.best is not None:
                    return self._monitor.progress.best
            if not self._directory.exists():
                return None  # a training without checkpoints is no error
            source = DirectorySource(self._directory, parser, recursive=self._config.recursive)
            found = source.read()
            return found.best(direction_for(found.score, self._config.comparison))
        return None

    def _describe(self, ending: Ending) -> dict[str, str]:
        texts = {"error": ending.error, "cause": ending.cause, "traceback": ending.traceback}
        if ending.kind is not AlertKind.FINISHED:
            texts["log"] = _or_none(self._log_end) or ""
        if ending.kind is AlertKind.CRASHED:
            texts |= crash_cause(ending.traceback, texts["log"], self._config.language)
        secret = self._config.auth_code or ""
        return {key: scrub(text, secret) for key, text in texts.items() if text}

    def _log_end(self) -> str:
        try:
            return log_end(self._log_file)
        except (OSError, ValueError) as error:
            logger.warning("the end of the log cannot be read: %s", error)
            return ""

    def _render(self, alert: Alert) -> Message:
        config = self._config
        directory, host = os.fspath(config.watch_dir), host_name()
        plain = Renderer(language=config.language, watch_dir=directory, host=host, job=slurm_job())
        with self._boundary("the renderer, instead of which the default one renders"):
            return (self._renderer or plain).render(alert)
        return plain.render(alert)


def _or_none(read: Callable[[], T]) -> T | None:
    """Return what ``read`` returns, None if it takes too long."""
    try:
        return run_with_timeout(READ_TIMEOUT, read)
    except TimeoutError:
        return None
