"""A training's log, watched while it is written, or read to its end."""

from __future__ import annotations

import signal
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType
from typing import Protocol

from ..core.alerts import Alert
from ..core.clocks import Clock, SystemClock
from ..core.errors import AuthenticationError, SourceError
from ..core.readings import Reading, ReadingBatch
from ..delivery.outbox.memory import MemoryOutbox
from ..notifiers import Notifier
from ..rules import Rule
from ..sources import Continues, NamesMetrics, Source
from .checkpoints import ModelMonitor
from .config.monitor_config import MonitorConfig


class EndingSource(Continues, NamesMetrics, Source, Protocol):
    """A source over something that ends, such as a log."""

    @property
    @abstractmethod
    def ended(self) -> bool:
        """Whether everything was read after :meth:`finish`."""
        ...

    @abstractmethod
    def finish(self) -> None:
        """Declare that the writer has ended: an incomplete last line counts."""
        ...


class LogMonitor(ModelMonitor):
    """Watches a log, and ends when the log has ended.

    Args:
        config: who receives the mails, and where the outbox is.
        source: the log.
        rules: what decides on alerts; without any, nothing is written anywhere.
        notifiers: how people receive the messages.
        resume: False starts a new run, whatever was alerted before.
        follows: False reads what is there and ends.
        endures: end with the log alone, neither by the first Ctrl-C nor by a refused login, which could end
            the program that writes into the pipe.
        on_poll: called after each poll with its alerts and readings; returns whether more are wanted.
        at_end: called once when the log has ended; returns the alert that its end calls for, if any.
        plots: True shows the scores so far as a picture in each mail (extra ``plots``).
        digest: seconds for which messages of level ``info`` are gathered into one; 0 sends each immediately.
        clock: the time; by default the machine's.

    Raises:
        ConfigError: ``digest`` is no number of seconds.
        MissingExtraError: ``plots`` is wanted, and its extra is not installed.
    """

    def __init__(
        self,
        config: MonitorConfig,
        source: EndingSource,
        *,
        rules: Sequence[Rule] = (),
        notifiers: Sequence[Notifier] = (),
        resume: bool = True,
        follows: bool = True,
        endures: bool = False,
        on_poll: Callable[[Sequence[Alert], ReadingBatch], bool] | None = None,
        at_end: Callable[[], Alert | None] | None = None,
        plots: bool = False,
        digest: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        self._log = LogUntilItsEnd(source, follows=follows, clock=clock or SystemClock())
        super().__init__(
            config,
            source=self._log,
            rules=list(rules),
            notifiers=list(notifiers),
            outbox=None if rules else MemoryOutbox(),
            clock=clock,
            resume=resume,
            plots=plots,
            digest=digest,
            listeners=[self._end_with_the_log],
        )
        if not rules:
            self.run_log_dir = None
        self._endures = endures
        self._on_poll = on_poll
        self._at_end = at_end

    def follow(self) -> None:
        """Watch until the log ends, or until Ctrl-C or SIGTERM; then return.

        Raises:
            AuthenticationError: the mail server refused the login.
            SourceError: the log that was to be read once could not be read.
        """
        with _second_interrupt_counts(self._endures):
            self._run_in_foreground()
        if self._log.failure is not None:
            raise self._log.failure
        if self.refused_login is not None:
            raise self.refused_login

    @property
    def refused_login(self) -> AuthenticationError | None:
        """The refused login, if it is to end the watch."""
        return None if self._endures else super().refused_login

    def _end_with_the_log(self, readings: ReadingBatch, alerts: Sequence[Alert]) -> None:
        is_wanted = self._on_poll is None or self._on_poll(alerts, readings)
        if self._log.has_ended and self._at_end is not None:
            at_end, self._at_end = self._at_end, None
            alert = at_end()
            if alert is not None and self.rules:
                self.report(alert)
        if self._log.has_ended or not (is_wanted or self.rules or self._endures):
            self._stop.set()
        if self._stop.is_set():
            self.metric_check.warn()


class LogUntilItsEnd:
    """A log source that ends, where it is read once, also with the error that it cannot be read.

    Attributes:
        name: the log.
        failure: the error, or None.

    Args:
        source: the log.
        follows: False reads it once.
        clock: the time.
    """

    def __init__(self, source: EndingSource, *, follows: bool, clock: Clock) -> None:
        self.name = source.name
        self.failure: SourceError | None = None
        self._source = source
        self._follows = follows
        self._clock = clock
        self.metric_name = source.metric_name
        self.continues: Callable[[Reading], bool] = source.continues
        if not follows:
            source.finish()

    @property
    def has_ended(self) -> bool:
        """Whether everything was read, or cannot be read."""
        return self._source.ended or self.failure is not None

    def read(self) -> ReadingBatch:
        """Return what is new.

        Raises:
            SourceError: the log is followed, and cannot be read now.
        """
        try:
            return self._source.read()
        except SourceError as error:
            if self._follows:
                raise
            self.failure = error
            return ReadingBatch(time=self._clock.now())


@contextmanager
def _second_interrupt_counts(expected: bool) -> Iterator[None]:
    """Ignore the first Ctrl-C, which also ends the training on the other side of the pipe."""
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
