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

_STEP_TIMEOUT = 5.0  # seconds for a step or a file that is under way
_SIGNALS = ("SIGTERM", "SIGINT", "SIGHUP")


class Interruption:
    """Ends the process on a signal, with status 128 + the signal's number, as shells do.

    A thread waits for the signals, because Python calls a handler only between two lines of the main thread:
    a step backwards through a large network on a processor is one line of many seconds.
    """

    def __init__(self) -> None:
        """Wait for no signal yet."""
        self._save: Callable[[], Path] | None = None
        self._whole = threading.Lock()

    def watch(self) -> None:
        """Begin to wait for signals; to be called before any other thread begins."""
        if not hasattr(signal, "sigwait"):
            return  # Windows ends a process without asking
        asked = {getattr(signal, name) for name in _SIGNALS}
        expected = {number for number in asked if signal.getsignal(number) is not signal.SIG_IGN}
        signal.pthread_sigmask(signal.SIG_BLOCK, expected)
        threading.Thread(target=self._wait, args=(expected,), name="signals", daemon=True).start()

    def saves_with(self, save: Callable[[], Path]) -> None:
        """Take what writes the weights when a signal comes."""
        self._save = save

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Let a signal wait while the weights are between two steps or a file is being written."""
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
