"""The outbox of one watch: who may use it, and when it is open."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from ..core.contracts import require
from ..core.errors import OutboxError
from ..delivery.outbox import Outbox
from ..delivery.outbox.fallback import FallbackOutbox
from ..delivery.outbox.lock import WatchLock
from ..delivery.outbox.memory import MemoryOutbox
from ..delivery.outbox.sqlite import SQLiteOutbox

logger = logging.getLogger(__name__)

_MOST_NUMBERS = 65  # processes that may share a numbered key, and one


class WatchOutbox:
    """Owns the outbox of a watch, and the lock that keeps other processes from the same watch.

    Args:
        log_dir: the directory of ``outbox.db`` and the lock; None keeps everything in memory.
        watch: the key of the watch among those that share the directory.
        outbox: instead of the one on disk; it needs no lock.
        is_legacy: recognises the keys that earlier versions gave to this watch.
        identity: that of the watched place, where earlier versions stored another.
        numbered: what another process watches is not the same, though its key is: where the key is taken, the
            next free number is added to it.

    Raises:
        ConfigError: the outbox misses a member of its contract; the error names it.
    """

    def __init__(
        self,
        log_dir: Path | None = None,
        watch: str = "",
        outbox: Outbox | None = None,
        is_legacy: Callable[[str], bool] | None = None,
        *,
        identity: str | None = None,
        numbered: bool = False,
    ) -> None:
        if outbox is not None:
            require("outbox", outbox, Outbox, "MemoryOutbox()")
        self._path = None if log_dir is None or outbox is not None else log_dir / "outbox.db"
        self._watch = watch
        self._outbox = outbox
        self._is_legacy = is_legacy
        self._identity = identity
        self._keys = [watch, *(f"{watch}\n{n}" for n in range(2, _MOST_NUMBERS if numbered else 2))]
        self._lock = self._lock_of(watch)

    def claim(self) -> None:
        """Keep other processes from the same watch.

        Raises:
            OutboxError: another monitor has it.
        """
        if self._lock is None or self._lock.acquire() or self._claim_next():
            return
        holder = self._lock.holder()
        whose = "this process" if holder == str(os.getpid()) else f"process {holder}"
        raise OutboxError(
            f"another monitor, of {whose}, watches the same with the same log_dir; this one waits until "
            "it ends, so that no alert is sent twice (for an independent watch use another log_dir)"
        )

    def open(self) -> Outbox:
        """Return the outbox; the one in memory, with a warning, where the disk cannot hold one."""
        if self._outbox is None:
            self._outbox = MemoryOutbox() if self._path is None else self._on_disk(self._path)
        return self._outbox

    def release(self) -> None:
        """Close what is on disk, and let another process have the watch."""
        if self._path is not None and isinstance(self._outbox, FallbackOutbox) and self._outbox.close():
            self._outbox = None
        if self._lock is not None:
            self._lock.release()

    def _claim_next(self) -> bool:
        """Take the first key that is free, where there are several."""
        for key in self._keys[1:]:
            lock = self._lock_of(key)
            if lock is not None and lock.acquire():
                self._watch, self._lock, self._outbox = key, lock, None
                return True
        return False

    def _lock_of(self, watch: str) -> WatchLock | None:
        if self._path is None:
            return None
        digest = sha256(watch.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return WatchLock(self._path.with_name(f"outbox-{digest}.lock"))

    def _on_disk(self, path: Path) -> Outbox:
        try:
            outbox = SQLiteOutbox(path, self._watch)
        except OutboxError as error:
            logger.warning("%s; alerts are kept in memory, and are lost when this process ends", error)
            return MemoryOutbox()
        if self._is_legacy is not None:
            try:
                outbox.adopt(self._is_legacy, self._identity)
            except OutboxError as error:
                logger.warning("%s; alerts of an earlier version may be repeated", error)
        return FallbackOutbox(outbox)
