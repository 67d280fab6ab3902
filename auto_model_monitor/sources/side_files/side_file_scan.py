"""Goes through the new entries of the files beside checkpoints."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator

from ...core.clocks import Clock, SystemClock
from ...core.errors import SourceError
from ...log_parser import LogEntry
from ..checkpoints.directory_tree import DEEPEST
from ..logs.log_batch import Location
from ..logs.log_scan import Plain, ScannedLine
from ..logs.rows import FILE_SHIFT
from ..tail.tailed_file import Restart
from .fact_filter import COUNTS, FactFilter
from .finder import SideFileFinder, WatchedFile
from .new_entries import NewEntryFilter
from .records import SideFileEntry
from .run_files import RunFiles
from .side_file import LOOKED_FOR, label_of

logger = logging.getLogger(__name__)


class _FileGroup:
    """All files of one label, as the ``trainer_state.json`` of each checkpoint.

    Attributes:
        label: their common label.
        index: the group's number.
        path: the one that was read last.
        series: their entries.
        is_present: whether it has held something that was new in the present training.
    """

    def __init__(self, label: str, index: int) -> None:
        self.label = label
        self.index = index
        self.path = ""
        self.series = NewEntryFilter()
        self.is_present = False


class SideFileScan:
    """Yields the new entries of one file, or of all that are known in a directory and below it.

    Attributes:
        skipped: nothing is skipped for good.

    Args:
        path: the file or the directory, which need not exist yet.
        clock: the time; by default the machine's.
        on_entry: called with each new entry.
        deepest: how many levels of folders below the directory are looked into.
        only: what belongs to the training; None for everything.
    """

    skipped = 0
    in_order = False  # each file comes on its own

    def __init__(
        self,
        path: str,
        *,
        clock: Clock | None = None,
        on_entry: Callable[[LogEntry], None] | None = None,
        deepest: int = DEEPEST,
        only: RunFiles | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._on_entry = on_entry
        whole = os.path.abspath(path)  # noqa: PTH100 - as it is meant now
        self._finder = SideFileFinder(whole, self._clock, deepest=deepest, only=only)
        self._warns = only is None  # the numbers of a training may all be in its output
        self._groups: dict[str, _FileGroup] = {}
        self._by_index: list[_FileGroup] = []
        self._facts = FactFilter()
        self._entry: SideFileEntry | None = None
        self._last: _FileGroup | None = None

    def lines(self, *, at_end: bool, plain: Plain | None = None) -> Iterator[ScannedLine]:
        """Yield what is new, the file that was changed last at the end.

        Args:
            at_end: the writer has ended: an incomplete last line counts.
            plain: nothing is added to its list.

        Raises:
            SourceError: there is nothing that can be read now.
        """
        found = self._finder.changed(all_of_them=at_end)
        if at_end and self._finder.is_empty and self._warns:
            logger.warning("no file of numbers in %r; looked for %s", self._finder.path, LOOKED_FOR)
        for watched in found:
            try:
                if watched.is_old:
                    self._skip(watched, at_end=at_end)
                else:
                    yield from self._news(watched, at_end=at_end)
            except SourceError as error:
                if watched.complaint != str(error):
                    logger.warning("%s", error)
                watched.complaint = str(error)
            else:
                watched.was_read()

    def skip_to_end(self) -> None:
        """Skip everything that is there."""
        for _ in self.lines(at_end=False):
            pass

    def place(self, number: int) -> Location:
        """Return where an entry stands."""
        group = self._by_index[number >> FILE_SHIFT]
        return Location(f"{group.label}:{number & ((1 << FILE_SHIFT) - 1)}", group.path)

    def number(self, name: str) -> int | None:
        """Return the number of the place of that name, None where there is none."""
        label, _, number = name.rpartition(":")
        group = self._groups.get(label)
        return None if group is None or not number.isdecimal() else _number(group, int(number))

    def _group(self, watched: WatchedFile) -> _FileGroup:
        label = label_of(watched.name)
        group = self._groups.get(label)
        if group is None:
            group = self._groups[label] = _FileGroup(label, len(self._by_index))
            self._by_index.append(group)
        group.path = watched.path
        return group

    def _skip(self, watched: WatchedFile, *, at_end: bool) -> None:
        """Skip what an earlier training left in a file, so that only what it adds counts."""
        group = self._group(watched)
        for entry in watched.file.entries(at_end=at_end):
            if watched.file.repeats:
                group.series.is_new(entry)
        watched.is_old = False

    def _news(self, watched: WatchedFile, *, at_end: bool) -> Iterator[ScannedLine]:
        group = self._group(watched)
        for whole in watched.file.entries(at_end=at_end):
            entry = self._new_in(whole, group, repeats=watched.file.repeats)
            if entry is None:
                continue
            restart = Restart.TRUNCATED if group.series.restarted else None
            if self._on_entry is not None:
                self._on_entry(self._shown(entry, group))
            number = _number(group, entry.number)
            yield ScannedLine(number, entry.parsed, entry.epoch, False, restart, group.index)

    def begin_run(self) -> None:
        """Take note that another training began with what was yielded last."""
        for group in self._by_index:
            group.is_present = group is self._last
        if self._entry is not None and self._last is not None:
            self._facts.begin_run(self._entry, self._last.index)

    def _new_in(self, entry: SideFileEntry, group: _FileGroup, *, repeats: bool) -> SideFileEntry | None:
        """Return what is new in an entry, None where its file or another one held it before."""
        if repeats and not group.series.is_new(entry):
            return None
        new = self._facts.new_in(entry, group.index, of_present=group.is_present)
        if new is not None:
            self._entry, self._last = entry, group
            group.is_present = group.is_present or not new.parsed.metrics.keys() <= COUNTS
        return new

    def _shown(self, entry: SideFileEntry, group: _FileGroup) -> LogEntry:
        parsed = entry.parsed
        carried = {} if entry.epoch is None else {"epoch": entry.epoch}
        return LogEntry(
            timestamp=self._clock.now(),
            level="INFO",
            message=f"{group.label}:{entry.number}",
            metrics={**carried, **parsed.metrics},
            stage=parsed.stage,
            own_metrics=parsed.metrics,
            step=parsed.step,
        )


def _number(group: _FileGroup, entry: int) -> int:
    return (group.index << FILE_SHIFT) + entry
