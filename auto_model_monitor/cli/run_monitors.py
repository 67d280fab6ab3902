"""Runs the monitors of a file: each in a thread of its own, exchanged when the file changes."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from ..core.errors import MonitorError
from ..core.paths import expanded
from ..monitor.loop import Monitor
from ..settings import FileTable, MonitorFile, monitors_of, read_monitor_file
from ..text.terminal import Terminal

logger = logging.getLogger(__name__)

_AT_A_TIME = 16  # threads that start, stop or look


class _RunningTable(NamedTuple):
    key: str
    table: FileTable
    monitor: Monitor


class RunningMonitors:
    """The monitors of the tables of a file.

    None waits for another: each has a thread, an outbox and channels of its own. What one of them raises is
    logged, and the others go on.

    Args:
        errors: shows the warning about a file of secrets that others can read.
        prepare: called with each monitor before it starts, and with its table.
    """

    def __init__(self, errors: Terminal, prepare: Callable[[Monitor, FileTable], None]) -> None:
        self._errors = errors
        self._prepare = prepare
        self._running: list[_RunningTable] = []
        self._hide: Callable[[str], str] = str

    def hide(self, text: str) -> str:
        """Return a text with the names of the file's variables in place of their values."""
        return self._hide(text)

    def use(self, file: MonitorFile) -> None:
        """Run the tables of the file: start the new ones, stop those that are gone, leave the others alone.

        Raises:
            ConfigError: a table cannot be used; nothing has changed.
            MissingExtraError: a table needs an extra that is not installed; nothing has changed.
        """
        monitors = monitors_of(file, self._errors)  # finds every problem before anything ends
        self._hide = file.variables.hide
        wanted = [_RunningTable(_key(t), t, m) for t, m in zip(file.tables, monitors, strict=True)]
        before, after = {one.key for one in self._running}, {one.key for one in wanted}
        gone = [one for one in self._running if one.key not in after]
        kept = [one for one in self._running if one.key in after]
        new = [one for one in wanted if one.key not in before]
        _all_at_a_time(gone, lambda one: one.monitor.stop())
        self._running = [*kept, *new]
        for one in new:
            self._prepare(one.monitor, one.table)
            one.monitor.start()
        logger.info("%s: %d started, %d stopped, %d unchanged", file.path, len(new), len(gone), len(kept))

    def reread(self, path: str) -> None:
        """Use the file as it is now; where it cannot be used, go on as before and log why."""
        try:
            self.use(read_monitor_file(path))
        except MonitorError as error:
            logger.error("%s is not used, the monitors go on as before: %s", path, error)

    def stop(self) -> None:
        """Let each monitor look for the last time, deliver, and end; all of them side by side."""
        _all_at_a_time(self._running, lambda one: one.monitor.stop())
        self._running = []


def _all_at_a_time(running: Sequence[_RunningTable], do: Callable[[_RunningTable], None]) -> None:
    if running:
        with ThreadPoolExecutor(min(len(running), _AT_A_TIME)) as threads:
            list(threads.map(do, running))


def _key(table: FileTable) -> str:
    """Return what a table and its files of URLs hold."""
    urls = [_changed(entry[1:]) for entry in table.settings.get("notify") or () if entry.startswith("@")]
    return json.dumps([table.kind, table.settings, urls], sort_keys=True, default=str)


def _changed(path: str) -> int:
    file: Path = expanded(path)
    return file.stat().st_mtime_ns if file.exists() else 0
