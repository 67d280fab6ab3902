"""Starting and stopping: in the foreground, beside a training, and at the interpreter's end."""

from __future__ import annotations

import atexit
import logging
import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread, current_thread, main_thread
from types import FrameType, TracebackType
from typing import TypeVar

from ..core.errors import AuthenticationError
from .propagation import is_for_the_program

logger = logging.getLogger(__name__)

Self = TypeVar("Self", bound="Lifecycle")


class Lifecycle(ABC):
    """What runs a loop until it is told to stop.

    Attributes:
        grace: seconds that what is due gets at the end.
        on_screen: show the run's log on the screen where nobody else has set up logging.
    """

    grace = 4.0

    def __init__(self) -> None:
        """Start nothing."""
        self.on_screen = False
        self._stop = Event()
        self._worker: Thread | None = None
        self._process = 0

    @abstractmethod
    def run(self, stop: Event) -> None:
        """Do the work until ``stop`` is set."""

    @abstractmethod
    def close(self, seconds: float) -> None:
        """Give what is due at most so many seconds."""

    @property
    @abstractmethod
    def refused_login(self) -> AuthenticationError | None:
        """The login that was refused when the watch started, if there was one."""

    def start_monitoring(self) -> None:
        """Watch until Ctrl-C or SIGTERM, then return.

        Raises:
            AuthenticationError: the mail server refused the login.
        """
        self.on_screen = True
        try:
            self._wait_for_the_end()
        finally:
            self.on_screen = False
        if self.refused_login is not None:
            raise self.refused_login

    def start(self) -> None:
        """Watch in a daemon thread, beside whatever the caller does next; never raises."""
        if self._worker is not None and self._worker.is_alive():
            logger.warning("start(): the watch runs already")
            return
        self._stop = Event()
        self._worker = Thread(target=self._serve, args=(self._stop,), name="auto_model_monitor", daemon=True)
        self.end_with_the_interpreter()
        try:
            self._worker.start()
        except RuntimeError:
            logger.exception("the watch could not be started; the caller goes on without it")

    def stop(self) -> None:
        """Look once more, give what is due a few seconds, and end; never raises."""
        if self._process not in (0, os.getpid()):
            return  # a forked child has no thread of ours, and nothing to tell
        atexit.unregister(self.stop)
        self._process = 0
        self._stop.set()
        worker, self._worker = self._worker, None
        if worker is None:
            self.close(self.grace)
        elif worker is not current_thread():  # a part of the watch itself may ask for its end
            worker.join(self.grace + 2)
            if worker.is_alive():
                logger.error("the watch does not end, it is left behind")

    def __enter__(self: Self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop; an error of the block goes on its way."""
        self.stop()

    def end_with_the_interpreter(self) -> None:
        """See to it that :meth:`stop` is called at the interpreter's end, once."""
        if self._process != os.getpid():
            self._process = os.getpid()
            atexit.register(self.stop)

    def _serve(self, stop: Event) -> None:
        try:
            self.run(stop)
        except BaseException as error:
            if is_for_the_program(error):
                raise
            logger.exception("the watch ended by a fault, please report it; the caller goes on")

    def _wait_for_the_end(self) -> None:
        with _ending_signals() as caught:
            try:
                self.start()
                worker = self._worker
                while worker is not None and worker.is_alive():
                    # A handler may run at any moment, so it only takes a note, and this loop reads it.
                    worker.join(0.2)
                    if caught or self.refused_login is not None:
                        break
                self.stop()
            except KeyboardInterrupt:
                # Whoever asks twice will not wait, at the interpreter's end either.
                self._stop.set()
                atexit.unregister(self.stop)
                self._process = 0


@contextmanager
def _ending_signals() -> Iterator[list[int]]:
    """Note Ctrl-C, SIGTERM and SIGHUP in the list that is yielded; a second one interrupts.

    Signals that somebody else handles or that are ignored, as under ``nohup``, stay as they are.
    """
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        if caught:
            raise KeyboardInterrupt
        caught.append(number)

    before = {}
    if current_thread() is main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) in (
                signal.SIG_DFL,
                signal.default_int_handler,
            ):
                before[number] = signal.signal(number, note)
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
