"""Several watches in one process: one run log, one end, and one message when all of them are silent."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Sequence
from threading import Event, Lock, Thread

from ...core.alerts import Alert
from ...core.clocks import Clock, SystemClock
from ...core.comparison import Comparison
from ...core.contracts import listed
from ...core.errors import AuthenticationError, ConfigError
from ...core.host import host_name
from ...core.readings import ReadingBatch
from ...delivery.outbox import Outbox
from ...i18n import Language
from ...notifiers import Notifier
from ...notifiers.shared import SharedNotifier
from ...runtime.lifecycle import Lifecycle
from ...runtime.run_log import run_log
from ..checkpoints import ModelMonitor
from ..loop import Monitor
from ..resume import ResumeState
from ..summary import WatchSummary
from ..watch_outbox import WatchOutbox
from .group_message import GroupRenderer
from .group_silence import AllSilentRule, Member, Members

logger = logging.getLogger(__name__)

_LONGEST_INTERVAL = 60.0  # seconds between two polls of the group itself


class WatchGroup(Lifecycle):
    """Runs several monitors as one, each in a thread of its own, so that none waits for another.

    When the last of them has become silent, because its training is done or hangs, one message reports it
    through every notifier, and one more when something new comes. A restart does not repeat it.

    The monitors keep no run log of their own: there is one, in the ``log_dir`` of the first.

    Example:
        >>> group = WatchGroup([ModelMonitor(first), ModelMonitor(second)])  # doctest: +SKIP
        >>> group.start_monitoring()  # doctest: +SKIP

    Args:
        monitors: what is watched, each once; they become the group's: start and stop the group alone.
        silent_after: seconds without anything new, or a number of usual gaps such as ``"3x"``. While too few
            gaps are known to call one usual, it is six hours.
        language: of the message; by default that of the first monitor's configuration.
        outbox: of the group's own messages, instead of ``outbox.db`` in the run log's directory.
        resume: False starts a new run, whatever the group reported before.
        clock: the time.

    Raises:
        ConfigError: there is no monitor, one is none, or ``silent_after`` is no such time.
    """

    # The monitors end side by side, each with a grace of its own.
    grace = Lifecycle.grace + 2

    def __init__(
        self,
        monitors: Sequence[Monitor],
        *,
        silent_after: str | float = "3x",
        language: Language | None = None,
        outbox: Outbox | None = None,
        resume: bool = True,
        clock: Clock | None = None,
    ) -> None:
        super().__init__()
        self.monitors = _monitors(monitors)
        self._clock = clock or SystemClock()
        self._log_dir = self.monitors[0].run_log_dir
        members = [Member(m.source.name, m.progress, silent_after) for m in self.monitors]
        for monitor, member in zip(self.monitors, members, strict=True):
            monitor.run_log_dir = None
            monitor.listeners.append(member.update)
        source = Members(members, self._clock)
        self._whole = Monitor(
            source,
            [AllSilentRule(members)],
            _every_notifier(self.monitors),
            renderer=GroupRenderer(members, language or _language(self.monitors), self._clock, host_name()),
            check_interval=min(_LONGEST_INTERVAL, *(monitor.check_interval for monitor in self.monitors)),
            log_dir=None,
            outbox=WatchOutbox(self._log_dir, _key(members), outbox=outbox),
            resume_state=ResumeState(resume=resume),
            clock=self._clock,
            summary=GroupSummary(source.name, Comparison.LOWER, self._clock),
        )

    def run(self, stop: Event) -> None:
        """Run all of them until ``stop`` is set."""
        with run_log(self._log_dir, screen=self.on_screen) as file:
            logger.info("Watching %d directories; run log: %s", len(self.monitors), file or "none")
            parts = [*self.monitors, self._whole]
            threads = [_started(part, stop) for part in parts]
            stop.wait()
            end = self._clock.monotonic() + self.grace
            for thread, part in zip(threads, parts, strict=True):
                if thread is None:
                    _run(part, stop)  # without a thread: once, at the end
                    continue
                thread.join(max(0.0, end - self._clock.monotonic()))
                if thread.is_alive():
                    logger.error("%s: the watch does not end; its thread is abandoned", part.source.name)
                atexit.unregister(part.stop)  # it has ended; the interpreter's end need not wait for it again

    def close(self, seconds: float) -> None:
        """Deliver what is pending within ``seconds``, and let other processes have the watches."""
        end = self._clock.monotonic() + seconds
        for part in (*self.monitors, self._whole):
            part.close(max(0.0, end - self._clock.monotonic()))

    @property
    def refused_login(self) -> AuthenticationError | None:
        """The first login that a server refused when the watches started, or None."""
        refused = (part.refused_login for part in (*self.monitors, self._whole))
        return next((error for error in refused if error is not None), None)


class GroupSummary(WatchSummary):
    """Counts the alerts of a group; what its members read stands in their own lines."""

    def add(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Count the alerts, and log what each is about."""
        self.alerts += len(alerts)
        for alert in alerts:
            text = "%s: something is new again" if alert.resolved else "%s: done or silent"
            logger.info(text, self.name)

    def summary(self) -> str:
        """Return the number of alerts, in one line."""
        return f"alerts: {self.alerts}"


def _monitors(given: Sequence[Monitor]) -> list[Monitor]:
    example = "[ModelMonitor(first), ModelMonitor(second)]"
    if not listed("monitors", given, example):
        raise ConfigError("monitors: expected at least one, got none")
    for monitor in given:
        if not isinstance(monitor, Monitor):
            kind = type(monitor).__name__
            raise ConfigError(f"monitors: expected monitors, such as {example}, got one of type {kind}")
    return list(given)


def _language(monitors: Sequence[Monitor]) -> Language | None:
    first = monitors[0]
    return first.config.language if isinstance(first, ModelMonitor) else None


def _key(members: Sequence[Member]) -> str:
    return "\n".join(["all of", *sorted(member.name for member in members)])


def _every_notifier(monitors: Sequence[Monitor]) -> list[Notifier]:
    """Return each notifier of any of them once; the members verify the accounts."""
    notifiers = {n.name: n for monitor in reversed(monitors) for n in reversed(monitor.notifiers)}
    return [SharedNotifier(notifier, Lock(), verifies=False) for notifier in reversed(notifiers.values())]


def _started(monitor: Monitor, stop: Event) -> Thread | None:
    """Return the thread that runs a monitor, None where no thread can be started."""
    thread = Thread(target=_run, args=(monitor, stop), daemon=True)
    try:
        thread.start()
    except RuntimeError as error:
        logger.error("%s: the watch could not start: %s; it polls at the end", monitor.source.name, error)
        return None
    return thread


def _run(monitor: Monitor, stop: Event) -> None:
    try:
        monitor.run(stop)
    except Exception:
        logger.exception("%s: the watch ended by a fault, please report it", monitor.source.name)
