"""SIGTERM and SIGHUP as an exit that can be told of, while a training runs."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from threading import current_thread, local, main_thread
from types import FrameType


class Terminations:
    """Lets SIGTERM and SIGHUP raise :class:`SystemExit`, between the first ``begin`` and the last ``end``.

    Without it they end the process on the spot, and nobody hears of it. A signal that somebody else handles,
    or that is ignored, as under ``nohup``, stays as it is. A worker that the training forks ends by them as
    it would have.

    Attributes:
        caught: the number of the signal that came last; None when none came.
    """

    def __init__(self) -> None:
        """Touch nothing yet."""
        self.caught: int | None = None
        self._users = 0
        self._process = 0
        self._taken: list[int] = []
        self._masks = local()
        self._is_registered = False

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
        if self._users == 0:
            self._give_back()
            self._taken = []

    def _take(self) -> None:
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._exit)
                self._taken.append(number)
        if hasattr(os, "register_at_fork") and not self._is_registered:
            self._is_registered = True
            os.register_at_fork(
                before=self._hold, after_in_parent=self._let_go, after_in_child=self._leave_child
            )

    def _give_back(self) -> None:
        for number in self._taken:
            # Another one may have been set in the meantime; and this may be another thread by now.
            if signal.getsignal(number) == self._exit:
                with suppress(ValueError):
                    signal.signal(number, signal.SIG_DFL)

    def _exit(self, number: int, frame: FrameType | None) -> None:
        self.caught = number
        raise SystemExit(128 + number)

    # Python forgets a signal that reaches a forked child before its first instruction, if it has a handler
    # for it, and whoever sent it would wait for the child's end for ever. So it is held until the child has
    # none.

    def _hold(self) -> None:
        if self._taken:
            self._masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, self._taken)

    def _let_go(self) -> None:
        before = self._masks.__dict__.pop("before", None)
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _leave_child(self) -> None:
        self._give_back()
        self._let_go()
