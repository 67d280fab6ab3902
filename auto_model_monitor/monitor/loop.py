"""The loop: hands what a source reads to the rules, and what the rules find to the outbox."""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import TIMEOUT_MAX, Event, Lock
from typing import Protocol, TypeVar

from ..core.alerts import Alert
from ..core.clocks import Clock, SystemClock
from ..core.comparison import Comparison
from ..core.contracts import require, require_all
from ..core.errors import AuthenticationError, MonitorError
from ..core.messages import Message
from ..core.metric_history import MetricHistory, Point
from ..core.readings import ReadingBatch
from ..delivery.queue import DeliveryMessages, DeliveryQueue
from ..notifiers import Notifier
from ..rendering import Renderer
from ..rendering.delivery_messages import DeliveryMessageRenderer
from ..rules import Rule
from ..runtime.lifecycle import Lifecycle
from ..runtime.propagation import must_propagate
from ..runtime.run_log import run_log
from ..runtime.timeout import run_with_timeout
from ..sources import Continues, Identified, Source
from ..text.cleaning import describe_error, for_html
from .resume import ResumeState
from .summary import WatchSummary

logger = logging.getLogger(__name__)

T = TypeVar("T")

# Seconds that a user's renderer or generator may take, before the default message goes out.
RENDERING = 30.0
RENDERING_AT_THE_END = 2.0


class MessageRenderer(Protocol):
    """Renders an alert as a message."""

    @abstractmethod
    def render(self, alert: Alert) -> Message:
        """Return the finished message."""
        ...


