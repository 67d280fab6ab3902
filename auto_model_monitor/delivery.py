"""Delivery: hands what the outbox owes to the notifiers, beside the detection and apart from each other."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from threading import Event, Thread

from .alerts import Alert
from .clocks import Clock, SystemClock
from .errors import AuthenticationError, MonitorError, NotificationError
from .messages import Message
from .notifiers import Notifier
from .outbox import Delivery, DeliveryState, Outbox
from .outbox.memory import MemoryOutbox
from .schedules import Backoff

logger = logging.getLogger(__name__)

# With the default waits, from ten seconds to half an hour, so many attempts take seven days. Counted and
# not timed, because a clock that jumps must not give a message up.
SEVEN_DAYS_OF_ATTEMPTS = 343


class Channel:
    """One notifier and the thread that serves it.

    Args:
        notifier: where the messages go.
        outbox: where they are owed.
        clock: the time, injected.
        backoff: the waits between attempts; a refused login waits for the longest of them.
        most_attempts: after so many a message is given up.
        name: what its deliveries are filed under; by default the notifier's name.
    """

    def __init__(
        self,
        notifier: Notifier,
        outbox: Outbox,
        clock: Clock,
        backoff: Backoff | None = None,
        most_attempts: int = SEVEN_DAYS_OF_ATTEMPTS,
        name: str | None = None,
    ) -> None:
        """Take the parts; nothing starts yet."""
        self.name = name or notifier.name
        self.refused_login: AuthenticationError | None = None
        self._notifier = notifier
        self._outbox = outbox
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._most_attempts = most_attempts
        self._wake = Event()
        self._closing = False
        self._thread: Thread | None = None

    def start(self, *, verify: bool) -> None:
        """Start the thread, which looks at the account first if ``verify`` says so."""
        if self._thread is None or not self._thread.is_alive():
            self._closing = False
            self._thread = Thread(target=self._serve, args=(verify,), name=self.name, daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Say that something was added."""
        self._wake.set()

    def close(self) -> None:
        """Ask the thread to end as soon as nothing is due."""
        self._closing = True
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait for the thread's end, for at most so many seconds."""
        if self._thread is not None:
            self._thread.join(max(0.0, seconds))

    def verify(self) -> None:
        """Try the account once; say what was found."""
        check = getattr(self._notifier, "verify", None)
        if check is None:
            return
        try:
            check()
        except AuthenticationError as error:
            self.refused_login = error
            logger.error("%s: the login was refused: %s", self.name, error)
        except MonitorError as error:
            logger.warning("%s cannot be reached now, the watch goes on: %s", self.name, error)
        except Exception:
            logger.exception("%s: the check of the account failed, the watch goes on", self.name)
        else:
            logger.info("%s: the login was accepted", self.name)

    def deliver_due(self) -> float | None:
        """Deliver what is due, oldest first; return the seconds until more is, None if nothing is owed."""
        while (delivery := self._outbox.first_owed(self.name)) is not None:
            wait = delivery.due - self._clock.now().timestamp()
            # What is further away than any wait was postponed before the clock was set back: it is due.
            if 0 < wait <= self._backoff.most:
                return wait
            self._attempt(delivery)
        return None

    def _serve(self, verify: bool) -> None:
        if verify:
            self.verify()
        while True:
            self._wake.clear()
            wait = self._deliver_or_report()
            if self._closing:
                return
            self._clock.wait(self._wake, 3600.0 if wait is None else wait)

    def _deliver_or_report(self) -> float | None:
        try:
            return self.deliver_due()
        except Exception:
            logger.exception("%s: the outbox failed; it is tried again", self.name)
            return self._backoff.longest

    def _attempt(self, delivery: Delivery) -> None:
        try:
            self._notifier.send(delivery.message)
        except NotificationError as error:
            self._failed(delivery, error)
        except Exception as error:
            logger.exception("%s: a fault in the notifier", self.name)
            self._failed(delivery, NotificationError(f"{type(error).__name__}: {error}"))
        else:
            self._outbox.delivered(delivery)
            logger.info("%s: delivered: %s", self.name, delivery.message.subject)

    def _failed(self, delivery: Delivery, error: NotificationError) -> None:
        now = self._clock.now().timestamp()
        if error.permanent or delivery.attempts + 1 >= self._most_attempts:
            self._outbox.refused(delivery, str(error))
            logger.error("%s: NOT delivered: %s: %s", self.name, delivery.message.subject, error)
            return
        wait = self._backoff.next_after(delivery.attempts + 1)
        if isinstance(error, AuthenticationError):
            wait = self._backoff.longest
        self._outbox.postponed(delivery, str(error), now + wait)
        text = "%s: not delivered yet, attempt %d, the next in %.0f s: %s: %s"
        subject = delivery.message.subject
        logger.warning(text, self.name, delivery.attempts + 1, wait, subject, error)


