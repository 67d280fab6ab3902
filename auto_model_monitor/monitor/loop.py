"""The loop: passes what a source reads to the rules, and what the rules find to the delivery queue."""

from __future__ import annotations

import logging
from threading import Event, Lock

from ..runtime.lifecycle import Lifecycle

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from pathlib import Path

    from ..core.alerts import Alert
    from ..core.clocks import Clock
    from ..core.comparison import Comparison
    from ..core.errors import AuthenticationError
    from ..core.metric_history import MetricHistory, Point
    from ..core.readings import Reading, ReadingBatch
    from ..delivery.outbox import Outbox
    from ..delivery.queue import DeliveryMessages
    from ..notifiers import Notifier
    from ..rules import Rule
    from ..sources import Source
    from .message_renderer import MessageRenderer
    from .poll_listener import Listener
    from .resume import Resumption
    from .schedules.schedule import Schedule
    from .subjects.subject_rules import Subjects
    from .summary import WatchSummary
    from .watch_outbox import WatchOutbox

logger = logging.getLogger(__name__)

# Seconds that a user's renderer gets before the default message is sent.
RENDERING = 30.0
RENDERING_AT_THE_END = 2.0


class Monitor(Lifecycle):
    """Watches one source.

    No error of a part leaves :meth:`check` or :meth:`run`: it is logged, and the watch continues.

    Attributes:
        rules: the rules, evaluated at every poll.
        listeners: called after every poll.
        metric_check: warns of a rule whose metric the source does not produce.
        uncommitted: alerts that could not be committed to the outbox yet; each poll tries again.
        history: the readings so far.
        progress: counts and the best reading so far.
        run_log_dir: the directory of the run log; None for none.

    Args:
        source: where the readings come from.
        rules: what decides on alerts: rules, or texts such as ``"accuracy < 90% for 2"``.
        notifiers: how people receive the messages: notifiers, or URLs such as ``"dingtalk://TOKEN"``.
        renderer: renders the alerts; by default in the locale's language.
        comparison: the direction in which the score improves; by default the usual one of its metric.
        check_interval: seconds between two polls.
        schedule: polls at its due times instead, such as ``"daily 08:00"`` or ``"0 8 * * mon-fri"``, in the
            zone of the source, else that of this machine. A restart neither repeats nor misses one.
        log_dir: the directory of the run logs and of ``outbox.db``, in which a later process finds what was
            alerted; None keeps everything in memory.
        outbox: instead of the one in ``log_dir``.
        resume_state: restores the rules after a restart.
        clock: the time.
        notify_start: True sends one message when :meth:`run` starts.
        digest: seconds for which messages of level ``info`` are gathered into one; 0 sends each immediately.
        words: renders digests, and reports of what a notifier refused for good.
        history: instead of a new one.
        summary: instead of a new one.
        listeners: called after every poll.

    Raises:
        ConfigError: a part misses a member of its contract, a text is no rule or a URL no channel.
        MissingExtraError: a URL needs an extra that is not installed.
    """

    def __init__(
        self,
        source: Source,
        rules: Sequence[Rule | str],
        notifiers: Sequence[Notifier | str],
        *,
        renderer: MessageRenderer | None = None,
        comparison: Comparison | None = None,
        check_interval: float = 60,
        schedule: Schedule | str | float | None = None,
        log_dir: str | PathLike[str] | None = "monitor_logs",
        outbox: WatchOutbox | None = None,
        resume_state: Resumption | None = None,
        clock: Clock | None = None,
        notify_start: bool = False,
        digest: float = 0.0,
        words: DeliveryMessages | None = None,
        history: MetricHistory | None = None,
        summary: WatchSummary | None = None,
        listeners: Sequence[Listener] = (),
    ) -> None:
        # Imported here, because a training script imports this module first, and long before it trains.
        from ..core.clocks import SystemClock
        from ..core.contracts import require_callables
        from ..core.metric_history import MetricHistory
        from ..delivery.queue import DeliveryQueue
        from ..rendering.delivery_messages import DeliveryMessageRenderer
        from .alert_messages import AlertMessages
        from .checks.metric_check import MetricCheck
        from .checks.scale_check import ScaleCheck
        from .parts import check_parts, directory_from, notifiers_from, outbox_of, rules_from, schedule_from
        from .resume import ResumeState
        from .subjects.boundary import ErrorBoundary
        from .summary import WatchSummary

        super().__init__()
        check_parts(source, clock)
        self.source = source
        self.rules = rules_from(rules)
        self.notifiers = notifiers_from(notifiers)
        self.check_interval = check_interval
        self._schedule = None if schedule is None else schedule_from(schedule, source)
        self.run_log_dir: Path | None = directory_from(log_dir)
        self.clock = clock or SystemClock()
        self.progress = summary or WatchSummary(source.name, comparison, self.clock)
        self.history = history or MetricHistory(comparison)
        self.metric_check = MetricCheck(source, self.rules)
        functions = require_callables("listeners", listeners, "[on_poll]")
        checks: list[Listener] = [self.metric_check, ScaleCheck(self.rules)]
        self.listeners: list[Listener] = [self.progress.add, *checks, *functions]
        self.uncommitted: list[Alert] = []
        self.delivery_queue = DeliveryQueue(
            self.notifiers, self.clock, digest=digest, words=words or DeliveryMessageRenderer()
        )
        self._messages = AlertMessages(renderer, source.name, self._points)
        self._outbox = outbox or outbox_of(source, self.run_log_dir)
        self._resume_state: Resumption = resume_state or ResumeState()
        self._boundary = ErrorBoundary()
        self._lock = Lock()
        self._verify = False
        self._notify_start = notify_start
        self._subjects: Subjects | None = None  # once a reading names a model or a window

    def check(self) -> list[Alert]:
        """Poll once; return the alerts that were found and are now being delivered.

        Delivery happens in other threads. :meth:`stop`, and the interpreter's end, give it a few seconds.
        """
        alerts: list[Alert] = []
        with self._lock, self._boundary("the watch"):
            self._open()
            readings = self._read()
            self._evaluate(readings, alerts)
            self._commit()
            for listener in self.listeners:
                with self._boundary(f"listener {listener!r}"):
                    listener(readings, alerts)
        if alerts:
            self.stop_at_exit()
        return alerts

    def report(self, alert: Alert) -> bool:
        """Deliver an alert found elsewhere, such as the training's end; return whether it is committed."""
        with self._boundary("the watch"):
            self._open()
            self.delivery_queue.add(alert, self._messages.of(alert, self._seconds_to_render()))
            self.stop_at_exit()
            return True
        return False

    def run(self, stop: Event) -> None:
        """Poll every ``check_interval`` seconds until ``stop`` is set, and once more then.

        With a schedule poll at its due times alone.
        """
        from ..runtime.run_log import run_log
        from .parts import check_to_the_end
        from .schedules.pace import pace_of

        with run_log(self.run_log_dir, screen=self.on_screen) as file:
            names = ", ".join(self.delivery_queue.names) or "no notifier"
            log = f"; run log: {file}" if file else ""
            pace = pace_of(self._schedule, self.check_interval, self.clock, self._open)
            logger.info("Watching %s %s, notifying %s%s", self.source.name, pace, names, log)
            self._verify = True
            self._report_start()
            while pace.wait(stop):
                self._report_start()
                self.check()
                self.progress.log_hourly()
                with self._boundary("the schedule"):
                    pace.looked(failed=self.source.name in self.failures)
            if pace.looks_at_the_end:
                check_to_the_end(self.source, self.check)
            self.warn_at_the_end()
            self.close(self.grace)
            logger.info("Stopped: %s (%s)", self.progress.summary(), self.source.name)

    def _report_start(self) -> None:
        from .parts import started

        if self._notify_start and self.report(started(self.source, self.rules, self.clock)):
            self._notify_start = False

    def warn_at_the_end(self) -> None:
        """Let the checks among the listeners warn of what has not come until now."""
        from .poll_listener import WarnsAtTheEnd

        for listener in self.listeners:
            if isinstance(listener, WarnsAtTheEnd):
                with self._boundary(f"listener {listener!r}"):
                    listener.warn_at_the_end()

    def close(self, seconds: float) -> None:
        """Deliver what is pending within ``seconds``, and let another process have the watch."""
        self.delivery_queue.close(seconds, self._outbox.release)

    @property
    def refused_login(self) -> AuthenticationError | None:
        """The login that a server refused when the watch started, or None."""
        return self.delivery_queue.refused_login

    @property
    def failures(self) -> dict[str, str]:
        """The parts that failed at the last poll, each with its error."""
        return self._boundary.failures

    def _open(self) -> Outbox:
        self._outbox.claim()
        outbox = self._outbox.open()
        self.delivery_queue.open(outbox, verify=self._verify)
        return outbox

    def _read(self) -> ReadingBatch:
        """Return what is new; nothing where the source fails, for it may stall, and its disk fill up."""
        from ..core.readings import ReadingBatch
        from ..sources import ChoosesSource

        readings = ReadingBatch(time=self.clock.now())
        with self._boundary(self.source.name):
            found = self.source.read()
            if not isinstance(found, ReadingBatch):
                raise TypeError(f"expected a ReadingBatch, got a {type(found).__name__}")
            readings = found
            if self._subjects is None and readings.is_by_model:
                from .subjects.subject_rules import Subjects

                self._subjects = Subjects(self.rules, self._boundary)
            with self._boundary("the outbox"):
                source = self.source.current if isinstance(self.source, ChoosesSource) else self.source
                rules = self.rules if self._subjects is None else self._subjects.whole
                self._resume_state.resume(rules, self._outbox.open(), source, readings)
        readings.seconds = readings.seconds or self.clock.monotonic()
        if self._subjects is None:
            with self._boundary("the history"):
                self.history.add(readings)
        return readings

    def _evaluate(self, readings: ReadingBatch, alerts: list[Alert]) -> None:
        from .subjects.rule_evaluation import alerts_of

        if self._subjects is None:
            found = alerts_of(self.rules, readings, self._boundary)
        else:
            found = self._subjects.evaluate(readings, self._outbox.open())
        for alert in found:
            # The rule will not repeat it, so it must not be lost, whatever interrupts this poll.
            self.uncommitted.append(alert)
            alerts.append(alert)

    def _commit(self) -> None:
        if self._subjects is not None:
            with self._boundary("the alerts of this look"):
                self._commit_look(self._subjects)
            return
        for alert in list(self.uncommitted):
            with self._boundary(f"the alert of {alert.rule}"):
                self.delivery_queue.add(alert, self._messages.of(alert, self._seconds_to_render()))
                self.uncommitted.remove(alert)

    def _commit_look(self, subjects: Subjects) -> None:
        alerts, unsent = list(self.uncommitted), list(subjects.unsent)
        if alerts or unsent:
            seconds = self._seconds_to_render()
            self.delivery_queue.add_look(alerts, lambda one: self._messages.of_look(one, seconds), unsent)
            del self.uncommitted[: len(alerts)], subjects.unsent[: len(unsent)]

    def _seconds_to_render(self) -> float:
        return RENDERING_AT_THE_END if self._stop.is_set() else RENDERING

    def _points(self, reading: Reading) -> Sequence[Point]:
        if self._subjects is not None:
            return self._subjects.points(reading)
        return self.history.points(reading.metric)
