"""A channel: one notifier, served by a thread of its own, patiently and in order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Event, Lock, Thread

from ..core.alerts import Level
from ..core.clocks import Clock
from ..core.errors import AuthenticationError, MonitorError, NotificationError
from ..core.messages import Message
from ..notifiers import Notifier, Verifies
from ..runtime.propagation import describe_error, must_propagate
from .backoff import Backoff
from .outbox import Delivery, Outbox

logger = logging.getLogger(__name__)

# With the default waits, from ten seconds to half an hour, so many attempts take seven days. Counted and
# not timed, because a clock that jumps must not give a message up.
SEVEN_DAYS_OF_ATTEMPTS = 343
# Somebody may have asked for another attempt by hand, or the outbox could not be read a moment ago.
LONGEST_REST = 60.0
# Another process may change the outbox, as ``outbox retry`` does: it is looked into so often, in seconds.
LOOK_AGAIN = 60.0


class DeliveryWorker:
    """One notifier and the thread that serves it.

    Args:
        notifier: where the messages go.
        outbox: where they are owed.
        clock: the time, injected.
        backoff: the waits between attempts; a refused login waits for the longest of them.
        most_attempts: after so many a message is given up.
        name: what its deliveries are filed under; by default the notifier's name.
        digest: seconds for which messages of level ``info`` are gathered into one; 0 sends each at once.
        gather: makes one message of several.
        on_refused: called with each delivery that was refused for good, and why.
        on_end: called by the thread when it has ended its work.
    """

    def __init__(
        self,
        notifier: Notifier,
        outbox: Outbox,
        clock: Clock,
        backoff: Backoff | None = None,
        most_attempts: int = SEVEN_DAYS_OF_ATTEMPTS,
        name: str | None = None,
        digest: float = 0.0,
        gather: Callable[[Sequence[Message]], Message] | None = None,
        on_refused: Callable[[Delivery, NotificationError], None] | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        """Take the parts; nothing starts yet."""
        self.name = name or notifier.name
        self.refused_login: AuthenticationError | None = None
        self._notifier = notifier
        self._outbox = outbox
        self._clock = clock
        self._backoff = backoff or Backoff()
        self._most_attempts = most_attempts
        self._digest = digest if gather is not None else 0.0
        self._gather = gather
        self._on_refused = on_refused
        self._on_end = on_end
        self._wake = Event()
        self._lock = Lock()
        self._closing = False
        self._is_new = True
        self._thread: Thread | None = None

    @property
    def is_running(self) -> bool:
        """Whether the thread is at work."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def start(self, *, verify: bool) -> None:
        """See to it that the thread runs; a new one looks at the account first if ``verify`` says so.

        Raises:
            RuntimeError: no thread can be started now.
        """
        with self._lock:
            self._closing = False
            if not self.is_running:
                thread = Thread(target=self._serve, args=(verify,), name=self.name, daemon=True)
                thread.start()
                self._thread = thread

    def wake(self) -> None:
        """Say that something was added."""
        self._wake.set()

    def close(self) -> None:
        """Ask the thread to end as soon as nothing is due."""
        self._closing = True
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait for the thread's end, for at most so many seconds."""
        thread = self._thread
        if thread is not None:
            thread.join(max(0.0, seconds))

    def verify(self) -> None:
        """Try the account once; say what was found."""
        if not isinstance(self._notifier, Verifies):
            return
        try:
            self._notifier.verify()
        except AuthenticationError as error:
            self.refused_login = error
            logger.error("%s: the login was refused: %s", self.name, error)
        except MonitorError as error:
            logger.warning("%s cannot be reached now, the watch goes on: %s", self.name, error)
        except BaseException as error:
            if must_propagate(error):
                raise
            logger.exception("%s: the check of the account failed, the watch goes on", self.name)
        else:
            logger.info("%s: the login was accepted", self.name)

    def deliver_due(self) -> float | None:
        """Deliver what is due, oldest first; return the seconds until more is, None if nothing is owed."""
        while together := self._next():
            wait = self._due(together) - self._clock.now().timestamp()
            # A process that starts tries what failed before at once: somebody may have mended it.
            from_before = self._is_new and together[0].attempts > 0
            self._is_new = False
            # What is further away than any wait was postponed before the clock was set back: it is due.
            if 0 < wait <= max(self._backoff.most, self._digest) and not from_before:
                return wait
            self._attempt(together)
        return None

    def _next(self) -> list[Delivery]:
        """Return what goes out next, in one message: the oldest, or all that a digest gathers."""
        first = self._outbox.first_owed(self.name)
        if first is None or not self._digest:
            return [] if first is None else [first]
        owed = [first]
        while (later := self._outbox.first_owed(self.name, owed[-1].id)) is not None:
            owed.append(later)
        urgent = [delivery for delivery in owed if delivery.message.level is not Level.INFO]
        return urgent[:1] or owed

    def _due(self, together: Sequence[Delivery]) -> float:
        first = together[0]
        gathers = self._digest and first.message.level is Level.INFO and not first.attempts
        # At the end nothing more can be gathered.
        return first.added + self._digest if gathers and not self._closing else first.due

    def _serve(self, verify: bool) -> None:
        if verify:
            self.verify()
        while True:
            self._wake.clear()
            closing = self._closing  # as it was before the last look: what a digest holds back is due then
            wait = self.deliver_or_report()
            with self._lock:  # or a start() at this moment would trust in a thread that ends
                if closing and self._closing:
                    self._thread = None
                    break
            self._clock.wait(self._wake, LONGEST_REST if wait is None else min(wait, LONGEST_REST))
        if self._on_end is not None:
            self._on_end()

    def deliver_or_report(self) -> float | None:
        """Deliver what is due; a fault of the outbox is logged, and asks for another try."""
        try:
            return self.deliver_due()
        except BaseException as error:
            if must_propagate(error):
                raise
            logger.exception("%s: the outbox failed; it is tried again", self.name)
            return self._backoff.longest

    def _attempt(self, together: Sequence[Delivery]) -> None:
        message = together[0].message
        try:
            if len(together) > 1 and self._gather is not None:
                message = self._gather([delivery.message for delivery in together])
            self._notifier.send(message)
        except NotificationError as error:
            self._failed(together, error)
        except BaseException as error:
            if must_propagate(error):
                raise
            logger.exception("%s: a fault in the notifier", self.name)
            self._failed(together, NotificationError(describe_error(error)))
        else:
            now = self._clock.now().timestamp()
            for delivery in together:
                self._outbox.delivered(replace(delivery, settled=now))
            logger.info("%s: delivered: %s", self.name, message.subject)

    def _failed(self, together: Sequence[Delivery], error: NotificationError) -> None:
        attempt = together[0].attempts + 1
        if error.permanent or attempt >= self._most_attempts:
            for delivery in together:
                self._refused(delivery, error)
            return
        wait = self._backoff.next_after(attempt)
        if isinstance(error, AuthenticationError):
            wait = self._backoff.longest
        for delivery in together:
            self._outbox.postponed(delivery, str(error), self._clock.now().timestamp() + wait)
        text = "%s: not delivered yet, attempt %d, the next in %.0f s: %s: %s"
        logger.warning(text, self.name, attempt, wait, together[0].message.subject, error)

    def _refused(self, delivery: Delivery, error: NotificationError) -> None:
        settled = self._clock.now().timestamp()
        self._outbox.refused(replace(delivery, settled=settled), str(error))
        logger.error("%s: NOT delivered: %s: %s", self.name, delivery.message.subject, error)
        if self._on_refused is not None:
            self._on_refused(delivery, error)
