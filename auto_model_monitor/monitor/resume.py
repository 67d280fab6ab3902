"""Going on: what a watch that starts knows of the one before it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from ..core.contracts import require
from ..core.errors import OutboxError
from ..core.readings import Reading
from ..delivery.outbox import Outbox
from ..delivery.outbox.fallback import FallbackOutbox
from ..delivery.outbox.lock import WatchLock
from ..delivery.outbox.memory import MemoryOutbox
from ..delivery.outbox.sqlite import SQLiteOutbox
from ..rules import Resumable, Rule
from ..text.cleaning import for_log_line

logger = logging.getLogger(__name__)


class ResumeState:
    """What a watch knows of the ones before it, and its right to go on from there.

    Args:
        log_dir: where the outbox and the lock lie; None keeps everything in memory.
        watch: which watch this is among those that share the directory.
        outbox: instead of the one on disk.
        resume: False begins a new run whatever is known.
        is_legacy: recognises the keys that earlier versions gave to this watch.

    Raises:
        ConfigError: the outbox misses a member of its contract; the error names it.
    """

    def __init__(
        self,
        log_dir: Path | None = None,
        watch: str = "",
        *,
        outbox: Outbox | None = None,
        resume: bool = True,
        is_legacy: Callable[[str], bool] | None = None,
    ) -> None:
        if outbox is not None:
            require("outbox", outbox, Outbox, "MemoryOutbox()")
        self._path = None if log_dir is None or outbox is not None else log_dir / "outbox.db"
        self._watch = watch
        self._outbox = outbox
        self._resume = resume
        self._is_legacy = is_legacy
        self._begun = False
        self._lock: WatchLock | None = None
        if self._path is not None:
            mark = sha256(watch.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            self._lock = WatchLock(self._path.with_name(f"outbox-{mark}.lock"))

    def claim(self) -> None:
        """Make sure that no other process tells of the same watch.

        Raises:
            OutboxError: another one does.
        """
        if self._lock is not None and not self._lock.acquire():
            holder = self._lock.holder()
            whose = "this process" if holder == str(os.getpid()) else f"process {holder}"
            raise OutboxError(
                f"another monitor, of {whose}, watches the same with the same log_dir; this one waits until "
                "it ends, so that nobody is told twice (for a second opinion give it a log_dir of its own)"
            )

    def release(self) -> None:
        """Let another process have the watch; what is on disk is opened again when it is expected."""
        if self._path is not None and isinstance(self._outbox, FallbackOutbox) and self._outbox.close():
            self._outbox = None
        if self._lock is not None:
            self._lock.release()

    def outbox(self) -> Outbox:
        """Open the outbox at the first call; in memory, with a warning, where the disk does not let it."""
        if self._outbox is None:
            self._outbox = MemoryOutbox() if self._path is None else self._opened(self._path)
        return self._outbox

    def look(
        self,
        rules: Sequence[Rule],
        identity: str,
        *,
        holds_any: bool,
        new_run: bool,
        continues: Callable[[Reading], bool] | None = None,
    ) -> None:
        """Decide, at the first look, between going on and a new run; note a new run at any later one.

        Args:
            rules: those that go on from their last alerts.
            identity: what tells the watched place from one that was made anew in its stead.
            holds_any: whether it holds anything to read at this look.
            new_run: whether the source says that it was made anew.
            continues: tells whether what the place holds goes on from what was told of. Of a log this says
                more than any identity: it is emptied in place, and replaced in the midst of a training.
        """
        if self._begun and not new_run:
            return
        if continues is not None and not holds_any:
            return  # as long as a log says nothing, nobody knows whose it is
        outbox = self.outbox()
        goes_on = not self._begun and self._resume and holds_any
        told = [] if continues is None else _told(outbox, rules)
        if continues is not None and told:
            goes_on = goes_on and any(map(continues, told))
        else:
            goes_on = goes_on and outbox.identity() == identity
        self._begun = True
        if not goes_on:
            outbox.start_run(identity)
            return
        for rule in rules:
            last = outbox.last_alert(rule.name)
            if isinstance(rule, Resumable) and last is not None:
                rule.resume(last)
                text = "going on: %s was told of at %s (resume=False or --fresh begins anew)"
                what = last.reading.name if last.reading else last.rule
                logger.info(text, for_log_line(what), last.time.strftime("%Y-%m-%d %H:%M:%S"))

    def _opened(self, path: Path) -> Outbox:
        try:
            outbox = SQLiteOutbox(path, self._watch)
        except OutboxError as error:
            logger.warning("%s; alerts are kept in memory, and are lost when this process ends", error)
            return MemoryOutbox()
        if self._is_legacy is not None:
            try:
                outbox.adopt(self._is_legacy)
            except OutboxError as error:
                logger.warning("%s; alerts of an earlier version may be repeated", error)
        return FallbackOutbox(outbox)


def _told(outbox: Outbox, rules: Sequence[Rule]) -> list[Reading]:
    """Return what the last alerts of the rules were about."""
    alerts = (outbox.last_alert(rule.name) for rule in rules)
    return [alert.reading for alert in alerts if alert is not None and alert.reading is not None]
