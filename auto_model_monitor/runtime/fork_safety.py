"""Locks that are free when the training forks.

The locks inside a file's buffer and a database cannot be reset from Python. If another thread holds one
during a fork, the child deadlocks, at the latest when it exits and flushes its logs.
"""

from __future__ import annotations

import os
from threading import RLock, local
from typing import Any
from weakref import WeakSet

FORK_TIMEOUT = 0.2  # seconds that a fork waits for each lock: a hanging disk must not stop the training

_locks: WeakSet[Any] = WeakSet()  # of RLock, which is a function and no type on some Pythons
_forking = local()  # two threads may fork at the same time


def fork_safe_lock() -> Any:
    """Return a new re-entrant lock; hold it while writing to a file or a database."""
    lock = RLock()
    _locks.add(lock)
    return lock


def _acquire_all() -> None:
    _forking.held = [lock for lock in list(_locks) if lock.acquire(timeout=FORK_TIMEOUT)]


def _release_all() -> None:
    for lock in _forking.__dict__.pop("held", ()):
        lock.release()


def _reset_in_child() -> None:
    _release_all()
    for lock in list(_locks):
        # A thread that held its lock past the timeout does not exist in the child and never releases it.
        lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_acquire_all, after_in_parent=_release_all, after_in_child=_reset_in_child)