class Courier:
    """All channels of one monitor."""

    def __init__(self, notifiers: Sequence[Notifier], clock: Clock | None = None) -> None:
        """Take the notifiers; nothing starts yet."""
        self._notifiers = _named(notifiers)
        self._clock = clock or SystemClock()
        self._outbox: Outbox | None = None
        self.channels: list[Channel] = []

    @property
    def names(self) -> list[str]:
        """What the channels are called."""
        return [name for name, _ in self._notifiers]

    @property
    def refused_login(self) -> AuthenticationError | None:
        """The first refused login, if there was one."""
        return next((c.refused_login for c in self.channels if c.refused_login), None)

    def open(self, outbox: Outbox, *, verify: bool = False) -> None:
        """Take the outbox, and deliver what it owes from before; does nothing at a second call.

        Args:
            outbox: where deliveries are owed.
            verify: look at each account first.
        """
        if self._outbox is not None:
            return
        self._outbox = outbox
        for name, notifier in self._notifiers:
            self.channels.append(Channel(notifier, outbox, self._clock, name=name))
        owed = [d for d in outbox.deliveries() if d.state is DeliveryState.OWED]
        for delivery in owed:
            logger.info("owed from before to %s: %s", delivery.channel, delivery.message.subject)
            if delivery.channel not in self.names:
                logger.warning("nobody here delivers to %s any more", delivery.channel)
        if verify or owed:
            self.start(verify=verify)

    def start(self, *, verify: bool = False) -> None:
        """Start one thread a channel, unless it runs."""
        for channel in self.channels:
            channel.start(verify=verify)

    def add(self, alert: Alert, message: Message) -> None:
        """Owe the message to every channel; returns at once."""
        if self._outbox is None:
            self.open(MemoryOutbox())
        assert self._outbox is not None
        self._outbox.add(alert, message, self.names, self._clock.now().timestamp())
        # At the interpreter's end no thread can be started any more: those that run are enough.
        with suppress(RuntimeError):
            self.start()
        for channel in self.channels:
            channel.wake()

    def close(self, seconds: float) -> None:
        """Give what is due at most so many seconds, then say what is still owed."""
        if self._outbox is None:
            return
        end = self._clock.monotonic() + seconds
        for channel in self.channels:
            channel.close()
        for channel in self.channels:
            channel.join(end - self._clock.monotonic())
        owed = [d for d in self._outbox.deliveries() if d.state is DeliveryState.OWED]
        for delivery in owed:
            subject, why = delivery.message.subject, delivery.error or "no answer yet"
            logger.error("NOT delivered by %s: %s: %s", delivery.channel, subject, why)
        if owed and self._outbox.outlives_the_process:
            logger.warning("what is owed is kept, and goes out when the watch runs again")


def _named(notifiers: Sequence[Notifier]) -> list[tuple[str, Notifier]]:
    """Give each notifier the name under which its deliveries are filed, each a different one."""
    counts = Counter[str]()
    named = []
    for notifier in notifiers:
        counts[notifier.name] += 1
        number = counts[notifier.name]
        named.append((notifier.name if number == 1 else f"{notifier.name} ({number})", notifier))
    return named
