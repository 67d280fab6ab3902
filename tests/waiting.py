"""Waiting for what another thread or process does."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds; a slow machine may need many


def until(holds: Callable[[], object], patience: float = PATIENCE) -> None:
    """Return when `holds` does; fail when it never does."""
    end = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
