"""Delivery: hands what the outbox owes to the channels, beside the detection and apart from each other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Lock, current_thread, main_thread
from typing import Protocol

from ..core.alerts import Alert, AlertKind, Level
from ..core.clocks import Clock, SystemClock
from ..core.errors import AuthenticationError, NotificationError
from ..core.messages import Message
from ..notifiers import HasMinLevel, Notifier
from .outbox import Delivery, DeliveryState, Outbox
from .outbox.memory import MemoryOutbox
from .outbox.texts import storable
from .worker import DeliveryWorker

logger = logging.getLogger(__name__)

UNDELIVERED = "undelivered"


class DeliveryMessages(Protocol):
    """What puts the queue's own messages into words."""

    def digest(self, messages: Sequence[Message]) -> Message:
        """Return one message that tells what several tell."""
        ...

    def undelivered(self, alert: Alert, channel: str, message: Message, reason: str) -> Message:
        """Return what to say of a message that a channel refused for good."""
        ...


class DeliveryQueue:
    """All channels of one monitor.

    A notifier that has a ``min_level`` gets messages of that level or a more urgent one. What one channel
    refuses for good is told through the others.

    Args:
        notifiers: where messages go.
        clock: the time.
        digest: seconds for which messages of level ``info`` are gathered into one; 0 sends each at once.
        words: makes the digest, and the message about one that was refused.
    """

    def __init__(
        self,
        notifiers: Sequence[Notifier],
        clock: Clock | None = None,
        *,
        digest: float = 0.0,
        words: DeliveryMessages | None = None,
    ) -> None:
        """Take the parts; nothing starts yet."""
        self._notifiers = _named(notifiers)
        self._clock = clock or SystemClock()
        self._digest = digest
        self._words = words
        self._outbox: Outbox | None = None
        self._is_open = False
        self._has_started = False
        self._lacks_threads = False
        self._afterwards: Callable[[], None] | None = None
        self._lock = Lock()
        self.channels: list[DeliveryWorker] = []

    @property
    def names(self) -> list[str]:
        """What the channels are called."""
        return [name for name, _ in self._notifiers]

    @property
    def refused_login(self) -> AuthenticationError | None:
        """The first refused login, if there was one."""
        return next((c.refused_login for c in self.channels if c.refused_login), None)

    def open(self, outbox: Outbox, *, verify: bool = False) -> None:
        """Take the outbox, and deliver what it owes from before; at a further call, see that all is well.

        Args:
            outbox: where deliveries are owed.
            verify: look at each account first.
        """
        if self._is_open:
            if self._has_started:
                self.start()  # a thread that could not be started before, or that broke
            return
        self._is_open = True
        self._afterwards = None
        if self._outbox is not outbox:
            self._outbox = outbox
            self.channels = [self._channel(name, notifier, outbox) for name, notifier in self._notifiers]
        owed = _owed(outbox)
        for delivery in owed:
            logger.info("owed from before to %s: %s", delivery.channel, delivery.message.subject)
            if delivery.channel not in self.names:
                logger.warning("nobody here delivers to %s any more", delivery.channel)
        if verify or owed:
            self.start(verify=verify)

    def _channel(self, name: str, notifier: Notifier, outbox: Outbox) -> DeliveryWorker:
        return DeliveryWorker(
            notifier,
            outbox,
            self._clock,
            name=name,
            digest=self._digest,
            gather=None if self._words is None else self._words.digest,
            on_refused=self._tell_others,
            on_end=self._ended,
        )

    def start(self, *, verify: bool = False) -> None:
        """Start one thread a channel, unless it runs."""
        self._has_started = True
        try:
            for channel in self.channels:
                channel.start(verify=verify)
        except RuntimeError as error:
            # At the interpreter's end, or where the system allows no more threads just now.
            self._lacks_threads = True
            logger.debug("no thread for the delivery: %s", error)

    def add(self, alert: Alert, message: Message) -> None:
        """Owe the message to every channel; returns at once."""
        if self._outbox is None:
            self.open(MemoryOutbox())
        assert self._outbox is not None
        self._outbox.add(alert, message, self.names_for(message.level), self._clock.now().timestamp())
        self._wake()

    def _wake(self) -> None:
        self.start()
        for channel in self.channels:
            if self._is_open:
                channel.wake()
            else:  # told while the channels end: what was started just now must end as well
                channel.close()

    def names_for(self, level: Level) -> list[str]:
        """Return the channels that want messages of that level."""
        urgency = list(Level).index(level)
        return [name for name, n in self._notifiers if list(Level).index(_min_level(n)) <= urgency]

    def _tell_others(self, delivery: Delivery, error: NotificationError) -> None:
        """Say through the other channels what this one will never deliver."""
        others = [name for name in self.names if name != delivery.channel]
        told_before = delivery.message.facts.get("rule") == UNDELIVERED
        if self._words is None or self._outbox is None or not others or told_before:
            return
        now, kind = self._clock.now(), AlertKind.UNDELIVERED
        alert = Alert(rule=UNDELIVERED, time=now, kind=kind, level=Level.WARNING)
        message = self._words.undelivered(alert, delivery.channel, delivery.message, str(error))
        self._outbox.add(alert, message, others, now.timestamp())
        self._wake()

    def close(self, seconds: float, afterwards: Callable[[], None] | None = None) -> None:
        """Give what is due at most so many seconds, then say what is still owed.

        Args:
            seconds: how long to wait for the channels.
            afterwards: called when nothing is being sent any more, which may be later: a server that is
                slow to answer may yet accept.
        """
        was_open, self._is_open = self._is_open, False
        if was_open:
            self._end_channels(seconds)
        self._afterwards = afterwards
        self._ended()

    def _end_channels(self, seconds: float) -> None:
        end = self._clock.monotonic() + seconds
        for channel in self.channels:
            channel.close()
        # The second round is for those that had ended and were woken by what another one refused.
        for channel in [*self.channels, *self.channels]:
            channel.join(end - self._clock.monotonic())
            if self._lacks_threads and not channel.is_running and current_thread() is not main_thread():
                channel.deliver_or_report()
        owed = [] if self._outbox is None else _owed(self._outbox)
        for delivery in owed:
            subject, why = delivery.message.subject, delivery.error or "no answer yet"
            logger.error("NOT delivered by %s: %s: %s", delivery.channel, subject, why)
        if owed and self._outbox is not None and self._outbox.outlives_the_process:
            logger.warning("what is owed is kept, and goes out when the watch runs again")

    def _ended(self) -> None:
        """Let what comes afterwards happen, once, when the last channel has ended."""
        if any(channel.is_running for channel in self.channels):
            return
        with self._lock:
            afterwards, self._afterwards = self._afterwards, None
        if afterwards is not None and not self._is_open:
            afterwards()


def _min_level(notifier: Notifier) -> Level:
    return Level(notifier.min_level) if isinstance(notifier, HasMinLevel) else Level.INFO


def _owed(outbox: Outbox) -> list[Delivery]:
    return [d for d in outbox.deliveries() if d.state is DeliveryState.OWED]


def _named(notifiers: Sequence[Notifier]) -> list[tuple[str, Notifier]]:
    """Give each notifier the name under which its deliveries are filed, each a different one."""
    counts = Counter[str]()
    named = []
    for notifier in notifiers:
        name = storable(notifier.name)
        counts[name] += 1
        named.append((name if counts[name] == 1 else f"{name} ({counts[name]})", notifier))
    return named
