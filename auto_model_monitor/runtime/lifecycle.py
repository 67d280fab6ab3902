"""Start and stop a watch: in the foreground, beside a training, and at interpreter exit."""

from __future__ import annotations

import atexit
import logging
import os
import sys
from abc import ABC, abstractmethod
from contextlib import contextmanager
from threading import Event, Thread, current_thread, main_thread

TYPE_CHECKING = False  # a type checker takes this for true; an import of typing costs more than all else
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType
    from typing import TypeVar

    from ..core.errors import AuthenticationError

    Self = TypeVar("Self", bound="Lifecycle")

logger = logging.getLogger(__name__)


class Lifecycle(ABC):
    """Runs a loop until it is stopped.

    Attributes:
        grace: seconds that pending deliveries get when the watch stops.
        on_screen: show the run log on the screen if the program has not configured logging.
    """

    grace = 4.0

    def __init__(self) -> None:
        self.on_screen = False
        self._stop = Event()
        self._worker: Thread | None = None
        self._has_no_thread = False
        self._process = 0

    @abstractmethod
    def run(self, stop: Event) -> None:
        """Do the work until ``stop`` is set."""

    @abstractmethod
    def close(self, seconds: float) -> None:
        """Deliver what is pending within ``seconds``, and close."""

    @property
    @abstractmethod
    def refused_login(self) -> AuthenticationError | None:
        """The login that a server refused when the watch started, or None."""

    def start_monitoring(self) -> None:
        """Watch until Ctrl-C or SIGTERM, then return.

        Raises:
            AuthenticationError: the mail server refused the login.
        """
        self.on_screen = True
        try:
            self._run_in_foreground()
        finally:
            self.on_screen = False
        if self.refused_login is not None:
            raise self.refused_login

    def start(self) -> None:
        """Watch in a daemon thread; returns immediately and never raises.

        Where no thread can be started, :meth:`stop` polls and delivers in the caller's.
        """
        if self._worker is not None and self._worker.is_alive():
            logger.warning("start(): the watch is already running")
            return
        self._stop = Event()
        worker = Thread(target=self._serve, args=(self._stop,), name="auto_model_monitor", daemon=True)
        self.stop_at_exit()
        try:
            worker.start()
        except RuntimeError as error:  # a limit of processes: RLIMIT_NPROC, or pids.max of a container
            self._has_no_thread = True
            logger.error(
                "the watch could not start: %s; the program continues, and it polls at the end", error
            )
        else:
            self._worker, self._has_no_thread = worker, False

    def stop(self) -> None:
        """Poll once more, give pending deliveries :attr:`grace` seconds, and end; never raises."""
        if self._process not in (0, os.getpid()):
            return  # a forked child has neither our thread nor anything to report
        atexit.unregister(self.stop)
        self._process = 0
        self._stop.set()
        worker, self._worker = self._worker, None
        has_no_thread, self._has_no_thread = self._has_no_thread, False
        if has_no_thread:
            self._serve(self._stop)
        elif worker is None:
            self.close(self.grace)
        elif worker is not current_thread():  # a part of the watch itself may stop it
            worker.join(self.grace + 2)
            if worker.is_alive():
                logger.error("the watch does not end; its thread is abandoned")

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
        """Stop; an error in the block propagates."""
        self.stop()

    def stop_at_exit(self) -> None:
        """Register :meth:`stop` to run once at interpreter exit."""
        if self._process != os.getpid():
            self._process = os.getpid()
            atexit.register(self.stop)
            _at_end_of_child(self.stop)

    def _serve(self, stop: Event) -> None:
        try:
            self.run(stop)
        except BaseException as error:
            from .propagation import must_propagate

            if must_propagate(error):
                raise
            logger.exception("the watch ended with a bug, please report it; the program continues")

    def _run_in_foreground(self) -> None:
        with _ending_signals() as caught:
            try:
                self.start()
                worker = self._worker
                while worker is not None and worker.is_alive():
                    # A signal handler may run at any moment, so it only records the signal for this loop.
                    worker.join(0.2)
                    if caught or self.refused_login is not None:
                        break
                self.stop()
            except KeyboardInterrupt:
                # A second signal means: do not wait, not even at interpreter exit.
                self._stop.set()
                atexit.unregister(self.stop)
                self._process = 0


def _at_end_of_child(call: Callable[[], None]) -> None:
    """Register what a process of ``multiprocessing`` calls at its end, which leaves out :mod:`atexit`."""
    processes = sys.modules.get("multiprocessing.process")
    if processes is not None and processes.parent_process() is not None:
        from multiprocessing.util import Finalize

        Finalize(None, call, exitpriority=1)


@contextmanager
def _ending_signals() -> Iterator[list[int]]:
    """Record Ctrl-C, SIGTERM and SIGHUP in the yielded list; a second signal raises KeyboardInterrupt.

    Signals that the program handles itself or ignores, as under ``nohup``, are left alone.
    """
    import signal

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
