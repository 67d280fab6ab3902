"""The delivery worker: sends the pending messages of one notifier in order, in its own thread."""

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
from ..runtime.propagation import must_propagate
from ..text.cleaning import describe_error
from .backoff import Backoff
from .outbox import Delivery, Outbox

logger = logging.getLogger(__name__)

# With the default backoff these attempts take seven days. Attempts are counted instead of timed, because
# a clock that jumps must not make a worker give up.
SEVEN_DAYS_OF_ATTEMPTS = 343
# Seconds after which the worker reads the outbox again in any case: ``outbox retry`` may have changed it
# in another process.
LONGEST_IDLE = 60.0


class DeliveryWorker:
    """One notifier and the thread that sends its messages.

    Args:
        notifier: sends the messages.
        outbox: holds the pending deliveries.
        clock: the time, injected.
        backoff: the waits between attempts; after a refused login the longest one applies.
        most_attempts: a message is given up after this many failed attempts.
        name: the name under which its deliveries are stored; by default the notifier's name.
        digest: seconds for which messages of level ``info`` are collected into one; 0 sends each immediately.
        gather: combines several messages into one; without it there is no digest.
        on_refused: called with each delivery that is refused, permanently or until a person removes the
            cause, and the reason.
        on_end: called by the thread as its last action.

    Attributes:
        name: see above.
        has_no_thread: the last attempt to start the thread failed.
        refused_login: the error of :meth:`verify` if the account was refused, else None.
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
        self.name = name or notifier.name
        self.has_no_thread = False
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
        self._overtaken: dict[int, float] = {}  # deliveries for which later ones need not wait, until when
        self._thread: Thread | None = None

    @property
    def is_running(self) -> bool:
        """Whether the thread is alive."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def start(self, *, verify: bool) -> None:
        """Start the thread unless it runs; with ``verify`` a new thread checks the account first.

        Raises:
            RuntimeError: no thread can be started now.
        """
        with self._lock:
            self._closing = False
            if not self.is_running:
                thread = Thread(target=self._serve, args=(verify,), name=self.name, daemon=True)
                self.has_no_thread = True
                thread.start()
                self.has_no_thread = False
                self._thread = thread

    def wake(self) -> None:
        """Make the thread read the outbox now."""
        self._wake.set()

    def close(self) -> None:
        """Ask the thread to end as soon as nothing is due."""
        self._closing = True
        self._wake.set()

    def join(self, seconds: float) -> None:
        """Wait at most ``seconds`` for the thread to end."""
        thread = self._thread
        if thread is not None:
            thread.join(max(0.0, seconds))

    def verify(self) -> None:
        """Check the notifier's account once and log the result; do nothing if it has no such check."""
        if not isinstance(self._notifier, Verifies):
            return
        try:
            self._notifier.verify()
        except AuthenticationError as error:
            self.refused_login = error
            logger.error("%s: the login was refused: %s", self.name, error)
        except MonitorError as error:
            text = "%s: the account cannot be checked now, the watch continues without: %s"
            logger.warning(text, self.name, error)
        except BaseException as error:
            if must_propagate(error):
                raise
            logger.exception("%s: verify() failed with an unexpected error, the watch continues", self.name)
        else:
            logger.info("%s: the login was accepted", self.name)

    def deliver_due(self) -> float | None:
        """Deliver what is due, oldest first; return the seconds until the next is due, None without one."""
        while batch := self._next_batch():
            wait = self._wait(batch)
            if wait > 0:
                return min(wait, self._wait_of_overtaken() or wait)
            self._attempt(batch)
        return self._wait_of_overtaken()

    def _wait(self, batch: Sequence[Delivery]) -> float:
        wait = self._due(batch) - self._clock.now().timestamp()
        # A new process retries immediately what failed before: the cause may have been fixed.
        failed_in_earlier_run = self._is_new and batch[0].attempts > 0
        self._is_new = False
        # A wait longer than any that is ever chosen means that the clock was set back: it is due.
        return 0.0 if failed_in_earlier_run or wait > max(self._backoff.most, self._digest) else wait

    def _wait_of_overtaken(self) -> float | None:
        """Return the seconds until the first delivery that others overtake is due, None without one."""
        now = self._clock.monotonic()
        self._overtaken = {number: due for number, due in self._overtaken.items() if due > now}
        return min((due - now for due in self._overtaken.values()), default=None)

    def _next_batch(self) -> list[Delivery]:
        """Return what goes out next as one message: the oldest delivery, or all that a digest collects."""
        first = self._next_owed()
        if first is None or not self._digest:
            return [] if first is None else [first]
        pending = [first]
        while (later := self._next_owed(pending[-1].id)) is not None:
            pending.append(later)
        urgent = [delivery for delivery in pending if delivery.message.level is not Level.INFO]
        return urgent[:1] or pending

    def _next_owed(self, after: int = 0) -> Delivery | None:
        """Return the oldest pending delivery after one, without those that others overtake for now."""
        now = self._clock.monotonic()
        while (found := self._outbox.first_owed(self.name, after)) is not None:
            if self._overtaken.get(found.id, now) <= now or not found.attempts:  # 0 after ``outbox retry``
                break
            after = found.id
        return found

    def _due(self, batch: Sequence[Delivery]) -> float:
        first = batch[0]
        waits_for_digest = self._digest and first.message.level is Level.INFO and not first.attempts
        # A closing worker collects no longer.
        return first.added + self._digest if waits_for_digest and not self._closing else first.due

    def _serve(self, verify: bool) -> None:
        if verify:
            self.verify()
        while True:
            self._wake.clear()
            closing = self._closing  # read before delivering: only then what a digest holds back is due
            wait = self.deliver_or_report()
            with self._lock:  # a concurrent start() would otherwise rely on a thread that is ending
                if closing and self._closing:
                    self._thread = None
                    break
            self._clock.wait(self._wake, LONGEST_IDLE if wait is None else min(wait, LONGEST_IDLE))
        if self._on_end is not None:
            self._on_end()

    def deliver_or_report(self) -> float | None:
        """Deliver what is due; log a failing outbox. Return the seconds until the next is due, as above."""
        try:
            return self.deliver_due()
        except BaseException as error:
            if must_propagate(error):
                raise
            logger.exception("%s: the outbox failed, it is read again within a minute", self.name)
            return self._backoff.longest

    def _attempt(self, batch: Sequence[Delivery]) -> None:
        message = batch[0].message
        try:
            if len(batch) > 1 and self._gather is not None:
                message = self._gather([delivery.message for delivery in batch])
            self._notifier.send(message)
        except NotificationError as error:
            self._failed(batch, error)
        except BaseException as error:
            if must_propagate(error):
                raise
            logger.exception("%s: the notifier failed with an unexpected error", self.name)
            self._failed(batch, NotificationError(describe_error(error)))
        else:
            now = self._clock.now().timestamp()
            for delivery in batch:
                self._overtaken.pop(delivery.id, None)
                self._outbox.delivered(replace(delivery, settled=now))
            logger.info("%s: delivered: %s", self.name, message.subject)

    def _failed(self, batch: Sequence[Delivery], error: NotificationError) -> None:
        attempt = batch[0].attempts + 1
        for delivery in batch:
            self._overtaken.pop(delivery.id, None)
        if error.permanent or attempt >= self._most_attempts:
            for delivery in batch:
                self._refused(delivery, error)
            return
        wait = self._backoff.next_after(attempt)
        if isinstance(error, AuthenticationError):
            wait = self._backoff.longest
        for delivery in batch:
            self._outbox.postponed(delivery, str(error), self._clock.now().timestamp() + wait)
            if error.only_this:
                self._overtaken[delivery.id] = self._clock.monotonic() + wait
        text = "%s: not delivered yet, attempt %d failed, the next follows in %.0f s: %s: %s"
        level = logging.ERROR if error.needs_person else logging.WARNING
        logger.log(level, text, self.name, attempt, wait, batch[0].message.subject, error)
        if error.needs_person and attempt == 1 and not isinstance(error, AuthenticationError):
            self._report(batch, error)

    def _refused(self, delivery: Delivery, error: NotificationError) -> None:
        settled = self._clock.now().timestamp()
        self._outbox.refused(replace(delivery, settled=settled), str(error))
        is_on_disk = delivery.id > 0 and self._outbox.outlives_the_process
        advice = f" (to send it again: auto-model-monitor outbox retry {delivery.id})" if is_on_disk else ""
        logger.error("%s: NOT delivered: %s: %s%s", self.name, delivery.message.subject, error, advice)
        self._report([delivery], error)

    def _report(self, batch: Sequence[Delivery], error: NotificationError) -> None:
        for delivery in batch:
            if self._on_refused is not None:
                self._on_refused(delivery, error)
