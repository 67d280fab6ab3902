"""Save the weights and exit when a signal arrives, even during a long step."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

logger = logging.getLogger(__name__)

_STEP_TIMEOUT = 5.0  # seconds to wait for the current step or file
_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")


class Interruption:
    """Ends the process on a signal, with status 128 + the signal's number, as shells do.

    A thread waits for the signals, because Python calls handlers only between two bytecodes of the main
    thread, and a backward pass of a large network on a CPU is a single call that takes many seconds.
    """

    def __init__(self) -> None:
        self._save: Callable[[], Path] | None = None
        self._whole = threading.Lock()

    def watch(self) -> None:
        """Start to wait for signals. Call it before any other thread starts."""
        if not hasattr(signal, "sigwait"):
            return  # Windows has no such signals
        handled = {getattr(signal, name) for name in _SIGNALS}
        expected = {number for number in handled if signal.getsignal(number) is not signal.SIG_IGN}
        signal.pthread_sigmask(signal.SIG_BLOCK, expected)
        threading.Thread(target=self._wait, args=(expected,), name="signals", daemon=True).start()

    def saves_with(self, save: Callable[[], Path]) -> None:
        """Set the function that writes the weights when a signal arrives."""
        self._save = save

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Delay the reaction to a signal while the weights change or a file is written."""
        with self._whole:
            yield

    def _wait(self, expected: set[signal.Signals]) -> None:
        number = signal.sigwait(expected)
        name = signal.Signals(number).name
        try:
            self._whole.acquire(timeout=_STEP_TIMEOUT)
            if self._save is None:
                logger.warning("Stopped by %s before the training began", name)
            else:
                logger.warning("Stopped by %s; the weights so far are in %r", name, str(self._save()))
        except Exception as error:
            logger.error("Stopped by %s; the weights could not be saved: %s", name, error)
        finally:
            logging.shutdown()
            os._exit(128 + number)
