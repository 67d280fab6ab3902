"""The watches and channels that a test leaves running: found, ended, and named."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Iterable

from auto_model_monitor.delivery import DeliveryWorker
from auto_model_monitor.runtime.lifecycle import Lifecycle

_END = 20.0  # seconds that they get to end, all together, once they are asked to


def end_leftovers(before: Collection[threading.Thread], grace: float) -> list[str]:
    """Return the names of the threads of watches and channels that still run, and end them.

    One that stays eats a processor on a fake clock, for all further tests. One that is no daemon also keeps
    the interpreter from ending: it waits for such a thread without a limit, after every test has ended.

    Args:
        before: the threads that ran before the test.
        grace: seconds that all of them together get to end by themselves.
    """
    found = {thread: _parts_of(thread) for thread in threading.enumerate() if thread not in before}
    left = {thread: parts for thread, parts in found.items() if parts}
    running = _join(left, grace)
    for thread in running:
        for part in left[thread]:
            _end(part)
    stuck = _join(running, _END)
    return sorted(
        f"{thread.name} (cannot be ended)" if thread in stuck else thread.name for thread in running
    )


def _parts_of(thread: threading.Thread) -> list[object]:
    """Return the watch or channel that a thread runs, and what it was started with; nothing for others."""
    owner = getattr(getattr(thread, "_target", None), "__self__", None)
    if not isinstance(owner, DeliveryWorker | Lifecycle):
        return []
    return [owner, *getattr(thread, "_args", ())]


def _end(part: object) -> None:
    if isinstance(part, Lifecycle):
        part._stop.set()
    elif isinstance(part, DeliveryWorker):
        part.close()
    elif isinstance(part, threading.Event):  # the one that run() was given
        part.set()


def _join(threads: Iterable[threading.Thread], seconds: float) -> list[threading.Thread]:
    """Wait for the threads, all together at most ``seconds``; return those that still run."""
    threads = list(threads)
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    return [thread for thread in threads if thread.is_alive()]
