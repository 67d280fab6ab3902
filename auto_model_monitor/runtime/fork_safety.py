"""Locks that are free when the training forks.

A file's buffer and a database have locks inside that no Python code can renew. If another thread holds one
at the moment of a fork, the child waits for it for ever, at the latest when it ends and flushes its logs.
"""

from __future__ import annotations

import os
from threading import RLock, local
from typing import Any
from weakref import WeakSet

PATIENCE = 0.2  # seconds that a fork waits for one lock: a hanging disk must not hold up a training

_locks: WeakSet[Any] = WeakSet()  # of RLock, which is a function and no type on some Pythons
_forking = local()  # two threads may fork at once


def fork_safe_lock() -> Any:
    """Return a new re-entrant lock; whoever writes a file or a database holds it meanwhile."""
    lock = RLock()
    _locks.add(lock)
    return lock


def _hold() -> None:
    _forking.held = [lock for lock in list(_locks) if lock.acquire(timeout=PATIENCE)]


def _let_go() -> None:
    for lock in _forking.__dict__.pop("held", ()):
        lock.release()


def _let_go_in_child() -> None:
    _let_go()
    for lock in list(_locks):
        # Whoever held it too long to wait for does not live here, and would never let it go.
        lock._at_fork_reinit()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold, after_in_parent=_let_go, after_in_child=_let_go_in_child)