class Monitor(Lifecycle):
    """Watches one source.

    Nothing that goes wrong in a part leaves :meth:`check` or :meth:`run`: it is logged, and the watch
    goes on.

    Attributes:
        run_log_dir: where the run log is kept when it starts; None for none, as where a group keeps one.
        history: the scores so far.

    Args:
        source: where the numbers come from.
        rules: what counts as worth telling.
        notifiers: whom it is told to.
        renderer: how it is put into words.
        comparison: the direction in which the score improves; for the lines of the run log.
        check_interval: seconds between two looks.
        log_dir: where the run logs are kept; None for none.
        resume_state: the outbox, and what is known of the watches before; by default nothing, in memory.
        clock: the time.
        digest: seconds for which messages of level ``info`` are gathered into one; 0 sends each at once.
        words: words the digests, and what one channel refused for good.

    Raises:
        ConfigError: a part misses a member of its contract; the error names it.
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
        resume_state: ResumeState | None = None,
        clock: Clock | None = None,
        digest: float = 0.0,
        words: DeliveryMessages | None = None,
    ) -> None:
        super().__init__()
        _check_parts(source, rules, notifiers, renderer)
        self.source = source
        self.notifiers = list(notifiers)
        self.check_interval = check_interval
        self.run_log_dir = log_dir
        self.rules = list(rules)
        self.clock = clock or SystemClock()
        self.delivery_queue = DeliveryQueue(
            notifiers, self.clock, digest=digest, words=words or DeliveryMessageRenderer()
        )
        self._resume_state = resume_state or ResumeState()
        self._verify = False
        self._renderer: MessageRenderer = renderer or Renderer()
        self._lock = Lock()
        self._not_owed_yet: list[Alert] = []
        self._complaints: dict[str, str] = {}
        self.progress = WatchSummary(source.name, comparison, self.clock)
        self.history = MetricHistory(comparison)

    def check(self) -> list[Alert]:
        """Look once; return the alerts that were found and are now on their way.

        Delivery happens beside this call. Call :meth:`stop`, or let the interpreter end, to give it a
        few seconds.
        """
        with self._lock:
            if not self._guard("the watch", self._claim):
                return []
            readings = self._read()
            found = [
                self._guard(f"rule {rule.name}", partial(self._ask, rule, readings)) for rule in self.rules
            ]
            alerts = [alert for alert in found if alert is not None]
            for alert in list(self._not_owed_yet):
                if self._guard(f"the alert of {alert.rule}", partial(self._owe, alert)):
                    self._not_owed_yet.remove(alert)
            if len(readings) or readings.new_run or alerts:
                self._guard("the run log", partial(self.progress.saw, readings, alerts))
        if alerts:
            self.stop_at_exit()
        return alerts

    def tell(self, alert: Alert) -> bool:
        """Tell of what was found elsewhere, such as the training's end; return whether it is on its way."""

        def owe() -> bool:
            self.delivery_queue.add(alert, self._render(alert))
            self.stop_at_exit()
            return True

        return bool(self._guard("the watch", self._claim) and self._guard("the outbox", owe))

    def run(self, stop: Event) -> None:
        """Look every ``check_interval`` seconds until ``stop`` is set, and once more then.

        The last look finds the checkpoint that a training writes just before it ends.
        """
        with run_log(self.run_log_dir, screen=self.on_screen) as file:
            self._say_start(file)
            self._verify = True
            due = self.clock.monotonic()
            while not stop.is_set():
                self._pass()
                now = self.clock.monotonic()
                due = max(due + self.check_interval, now)
                self.clock.wait(stop, min(due - now, TIMEOUT_MAX))
            self._pass()
            self.close(self.grace)
            logger.info("Stopped: %s (%s)", self.progress.summary(), self.source.name)

    def close(self, seconds: float) -> None:
        """Give what is due at most so many seconds, and let another process have the watch."""
        self.delivery_queue.close(seconds, self._resume_state.release)

    @property
    def refused_login(self) -> AuthenticationError | None:
        """The login that was refused when the watch started, if there was one."""
        return self.delivery_queue.refused_login

    def _claim(self) -> bool:
        self._resume_state.claim()
        self.delivery_queue.open(self._resume_state.outbox(), verify=self._verify)
        return True

    def _read(self) -> ReadingBatch:
        """Return what is new; nothing where the source fails."""
        readings = self._guard(self.source.name, self._read_source)
        if readings is not None:
            self._guard("the outbox", partial(self._go_on, readings))
        else:
            # What cannot be read may be silent, and its disk full, all the same.
            readings = ReadingBatch(time=self.clock.now())
        readings.seconds = readings.seconds or self.clock.monotonic()
        self._guard("the history", partial(self._remember, readings))
        return readings

    def _read_source(self) -> ReadingBatch:
        readings = self.source.read()
        if not isinstance(readings, ReadingBatch):
            raise TypeError(f"expected a ReadingBatch, got a {type(readings).__name__}")
        return readings

    def _remember(self, readings: ReadingBatch) -> None:
        self.history.add(readings)

    def _points(self, alert: Alert) -> Sequence[Point]:
        return () if alert.reading is None else self.history.points(alert.reading.metric)

    def _go_on(self, readings: ReadingBatch) -> None:
        source = self.source
        self._resume_state.look(
            self.rules,
            str(source.identity) if isinstance(source, Identified) else "",
            holds_any=len(readings) > 0,
            new_run=readings.new_run,
            continues=source.continues if isinstance(source, Continues) else None,
        )

    def _ask(self, rule: Rule, readings: ReadingBatch) -> Alert | None:
        alert = rule.evaluate(readings)
        if alert is None:
            return None
        if not isinstance(alert, Alert):
            raise TypeError(f"expected an Alert or None, got a {type(alert).__name__}")
        # The rule takes it for told from now on, so it must not be lost, whatever interrupts this look.
        self._not_owed_yet.append(alert)
        return alert

    def _owe(self, alert: Alert) -> bool:
        self.delivery_queue.add(alert, self._render(alert))
        return True

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
        except BaseException as error:
            if must_propagate(error):
                raise
            self._complain(part, error, known=False)
            return None
        if self._complaints.pop(part, None) is not None:
            logger.info("%s: works again", part)
        return result

    def _complain(self, part: str, error: BaseException, *, known: bool) -> None:
        text = describe_error(error)
        if self._complaints.get(part) == text:
            return
        self._complaints[part] = text
        if known:
            logger.warning("%s: %s", part, error)
        else:
            logger.exception("%s: a fault, please report it; the watch goes on", part)

    def _render(self, alert: Alert) -> Message:
        if alert.reading is not None:
            alert = replace(alert, history=self._points(alert))
        patience = RENDERING_AT_THE_END if self._stop.is_set() else RENDERING
        user_s = partial(run_with_timeout, patience, partial(self._renderer.render, alert))
        for render in (user_s, partial(_default, alert)):
            try:
                message = render()
            except BaseException as error:
                if must_propagate(error):
                    raise
                logger.exception("the renderer failed; the default message goes out")
            else:
                if isinstance(message, Message):
                    return message
                logger.error("the renderer returned no Message; the default message goes out")
        return _bare(alert)

    def _say_start(self, file: Path | None) -> None:
        channels = ", ".join(self.delivery_queue.names) or "nobody"
        log = f"; run log: {file}" if file else ""
        text = "Watching %s every %g s, telling %s%s"
        logger.info(text, self.source.name, self.check_interval, channels, log)


def _check_parts(source: object, rules: object, notifiers: object, renderer: object) -> None:
    require("source", source, Source, "DirectorySource('checkpoints', DefaultParser())")
    require_all("rules", rules, Rule, "[ThresholdRule(0.004, 'lower')]")
    require_all("notifiers", notifiers, Notifier, "[EmailNotifier(…), MailboxNotifier(…)]")
    if renderer is not None:
        require("renderer", renderer, MessageRenderer, "Renderer()")


def _default(alert: Alert) -> Message:
    return Renderer().render(alert)


def _bare(alert: Alert) -> Message:
    """Return the little that can be said of an alert that no renderer can put into words."""
    reading = alert.reading
    facts = "" if reading is None else f": {reading.metric} {reading.value!r} {reading.name}"
    text = f"{alert.rule}{facts}"
    html = f"<p>{for_html(text)}</p>"
    return Message(id=alert.id, time=alert.time, subject=text, text=text, html=html, level=alert.level)
