"""The signals that a wrapper passes on, and who sent them."""

# ruff: noqa: PTH123

from __future__ import annotations

import os
import signal
import time

FORWARDED = (
    *(signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT),
    *(signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGTSTP, signal.SIGCONT),
)
WAKE = signal.SIGCHLD


class ReceivedSignals:
    """Collects signals instead of letting them act, from :meth:`block` to :meth:`restore`.

    Call both in the main thread, and start no thread before: it would let the signals act.

    Args:
        ignored: signals that are neither collected nor act.
    """

    def __init__(self, ignored: tuple[int, ...] = ()) -> None:
        self._ignored = ignored
        self._wanted: set[int] = set()
        self._mask: set[int] = set()
        self._handlers: dict[int, object] = {}

    def block(self) -> set[int]:
        """Let signals wait; return the mask of blocked signals that was in force before."""
        for number in self._ignored:
            self._handlers[number] = signal.signal(number, signal.SIG_IGN)
        # What the caller ignores, as under nohup, stays ignored, in the command too.
        self._wanted = {number for number in (*FORWARDED, WAKE) if signal.getsignal(number) != signal.SIG_IGN}
        self._mask = set(signal.pthread_sigmask(signal.SIG_BLOCK, self._wanted))
        return self._mask

    def restore(self) -> None:
        """Let signals act as before; those that still wait are dropped."""
        while self.next(0.0) is not None:
            pass
        for number, handler in self._handlers.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def next(self, seconds: float | None) -> tuple[int, str] | None:
        """Return the next signal and who sent it; None after ``seconds``, or when woken."""
        if not hasattr(signal, "sigtimedwait"):  # macOS does not report the sender
            if seconds is not None and not signal.sigpending() & self._wanted:
                time.sleep(seconds)
                return None
            number = int(signal.sigwait(self._wanted))
            return None if number == WAKE else (number, "")
        found = (
            signal.sigwaitinfo(self._wanted)
            if seconds is None
            else signal.sigtimedwait(self._wanted, seconds)
        )
        if found is None or found.si_signo == WAKE:
            return None
        return found.si_signo, _sender(found.si_code, found.si_pid, found.si_uid)


def _sender(code: int, pid: int, user: int) -> str:
    if code > 0:
        return "terminal"
    if not pid:
        return "a process outside this container"
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            name = file.read().strip()
    except OSError:
        name = ""
    owner = "" if user == os.getuid() else f", user {user}"
    return f"{name or 'a process that has ended'} (pid {pid}{owner})"
