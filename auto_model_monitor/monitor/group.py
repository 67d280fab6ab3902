"""Several watches in one process: one end, one run log, and one message when all of them are silent."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Sequence
from threading import Event, Lock, Thread

from ..core.alerts import Alert
from ..core.clocks import Clock, SystemClock
from ..core.comparison import Comparison
from ..core.contracts import listed
from ..core.errors import AuthenticationError, ConfigError
from ..core.host import host_name
from ..core.readings import ReadingBatch
from ..delivery.outbox import Outbox
from ..i18n import Language
from ..notifiers import Notifier
from ..notifiers.shared import SharedNotifier
from ..runtime.lifecycle import Lifecycle
from ..runtime.run_log import run_log
from .checkpoints import ModelMonitor
from .group_message import GroupRenderer
from .group_silence import AllSilentRule, Member, Members
from .loop import Monitor
from .resume import ResumeState
from .summary import WatchSummary

logger = logging.getLogger(__name__)

_MOST_BETWEEN_LOOKS = 60.0


class WatchGroup(Lifecycle):
    """Runs several monitors as one, each in a thread of its own, so that none waits for another.

    When the last of them has fallen silent, because its training is done or hangs, one message says so
    through every channel; and one more when something new comes. After a restart it is not repeated.

    The monitors keep no run log of their own: there is one, in the ``log_dir`` of the first.

    Example:
        >>> group = WatchGroup([ModelMonitor(first), ModelMonitor(second)])  # doctest: +SKIP
        >>> group.start_monitoring()  # doctest: +SKIP

    Args:
        monitors: what is watched; each must be another watch.
        silent_after: seconds without anything new, or a number of usual gaps such as ``"3x"``. As long as
            too few gaps are known to call one usual, it takes six hours.
        language: of the message; by default that of the first monitor's configuration.
        outbox: of the group's own messages, instead of ``outbox.db`` in the run log's directory.
        resume: False forgets what the group told before.
        clock: the time.
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
        """Take the monitors, which become the group's: start and stop the group alone.

        Raises:
            ConfigError: there is no monitor, or ``silent_after`` is no such time.
        """
        super().__init__()
        self.monitors = _monitors(monitors)
        self._log_dir = self.monitors[0].run_log_dir
        members = [Member(monitor.source.name, monitor.progress, silent_after) for monitor in self.monitors]
        for monitor, member in zip(self.monitors, members, strict=True):
            monitor.run_log_dir = None
            monitor.rules.append(member)
        first = self.monitors[0]
        meant: Language = first.config.language if isinstance(first, ModelMonitor) else "zh"
        self._whole = _Whole(
            members,
            _every_channel(self.monitors),
            language=language or meant,
            check_interval=min(_MOST_BETWEEN_LOOKS, *(monitor.check_interval for monitor in monitors)),
            resume_state=ResumeState(self._log_dir, _key(members), outbox=outbox, resume=resume),
            clock=clock or SystemClock(),
        )

    def run(self, stop: Event) -> None:
        """Run all of them until ``stop`` is set."""
        with run_log(self._log_dir, screen=self.on_screen) as file:
            logger.info("Watching %d directories; run log: %s", len(self.monitors), file or "none")
            parts = [*self.monitors, self._whole]
            threads = [Thread(target=_run, args=(part, stop), daemon=True) for part in parts]
            for thread in threads:
                thread.start()
            stop.wait()
            clock = self._whole.clock
            end = clock.monotonic() + self.grace
            for thread, part in zip(threads, parts, strict=True):
                thread.join(max(0.0, end - clock.monotonic()))
                if thread.is_alive():
                    logger.error("%s: the watch does not end, it is left behind", part.source.name)
                atexit.unregister(part.stop)  # it has ended; the interpreter's end need not wait for it again

    def close(self, seconds: float) -> None:
        """Give what is due at most so many seconds, and let other processes have the watches."""
        end = self._whole.clock.monotonic() + seconds
        for part in (*self.monitors, self._whole):
            part.close(max(0.0, end - self._whole.clock.monotonic()))

    @property
    def refused_login(self) -> AuthenticationError | None:
        """The first login that was refused when the watches started, if there was one."""
        refused = (part.refused_login for part in (*self.monitors, self._whole))
        return next((error for error in refused if error is not None), None)


def _monitors(given: Sequence[Monitor]) -> list[Monitor]:
    example = "[ModelMonitor(first), ModelMonitor(second)]"
    if not listed("monitors", given, example):
        raise ConfigError("monitors: expected at least one, got none")
    for monitor in given:
        if not isinstance(monitor, Monitor):
            kind = type(monitor).__name__
            raise ConfigError(f"monitors: expected monitors, such as {example}, got one of type {kind}")
    return list(given)


class _Whole(Monitor):
    """The monitor of the monitors: its source is what the members have heard."""

    def __init__(
        self,
        members: Sequence[Member],
        notifiers: Sequence[Notifier],
        *,
        language: Language,
        check_interval: float,
        resume_state: ResumeState,
        clock: Clock,
    ) -> None:
        """Take the members."""
        super().__init__(
            Members(members, clock),
            [AllSilentRule(members)],
            notifiers,
            renderer=GroupRenderer(members, language, clock, host_name()),
            comparison=Comparison.LOWER,
            check_interval=check_interval,
            resume_state=resume_state,
            clock=clock,
        )
        self._members = members
        self.progress = _Told(self.source.name, Comparison.LOWER, clock)

    def check(self) -> list[Alert]:
        """Look once, unless some member has not looked yet: nothing can be said of all of them then."""
        return super().check() if all(member.looked for member in self._members) else []


class _Told(WatchSummary):
    """What a group has told; what was read stands in its members' lines."""

    def saw(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        """Count the alerts, and say what each is about."""
        self.alerts += len(alerts)
        for alert in alerts:
            text = "%s: something moves again" if alert.resolved else "%s: done or silent"
            logger.info(text, self.name)

    def summary(self) -> str:
        """Return what was told, in one line."""
        return f"alerts: {self.alerts}"


def _key(members: Sequence[Member]) -> str:
    return "\n".join(["all of", *sorted(member.name for member in members)])


def _every_channel(monitors: Sequence[Monitor]) -> list[Notifier]:
    """Return each channel of any of them once; the members look at the accounts."""
    channels = {n.name: n for monitor in reversed(monitors) for n in reversed(monitor.notifiers)}
    return [SharedNotifier(notifier, Lock(), verifies=False) for notifier in reversed(channels.values())]


def _run(monitor: Monitor, stop: Event) -> None:
    try:
        monitor.run(stop)
    except Exception:
        logger.exception("%s: the watch ended by a fault, please report it", monitor.source.name)
