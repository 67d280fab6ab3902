"""What tells of a training's end: from what is known of it to the channels, by way of the outbox."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

from ..core.alerts import Alert, AlertKind
from ..core.clocks import Clock
from ..core.comparison import Comparison
from ..core.contracts import require, require_all
from ..core.errors import ConfigError, MonitorError, OutboxError
from ..core.host import host_name
from ..core.messages import Message
from ..core.readings import Reading
from ..delivery.outbox import Outbox
from ..delivery.queue import DeliveryQueue
from ..monitor.checkpoints import notifier_for
from ..monitor.config import MonitorConfig
from ..monitor.loop import Monitor
from ..monitor.message_renderer import MessageRenderer
from ..monitor.watch_outbox import WatchOutbox
from ..notifiers import Notifier
from ..notifiers.secret import scrub
from ..rendering import Renderer
from ..rendering.delivery_messages import DeliveryMessageRenderer
from ..sources.checkpoints.directory import DirectorySource
from .ending import Ending, log_end

logger = logging.getLogger(__name__)

T = TypeVar("T")

RULE = "done"
LOOKING = 1.5  # seconds that a look at a disk may take: a network's may hang, and the end is to be told
_PAUSE = 0.1  # seconds between two looks whether another process has done with its own telling


class CompletionNotifier:
    """Tells of the ends of the trainings of one directory.

    Its deliveries are filed apart from those of a watch of the same directory, which may run elsewhere and
    have other channels: ``done`` and the directory are its key in the outbox.

    Attributes:
        clock: the time.
        grace: seconds that the delivery gets.
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
        # A training may change its directory; what was meant is what is meant now.
        self._log_dir = Path(config.log_dir).expanduser().absolute()
        self._directory = Path(config.watch_dir).expanduser().absolute()
        self._log_file = None if log_file is None else Path(log_file).expanduser().absolute()
        self._config = config
        self._monitor = monitor
        self._notifiers = notifiers
        self._outbox = outbox
        self._renderer = renderer
        self.clock = clock
        self.grace = grace

    def tell(self, name: str, ending: Ending, seconds: float) -> None:
        """Tell of an end: commit it, and give the delivery its seconds."""
        best = _in_time(self._best)
        alert = Alert(
            rule=RULE,
            time=self.clock.now(),
            kind=ending.kind,
            level=ending.level,
            reading=best,
            comparison=self._config.comparison or Comparison.LOWER,
            previous_best=None if best is None else best.value,
            details={"name": name, "ran_seconds": round(seconds, 3), **self._last_words(ending)},
        )
        if self._monitor is None or not self._monitor.report(alert):
            self._deliver(alert, patience=self.grace)

    def deliver_earlier(self) -> None:
        """Deliver what earlier ends still owe, unless another process is at it."""
        if self._outbox is not None or (self._log_dir / "outbox.db").exists():
            self._deliver(patience=0.0)

    def _deliver(self, alert: Alert | None = None, *, patience: float) -> None:
        past = WatchOutbox(self._log_dir, f"{RULE}\n{self._directory}", outbox=self._outbox)
        end = self.clock.monotonic() + self.grace
        queue = self._delivery_queue()
        if alert is not None:
            # Committed before anybody is waited for: whatever happens then, it is owed.
            message, now = self._render(alert), self.clock.now().timestamp()
            past.open().add(alert, message, queue.names_for(message.level), now)
        if not self._claim(past, patience):
            logger.info("another process is telling of %s; it goes out with its next end", self._directory)
            return
        queue.open(past.open())
        # A server that is slow to answer may yet accept: until then nobody else shall send the same.
        queue.close(max(self.grace / 4, end - self.clock.monotonic()), past.release)

    def _claim(self, past: WatchOutbox, patience: float) -> bool:
        end, never = self.clock.monotonic() + patience, Event()
        while True:
            try:
                past.claim()
            except OutboxError:
                if self.clock.monotonic() >= end:
                    return False
                self.clock.wait(never, _PAUSE)
            else:
                return True

    def _delivery_queue(self) -> DeliveryQueue:
        notifiers = self._notifiers
        if notifiers is None:
            notifiers = [notifier_for(self._config, self._log_dir)]
        return DeliveryQueue(
            notifiers, self.clock, words=DeliveryMessageRenderer(language=self._config.language)
        )

    def _best(self) -> Reading | None:
        """Return the best reading that the monitor knows, or that the directory holds."""
        parser = self._config.parser
        assert parser is not None  # MonitorConfig fills it in
        try:
            if self._monitor is not None:
                self._monitor.check()
                if self._monitor.progress.best is not None:
                    return self._monitor.progress.best
            source = DirectorySource(self._directory, parser, recursive=self._config.recursive)
            return source.read().best(self._config.comparison or Comparison.LOWER)
        except MonitorError as error:
            logger.info("no best score is known: %s", error)
        except Exception:
            logger.exception("the best score could not be read; the end is told without it")
        return None

    def _last_words(self, ending: Ending) -> dict[str, str]:
        words = {"error": ending.error, "cause": ending.cause, "traceback": ending.traceback}
        if ending.kind is not AlertKind.FINISHED:
            words["log"] = _in_time(self._log_end) or ""
        secret = self._config.auth_code or ""
        return {key: scrub(text, secret) for key, text in words.items() if text}

    def _log_end(self) -> str:
        try:
            return log_end(self._log_file)
        except (OSError, ValueError) as error:
            logger.warning("the end of the log cannot be read: %s", error)
            return ""

    def _render(self, alert: Alert) -> Message:

        config = self._config
        directory, host = os.fspath(config.watch_dir), host_name()
        plain = Renderer(language=config.language, watch_dir=directory, host=host)
        try:
            return (self._renderer or plain).render(alert)
        except Exception:
            logger.exception("the renderer failed; the default message goes out")
            return plain.render(alert)


def _in_time(look: Callable[[], T]) -> T | None:
    """Return what is seen, or None where it takes too long."""
    seen: list[T] = []
    thread = Thread(target=lambda: seen.append(look()), name="auto_model_monitor look", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # at the interpreter's end no thread can be started any more
        return look()
    thread.join(LOOKING)
    return seen[0] if seen else None
