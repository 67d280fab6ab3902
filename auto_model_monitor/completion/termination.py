"""SIGTERM and SIGHUP as an exit that can be told of, while a training runs."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from threading import current_thread, main_thread
from types import FrameType


class Terminations:
    """Lets SIGTERM and SIGHUP raise :class:`SystemExit`, between the first ``begin`` and the last ``end``.

    Without it they end the process on the spot, and nobody hears of it. A signal that somebody else handles,
    or that is ignored, as under ``nohup``, stays as it is.

    Attributes:
        caught: the number of the signal that came last; None when none came.
    """

    def __init__(self) -> None:
        """Touch nothing yet."""
        self.caught: int | None = None
        self._users = 0
        self._process = 0
        self._taken: list[int] = []

    def begin(self) -> bool:
        """Handle the signals, where this is the main thread; return whether :meth:`end` has to be called."""
        if current_thread() is not main_thread():
            return False
        if self._process != os.getpid():  # the first time, or in a child that was forked meanwhile
            self._process, self._users, self._taken = os.getpid(), 0, []
        self._users += 1
        if self._users == 1:
            self.caught = None
            self._take()
        return True

    def end(self) -> None:
        """Give the signals back when nobody else needs them."""
        if self._process != os.getpid():
            return
        self._users -= 1
        if self._users > 0:
            return
        for number in self._taken:
            # Another one may have been set in the meantime; and this may be another thread by now.
            if signal.getsignal(number) == self._exit:
                with suppress(ValueError):
                    signal.signal(number, signal.SIG_DFL)
        self._taken = []

    def _take(self) -> None:
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) in (signal.SIG_DFL, self._exit):
                signal.signal(number, self._exit)
                self._taken.append(number)

    def _exit(self, number: int, frame: FrameType | None) -> None:
        if self._process != os.getpid():
            # A worker that the training forked has inherited this, and ends as it would without it.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            return
        self.caught = number
        raise SystemExit(128 + number)
