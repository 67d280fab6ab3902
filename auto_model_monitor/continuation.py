"""Going on: what a watch that starts knows of the one before it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from .alerts import Alert
from .errors import OutboxError
from .outbox import Outbox
from .outbox.fallback import FallbackOutbox
from .outbox.lock import WatchLock
from .outbox.memory import MemoryOutbox
from .outbox.sqlite import SQLiteOutbox
from .rules import Rule

logger = logging.getLogger(__name__)


def open_outbox(path: Path, watch: str) -> Outbox:
    """Open the outbox on disk for a watch, or one in memory, with a warning, where that cannot be."""
    try:
        return FallbackOutbox(SQLiteOutbox(path, watch))
    except OutboxError as error:
        logger.warning("%s; alerts are kept in memory, and are forgotten when this process ends", error)
        return MemoryOutbox()


def lock_of(log_dir: Path, watch: str) -> WatchLock:
    """Return the lock of a watch among those that share a ``log_dir``."""
    return WatchLock(
        log_dir / f"outbox-{sha256(watch.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}.lock"
    )


class Continuation:
    """Lets rules go on from their last alerts, unless what is watched is new.

    Args:
        outbox: what is known of the past.
        rules: those that go on.
        resume: False begins a new run whatever is known.
    """

    def __init__(self, outbox: Outbox, rules: Sequence[Rule], *, resume: bool = True) -> None:
        """Take the parts; the first look decides."""
        self._outbox = outbox
        self._rules = rules
        self._resume = resume
        self._begun = False

    def look(self, identity: str, *, holds_any: bool, new_run: bool) -> None:
        """Decide, at the first look, between going on and a new run; note a new run at any later one.

        Args:
            identity: what tells the watched place from one that was made anew in its stead.
            holds_any: whether it holds anything to read at this look.
            new_run: whether the source says that it was made anew.
        """
        if self._begun and not new_run:
            return
        goes_on = not self._begun and self._resume and holds_any and self._outbox.identity() == identity
        self._begun = True
        if not goes_on:
            self._outbox.start_run(identity)
            return
        for rule in self._rules:
            resume: Callable[[Alert | None], None] | None = getattr(rule, "resume", None)
            last = self._outbox.last_alert(rule.name)
            if resume is not None and last is not None:
                resume(last)
                text = "going on: %s was told of at %s (resume=False or --fresh begins anew)"
                told = last.reading.name if last.reading else last.rule
                logger.info(text, told, last.time.strftime("%Y-%m-%d %H:%M:%S"))
