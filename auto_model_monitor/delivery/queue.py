"""The delivery queue: commits messages to the outbox and runs one worker per notifier."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Lock, current_thread, main_thread
from typing import Protocol

from ..core.alerts import Alert, AlertKind, Level, is_as_urgent, worst_first
from ..core.clocks import Clock, SystemClock
from ..core.errors import AuthenticationError, NotificationError
from ..core.messages import Message
from ..notifiers import HasMinLevel, Notifier
from ..text.cleaning import for_storage
from .outbox import Delivery, DeliveryState, Outbox
from .outbox.memory import MemoryOutbox
from .worker import DeliveryWorker

logger = logging.getLogger(__name__)

UNDELIVERED = "undelivered"


class DeliveryMessages(Protocol):
    """Renders the messages that the queue itself sends."""

    def digest(self, messages: Sequence[Message]) -> Message:
        """Return one message with the content of several."""
        ...

    def undelivered(self, alert: Alert, channel: str, message: Message, reason: str) -> Message:
        """Return the report that ``channel`` permanently refused ``message``."""
        ...


class DeliveryQueue:
    """Delivers each message to all notifiers of one monitor, each in a thread of its own.

    A notifier that has a ``min_level`` gets messages of that level and more urgent ones. What one notifier
    permanently refuses is reported through the others.

    Args:
        notifiers: where messages go.
        clock: the time, injected.
        digest: seconds for which messages of level ``info`` are collected into one; 0 sends each immediately.
        words: renders digests and reports of refused messages; None sends neither.

    Attributes:
        workers: one per notifier, once :meth:`open` was called.
        undelivered: what was pending when the queue was closed, and why.
    """

    def __init__(
        self,
        notifiers: Sequence[Notifier],
        clock: Clock | None = None,
        *,
        digest: float = 0.0,
        words: DeliveryMessages | None = None,
    ) -> None:
        self._notifiers = _named(notifiers)
        self._clock = clock or SystemClock()
        self._digest = digest
        self._words = words
        self._outbox: Outbox | None = None
        self._is_open = False
        self._has_started = False
        self._on_idle: Callable[[], None] | None = None
        self._lock = Lock()
        self.workers: list[DeliveryWorker] = []
        self.undelivered: dict[str, str] = {}

    @property
    def names(self) -> list[str]:
        """The names under which deliveries are stored, one per notifier."""
        return [name for name, _ in self._notifiers]

    @property
    def refused_login(self) -> AuthenticationError | None:
        """The first refused login, or None."""
        return next((worker.refused_login for worker in self.workers if worker.refused_login), None)

    def open(self, outbox: Outbox, *, verify: bool = False) -> None:
        """Use the outbox and deliver what is pending in it; a further call restarts dead workers.

        Args:
            outbox: where deliveries are stored.
            verify: check each notifier's account first.
        """
        if self._is_open:
            if self._has_started:
                self.start()  # a thread could not be started before, or has died
            return
        self._is_open = True
        self._on_idle = None
        if self._outbox is not outbox:
            self._outbox = outbox
            self.workers = [self._worker(name, notifier, outbox) for name, notifier in self._notifiers]
        pending = _pending(outbox)
        for delivery in pending:
            self._log_pending(delivery)
        if verify or pending:
            self.start(verify=verify)

    def _worker(self, name: str, notifier: Notifier, outbox: Outbox) -> DeliveryWorker:
        return DeliveryWorker(
            notifier,
            outbox,
            self._clock,
            name=name,
            digest=self._digest,
            gather=None if self._words is None else self._words.digest,
            on_refused=self._report_refusal,
            on_end=self._run_on_idle,
        )

    def _log_pending(self, delivery: Delivery) -> None:
        subject = delivery.message.subject
        if delivery.channel in self.names:
            logger.info("%s: pending from an earlier run: %s", delivery.channel, subject)
            return
        text = (
            "%s: pending from an earlier run, but no notifier has this name now: %s "
            "(configure it again, or run: auto-model-monitor outbox drop %d)"
        )
        logger.warning(text, delivery.channel, subject, delivery.id)

    def start(self, *, verify: bool = False) -> None:
        """Start each worker's thread unless it runs."""
        self._has_started = True
        for worker in self.workers:
            try:
                worker.start(verify=verify)
            except RuntimeError as error:
                # The interpreter is shutting down, or the system has no thread left at the moment.
                logger.debug("no thread for the delivery: %s", error)

    def add(self, alert: Alert, message: Message) -> None:
        """Commit the message for each notifier that accepts its level; it is sent in the background."""
        if self._outbox is None:
            self.open(MemoryOutbox())
        assert self._outbox is not None
        self._outbox.add(alert, message, self.names_for(message.level), self._clock.now().timestamp())
        self._wake()

    def add_look(
        self,
        alerts: Sequence[Alert],
        render: Callable[[Sequence[Alert]], Message],
        unsent: Sequence[Alert] = (),
    ) -> None:
        """Commit the alerts of one look together; each notifier gets one message about those of its level.

        Args:
            alerts: in the order in which they were found.
            render: renders the alerts of one message, the worst first.
            unsent: alerts that are committed, so that no later process reports them, and not sent.
        """
        if self._outbox is None:
            self.open(MemoryOutbox())
        assert self._outbox is not None
        messages = [(render(worst_first(one)), names) for one, names in self._by_level(alerts)]
        self._outbox.add_look([*unsent, *alerts], messages, self._clock.now().timestamp())
        if messages:
            self._wake()

    def _by_level(self, alerts: Sequence[Alert]) -> list[tuple[list[Alert], list[str]]]:
        """Return the sets of alerts that notifiers accept, each with the names of those notifiers."""
        found: dict[int, tuple[list[Alert], list[str]]] = {}
        for name, notifier in self._notifiers:
            least = _min_level(notifier)
            accepted = [alert for alert in alerts if is_as_urgent(alert.level, least)]
            if accepted:  # of two such sets one contains the other: those of one size are one
                found.setdefault(len(accepted), (accepted, []))[1].append(name)
        return list(found.values())

    def _wake(self) -> None:
        self.start()
        for worker in self.workers:
            if self._is_open:
                worker.wake()
            else:  # the queue is closing: a worker that was started just now has to end as well
                worker.close()

    def names_for(self, level: Level) -> list[str]:
        """Return the names of the notifiers that accept messages of that level."""
        return [name for name, n in self._notifiers if is_as_urgent(level, _min_level(n))]

    def _report_refusal(self, delivery: Delivery, error: NotificationError) -> None:
        """Report through the other notifiers what this one will never deliver."""
        others = [name for name in self.names if name != delivery.channel]
        is_a_report = delivery.message.facts.get("rule") == UNDELIVERED
        if self._words is None or self._outbox is None or not others or is_a_report:
            return
        now, kind = self._clock.now(), AlertKind.UNDELIVERED
        alert = Alert(rule=UNDELIVERED, time=now, kind=kind, level=Level.WARNING)
        message = self._words.undelivered(alert, delivery.channel, delivery.message, str(error))
        self._outbox.add(alert, message, others, now.timestamp())
        self._wake()

    def close(self, seconds: float, on_idle: Callable[[], None] | None = None) -> None:
        """Deliver what is due within ``seconds``, then log what is still pending.

        Args:
            seconds: how long to wait for the workers, all together.
            on_idle: called once when nothing is being sent any more, which may be after this call returns:
                a slow server may still accept a message.
        """
        was_open, self._is_open = self._is_open, False
        if was_open:
            self._end_workers(seconds)
            self._log_undelivered()
        self._on_idle = on_idle
        self._run_on_idle()

    def _end_workers(self, seconds: float) -> None:
        end = self._clock.monotonic() + seconds
        for worker in self.workers:
            worker.close()
        # Twice: a worker that had ended is started again to report what another one's server refused.
        for worker in [*self.workers, *self.workers]:
            worker.join(end - self._clock.monotonic())
            in_time = worker.has_no_thread and self._clock.monotonic() < end
            if not worker.is_running and (in_time or current_thread() is not main_thread()):
                worker.deliver_or_report()  # its thread could not be started

    def _log_undelivered(self) -> None:
        pending = [] if self._outbox is None else _pending(self._outbox)
        for delivery in pending:
            reason = delivery.error or "no answer yet"
            self.undelivered[f"{delivery.channel}: not delivered: {delivery.message.subject}"] = reason
            logger.error("%s: NOT delivered: %s: %s", delivery.channel, delivery.message.subject, reason)
        if pending and self._outbox is not None and self._outbox.outlives_the_process:
            logger.warning("the outbox keeps what was not delivered; the next run sends it")

    def _run_on_idle(self) -> None:
        if any(worker.is_running for worker in self.workers):
            return
        with self._lock:
            on_idle, self._on_idle = self._on_idle, None
        if on_idle is not None and not self._is_open:
            on_idle()


def _min_level(notifier: Notifier) -> Level:
    return Level(notifier.min_level) if isinstance(notifier, HasMinLevel) else Level.INFO


def _pending(outbox: Outbox) -> list[Delivery]:
    return [delivery for delivery in outbox.deliveries() if delivery.state is DeliveryState.OWED]


def _named(notifiers: Sequence[Notifier]) -> list[tuple[str, Notifier]]:
    """Pair each notifier with a unique name, under which its deliveries are stored."""
    counts = Counter[str]()
    named = []
    for notifier in notifiers:
        name = for_storage(notifier.name)
        counts[name] += 1
        named.append((name if counts[name] == 1 else f"{name} ({counts[name]})", notifier))
    return named
