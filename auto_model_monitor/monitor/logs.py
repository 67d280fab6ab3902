"""A training's log, watched while it is written, or to its end."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from ..core.alerts import Alert
from ..core.clocks import Clock
from ..core.errors import AuthenticationError, SourceError
from ..core.readings import ReadingBatch
from ..delivery.outbox.memory import MemoryOutbox
from ..notifiers import Notifier
from ..rules import MetricRule, Rule
from ..sources.logs.log_batch import LogBatch
from ..sources.logs.log_source import LogSource
from .checkpoints import ModelMonitor
from .config import MonitorConfig

logger = logging.getLogger(__name__)

_ENOUGH_EPOCHS = 2  # after so many a metric that did not come up will not, or is called otherwise


class LogMonitor(ModelMonitor):
    """Watches a log, and ends when that has ended.

    Attributes:
        failure: why a log that was to be read once could not be read.

    Args:
        config: whom to tell, and where the outbox is.
        source: the log.
        rules: what counts as worth telling; without any nothing is written anywhere.
        notifiers: whom it is told to.
        resume: False forgets what was told by the watch before.
        follows: False reads what is there and ends.
        endures: it ends with the log alone, not by the first Ctrl-C and not by a refused login: whoever
            writes into the pipe could be ended by that.
        on_look: called after each look with what it has found; tells whether anybody wants to see more.
        clock: the time; by default the machine's.
    """

    def __init__(
        self,
        config: MonitorConfig,
        source: LogSource,
        *,
        rules: Sequence[Rule] = (),
        notifiers: Sequence[Notifier] = (),
        resume: bool = True,
        follows: bool = True,
        endures: bool = False,
        on_look: Callable[[Sequence[Alert], ReadingBatch], bool] | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Take the parts; nothing is opened yet."""
        super().__init__(
            config,
            source=source,
            rules=list(rules),
            notifiers=list(notifiers),
            outbox=None if rules else MemoryOutbox(),
            clock=clock,
            resume=resume,
        )
        if not rules:
            self.run_log_dir = None
        self.failure: SourceError | None = None
        self._log = source
        self._follows = follows
        self._endures = endures
        self._on_look = on_look
        self._latest = ReadingBatch(time=self.clock.now())
        self._seen: dict[str, None] = {}
        self._epochs: set[int] = set()
        self._wanted = {
            rule.name: rule.metric for rule in rules if isinstance(rule, MetricRule) and rule.metric
        }
        if not follows:
            source.finish()

    def check(self) -> list[Alert]:
        """Look once; return the alerts that were found and are now on their way."""
        alerts = super().check()
        is_seen = self._on_look is None or self._on_look(alerts, self._latest)
        needs_nobody = self.rules or self._endures
        if self._log.ended or self.failure is not None or not (is_seen or needs_nobody):
            self._stop.set()
        if self._stop.is_set() or len(self._epochs) > _ENOUGH_EPOCHS:
            self._tell_of_strangers()
        return alerts

    def follow(self) -> None:
        """Watch until the log ends, or until Ctrl-C or SIGTERM; then return.

        Raises:
            AuthenticationError: the mail server refused the login.
            SourceError: the log that was to be read once could not be read.
        """
        with _second_interrupt_counts(self._endures):
            self._run_in_foreground()
        if self.failure is not None:
            raise self.failure
        if self.refused_login is not None:
            raise self.refused_login

    @property
    def refused_login(self) -> AuthenticationError | None:
        """The login that was refused when the watch started, if that is to end it."""
        return None if self._endures else super().refused_login

    def _read_source(self) -> ReadingBatch:
        try:
            readings = super()._read_source()
        except SourceError as error:
            if self._follows:
                raise
            self.failure = error
            readings = ReadingBatch(time=self.clock.now())
        self._latest = readings
        if isinstance(readings, LogBatch) and self._wanted:
            self._seen.update(dict.fromkeys(readings.metrics))
            self._epochs |= readings.epochs
        return readings

    def _tell_of_strangers(self) -> None:
        """Say once which metrics of the rules the log does not speak of."""
        expected, self._wanted = self._wanted, {}
        for rule, metric in expected.items():
            if metric not in self._seen:
                known = ", ".join(self._seen) or "nothing"
                text = "%s: expected %s in %s, got %s so far (--pattern adds a format)"
                logger.warning(text, rule, metric, self.source.name, known)


@contextmanager
def _second_interrupt_counts(expected: bool) -> Iterator[None]:
    """Let the first Ctrl-C pass, which ends the training on the other side of the pipe, too."""
    if not expected or current_thread() is not main_thread():
        yield
        return
    count = 0

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count > 1:
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
