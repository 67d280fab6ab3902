"""Turn SIGTERM and SIGHUP into SystemExit while a training runs."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from threading import current_thread, local, main_thread
from types import FrameType


class Terminations:
    """Makes SIGTERM and SIGHUP raise :class:`SystemExit`, between the first ``begin`` and the last ``end``.

    Otherwise they end the process immediately, without a report. Signals that the program handles itself or
    ignores, as under ``nohup``, are left alone. Workers that the training forks get the default handlers.

    Attributes:
        caught: the number of the last signal; None if there was none.
    """

    def __init__(self) -> None:
        self.caught: int | None = None
        self._users = 0
        self._process = 0
        self._installed: list[int] = []
        self._masks = local()
        self._is_registered = False

    def begin(self) -> bool:
        """Install the handlers in the main thread; return whether :meth:`end` must be called."""
        if current_thread() is not main_thread():
            return False
        if self._process != os.getpid():  # the first time, or in a forked child
            self._process, self._users, self._installed = os.getpid(), 0, []
        self._users += 1
        if self._users == 1:
            self.caught = None
            self._install()
        return True

    def end(self) -> None:
        """Restore the handlers after the last user."""
        if self._process != os.getpid():
            return
        self._users -= 1
        if self._users == 0:
            self._restore()
            self._installed = []

    def _install(self) -> None:
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._exit)
                self._installed.append(number)
        if hasattr(os, "register_at_fork") and not self._is_registered:
            self._is_registered = True
            os.register_at_fork(
                before=self._block, after_in_parent=self._unblock, after_in_child=self._reset_child
            )

    def _restore(self) -> None:
        for number in self._installed:
            # The program may have set another handler; and this may be another thread.
            if signal.getsignal(number) == self._exit:
                with suppress(ValueError):
                    signal.signal(number, signal.SIG_DFL)

    def _exit(self, number: int, frame: FrameType | None) -> None:
        self.caught = number
        raise SystemExit(128 + number)

    # Python loses a signal that reaches a forked child before its first instruction, if a handler is
    # installed, and the sender would wait for the child's end forever. So signals are blocked until the child
    # has removed the handlers.

    def _block(self) -> None:
        if self._installed:
            self._masks.before = signal.pthread_sigmask(signal.SIG_BLOCK, self._installed)

    def _unblock(self) -> None:
        before = self._masks.__dict__.pop("before", None)
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _reset_child(self) -> None:
        self._restore()
        self._unblock()
